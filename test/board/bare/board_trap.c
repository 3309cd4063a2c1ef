/* Reads from an address that no board has. */
#include <stdint.h>

int main(void) {
    volatile const uint32_t *nowhere = (volatile const uint32_t *)(uintptr_t)0xfffff000u;
    return *nowhere == 1 ? 0 : 0;
}
