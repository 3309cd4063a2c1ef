/* Memory map of QEMU's 64-bit Arm "virt" machine without an OS, and the arena sizes of the example. */
#ifndef BOARD_H
#define BOARD_H

#define BOARD_NAME "qemu-virt-arm64-bare"

/* CNTVCT_EL0 counts at this rate, Hz; CNTFRQ_EL0 holds the rate too. */
#define BOARD_TIMER_HZ 62500000u

#define BOARD_UART_KIND    STK_UART_PL011
#define BOARD_UART_ADDRESS 0x09000000u

/* The part of the RAM that holds data: address and bytes, as in memory.ld. start.S turns the caches on. */
#define BOARD_RAM_ADDRESS 0x40800000u
#define BOARD_RAM_SIZE    0x00800000u
#define BOARD_STACK_SIZE  0x00010000u

/* The second bank of CFI flash (QEMU: pflash unit 1), address and bytes. Two chips of 16 bits lie side by side on a bus
 * of BOARD_NOR_WIDTH bytes, and a block has 256 KiB. The first bank may hold firmware. */
#define BOARD_NOR_ADDRESS 0x04000000u
#define BOARD_NOR_SIZE    0x04000000u
#define BOARD_NOR_WIDTH   4u

/* Number of slots, bytes of the payload, and bytes of the flash that the log may use. */
#define BOARD_RING_SLOTS   64u
#define BOARD_PAYLOAD_SIZE 0x00010000u
#define BOARD_LOG_SIZE     0x00200000u

_Static_assert(64u * BOARD_RING_SLOTS + BOARD_PAYLOAD_SIZE + BOARD_STACK_SIZE <= BOARD_RAM_SIZE,
               "ring, payload and stack fit in RAM");
_Static_assert(BOARD_LOG_SIZE <= BOARD_NOR_SIZE, "the log fits on the flash");

#endif
