/* NVIDIA Jetson Orin under Linux: the arena sizes of an application. The OpenCL port has the board's
 * defaults for device, lease and memory by itself (board.cmake). */
#ifndef BOARD_H
#define BOARD_H

#define BOARD_NAME "jetson-orin"

/* Slots of 64 bytes; bytes of payload, which the device and the host share; bytes of tables; bytes of the log. */
#define BOARD_RING_SLOTS   256u
#define BOARD_PAYLOAD_SIZE 0x04000000u
#define BOARD_TABLE_SIZE   0x00400000u
#define BOARD_LOG_SIZE     0x01000000u

_Static_assert((BOARD_RING_SLOTS & (BOARD_RING_SLOTS - 1u)) == 0, "a power of two of slots");
_Static_assert(BOARD_PAYLOAD_SIZE % 65536u == 0, "whole chunks of 64 KiB");

#endif
