# QEMU's RISC-V "virt" machine, 32 bits, without firmware.
set(STK_BOARD_CPUS rv32imac rv32imc)
set(STK_BOARD_MEMORY ${CMAKE_CURRENT_LIST_DIR}/memory.ld)
set(STK_BOARD_EMULATOR qemu-system-riscv32 -M virt -m 16M -bios none -display none -monitor none
    -serial none -semihosting-config enable=on,target=native -kernel)
include(${PROJECT_SOURCE_DIR}/boards/image.cmake)
