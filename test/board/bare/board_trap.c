/* Reads from an address that no board has. Test board.trap expects the first line and not the second. */
#include <stdint.h>
#include <stdio.h>

int main(void) {
    volatile const uint32_t *nowhere = (volatile const uint32_t *)(uintptr_t)0xfffff000u;
    (void)puts("board_trap: reads an address that no board has");
    /* A C library with buffers would lose the line at the trap. */
    (void)fflush(stdout);
    (void)printf("board_trap: goes on with %lu\n", (unsigned long)*nowhere);
    return 1;
}
