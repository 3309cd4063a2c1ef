/* Turns the MMU and the caches on, then enters the start-up code of picolibc. With the MMU off all data is Device
 * memory: exclusive accesses and unaligned accesses have no defined result there. Expects EL1 and clean caches, as QEMU
 * starts the machine. */

/* Bits of a block descriptor: memory type (index into MAIR), access, shareability. Bit 0: valid; bit 10: accessed. */
#define BLOCK       0x401
#define DEVICE      (1 << 2)
#define SHARED      (3 << 8)
#define READ_ONLY   (1 << 7)
#define NO_EXECUTE  (3 << 53)
#define DATA        (BLOCK | SHARED | NO_EXECUTE)
#define CODE        (BLOCK | SHARED | READ_ONLY | (1 << 54))

/* MAIR: type 0 is Normal memory, write-back, read and write allocate; type 1 is Device-nGnRE. */
#define MAIR        0x04ff
/* TCR: 32 bits of virtual address, pages of 4 KiB, tables in shareable write-back memory, no second table. */
#define TCR         (32 | (1 << 8) | (1 << 10) | (3 << 12) | (1 << 23))
/* SCTLR: M (MMU), C (data cache), I (instruction cache); A (check of alignment) is cleared. */
#define SCTLR_SET   0x1005
#define SCTLR_CLEAR 0x2

    .section .text.board_start, "ax"
    .global stk_board_start
stk_board_start:
    adrp x0, vectors
    add x0, x0, :lo12:vectors
    msr vbar_el1, x0
    mov x0, MAIR
    msr mair_el1, x0
    ldr x0, =TCR
    msr tcr_el1, x0
    adrp x0, gigabytes
    add x0, x0, :lo12:gigabytes
    msr ttbr0_el1, x0
    tlbi vmalle1
    ic iallu
    dsb sy
    isb
    mrs x0, sctlr_el1
    mov x1, SCTLR_SET
    orr x0, x0, x1
    bic x0, x0, SCTLR_CLEAR
    msr sctlr_el1, x0
    isb
    b _start

/* An exception ends the run with status 1, by the semihosting call SYS_EXIT: its reason is "internal error". */
    .balign 0x800
vectors:
    .rept 16
    .balign 0x80
    b trapped
    .endr
trapped:
    mov w0, 0x18
    adr x1, exit_block
    hlt 0xf000
    b .
    .balign 8
exit_block:
    .quad 0x20024, 1

    .section .rodata.board_start, "a"
/* Addresses equal physical addresses. First gigabyte: flash, UART and other devices. Second: see below. */
    .balign 64
gigabytes:
    .quad BLOCK | DEVICE | NO_EXECUTE
    .quad megabytes + 3
    .quad 0, 0

/* RAM in blocks of 2 MiB, as in memory.ld: QEMU's device tree, the image, the data. The rest is not mapped. */
    .balign 4096
megabytes:
    .quad 0x40000000 | DATA | READ_ONLY
    .set at, 0x40200000
    .rept 3
    .quad at | CODE
    .set at, at + 0x200000
    .endr
    .rept 4
    .quad at | DATA
    .set at, at + 0x200000
    .endr
    .fill 512 - 8, 8, 0
