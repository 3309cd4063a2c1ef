/* Start-up of a Cortex-M image with newlib: vector table, data, FPU, then main. The linker script gives the symbols. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern char stk_data_source[], stk_data_start[], stk_data_end[], stk_bss_start[], stk_bss_end[], __stack[];

/* Coprocessor access control register of the core: bits 20 to 23 open the FPU. */
#define CPACR (*(volatile uint32_t *)0xe000ed88u)

/* Opens the semihosting files of standard input and output; of librdimon. */
void initialise_monitor_handles(void);
/* Calls the constructors of the image; of newlib. */
void __libc_init_array(void);

int main(void);
void stk_start(void);

/* Newlib calls both beside the constructors and destructors. No section of an image adds to them. */
void _init(void);
void _fini(void);
void _init(void) {
}
void _fini(void) {
}

/* Ends a program that trapped. abort() reaches the emulator by semihosting, so that a test fails at once. */
static void trapped(void) {
    abort();
}

/* The first vector is the initial stack pointer; then come reset, NMI and the faults. */
__attribute__((section(".vectors"), used)) static const struct {
    char *stack;
    void (*handler[15])(void);
} vectors = {__stack, {stk_start, trapped, trapped, trapped, trapped, trapped, trapped}};

/* Runs on the first stack, before anything is initialised. */
void stk_start(void) {
#if defined(__ARM_FP)
    CPACR |= 0xfu << 20;
    __asm__ volatile("dsb\n\tisb" : : : "memory");
#endif
    memcpy(stk_data_start, stk_data_source, (size_t)(stk_data_end - stk_data_start));
    memset(stk_bss_start, 0, (size_t)(stk_bss_end - stk_bss_start));
    initialise_monitor_handles();
    __libc_init_array();
    exit(main());
}
