/* The RAM cache without pins, reports and figures. */
#include "stoker/cache.h"

typedef void (*linked_function)(void);

static const linked_function linked[] = {
    (linked_function)stk_cache_bytes, (linked_function)stk_cache_init,   (linked_function)stk_cache_get,
    (linked_function)stk_cache_put,   (linked_function)stk_cache_remove,
};

int main(int argc, char **argv) {
    (void)argv;
    linked[argc]();
    return 0;
}
