# Arm MPS2 with the AN500 image (Cortex-M7), as QEMU models it.
set(STK_BOARD_CPUS cortex-m7 cortex-m0plus)
set(STK_BOARD_MEMORY ${CMAKE_CURRENT_LIST_DIR}/memory.ld)
set(STK_BOARD_EMULATOR qemu-system-arm -M mps2-an500 -display none -monitor none -serial none
    -semihosting-config enable=on,target=native -kernel)
include(${PROJECT_SOURCE_DIR}/boards/image.cmake)
