#include <stoker/stoker.h>

int main() {
    return stk_err_name(0) == nullptr;
}
