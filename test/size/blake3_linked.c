/* All modes of BLAKE3. */
#include "stoker/blake3.h"

typedef void (*linked_function)(void);

static const linked_function linked[] = {
    (linked_function)stk_blake3_init,   (linked_function)stk_blake3_init_keyed, (linked_function)stk_blake3_init_derive,
    (linked_function)stk_blake3_update, (linked_function)stk_blake3_digest,     (linked_function)stk_blake3_output,
    (linked_function)stk_blake3_hash,
};

int main(int argc, char **argv) {
    (void)argv;
    linked[argc]();
    return 0;
}
