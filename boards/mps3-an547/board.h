/* Memory map of the MPS3 board with the AN547 image (Cortex-M55) in the Secure state, and the arena sizes of the
 * example. */
#ifndef BOARD_H
#define BOARD_H

#define BOARD_NAME "mps3-an547"

/* SysTick counts the processor clock, Hz. QEMU has no DWT cycle counter. */
#define BOARD_TIMER_HZ 32000000u

#define BOARD_UART_KIND    STK_UART_CMSDK
#define BOARD_UART_ADDRESS 0x59303000u

/* The internal SRAM: address and bytes, as in memory.ld. */
#define BOARD_RAM_ADDRESS 0x31000000u
#define BOARD_RAM_SIZE    0x00400000u
#define BOARD_STACK_SIZE  0x00008000u

/* Number of slots, bytes of the payload, and bytes of the log. The machine has no NOR flash: a chip model holds the log
 * in RAM. */
#define BOARD_RING_SLOTS   64u
#define BOARD_PAYLOAD_SIZE 0x00010000u
#define BOARD_LOG_SIZE     0x00040000u

_Static_assert(64u * BOARD_RING_SLOTS + BOARD_PAYLOAD_SIZE + BOARD_LOG_SIZE + BOARD_STACK_SIZE <= BOARD_RAM_SIZE,
               "ring, payload, chip model and stack fit in RAM");

#endif
