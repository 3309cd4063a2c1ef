/* Vector table of a Cortex-M image. After reset the core takes its stack pointer and its first address from the table;
 * the entry in the header of the ELF file has no effect. So the table names STK_BOARD_ENTRY, where the image begins.
 *
 * The linker takes this file from a library. A board with interrupts defines __interrupt_vector in its own start-up
 * code, in section .text.init.enter: then the linker leaves this table out. */
#include <unistd.h>

extern char __stack[]; /* end of the RAM, from the linker script */

void STK_BOARD_ENTRY(void);

/* Ends a run that trapped, or that took an interrupt without a handler. The status reaches the emulator by
 * semihosting. */
static void trapped(void) {
    _exit(1);
}

/* The names are those of picolibc. Its start-up code has handlers of the four faults, which replace the weak ones. */
#define HANDLER(name)                                                                                                  \
    void name(void);                                                                                                   \
    __attribute__((weak)) void name(void) {                                                                            \
        trapped();                                                                                                     \
    }
HANDLER(arm_nmi_isr)
HANDLER(arm_hardfault_isr)
HANDLER(arm_memmange_isr)
HANDLER(arm_busfault_isr)
HANDLER(arm_usagefault_isr)
HANDLER(arm_svc_isr)
HANDLER(arm_debugmon_isr)
HANDLER(arm_pendsv_isr)
HANDLER(arm_systick_isr)

struct vectors {
    char *stack;
    void (*handler[15])(void);
};

/* Entries 7 to 10 and 13 are reserved in ARMv7-M; entry 7 is the secure fault of ARMv8-M. */
extern const struct vectors __interrupt_vector;
__attribute__((section(".text.init.enter"), used)) const struct vectors __interrupt_vector = {
    __stack,
    {STK_BOARD_ENTRY, arm_nmi_isr, arm_hardfault_isr, arm_memmange_isr, arm_busfault_isr, arm_usagefault_isr, trapped,
     trapped, trapped, trapped, arm_svc_isr, arm_debugmon_isr, trapped, arm_pendsv_isr, arm_systick_isr}};
