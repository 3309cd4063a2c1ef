# QEMU's 64-bit Arm "virt" machine, without firmware and without an OS.
set(STK_BOARD_CPUS cortex-a53)
set(STK_BOARD_START ${CMAKE_CURRENT_LIST_DIR}/start.S)
set(STK_BOARD_ENTRY stk_board_start)
set(STK_BOARD_MEMORY ${CMAKE_CURRENT_LIST_DIR}/memory.ld)
set(STK_BOARD_EMULATOR qemu-system-aarch64 -M virt -cpu cortex-a53 -m 16M -nic none -display none -monitor none
    -serial none -semihosting-config enable=on,target=native -kernel)
include(${PROJECT_SOURCE_DIR}/boards/image.cmake)
