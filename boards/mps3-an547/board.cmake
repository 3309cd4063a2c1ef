# Arm MPS3 with the AN547 image (Cortex-M55), as QEMU models it.
set(STK_BOARD_CPUS cortex-m55)
set(STK_BOARD_MEMORY ${CMAKE_CURRENT_LIST_DIR}/memory.ld)
set(STK_BOARD_EMULATOR qemu-system-arm -M mps3-an547 -display none -monitor none -serial none
    -semihosting-config enable=on,target=native -kernel)
include(${PROJECT_SOURCE_DIR}/boards/image.cmake)
