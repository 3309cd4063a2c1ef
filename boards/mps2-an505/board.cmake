# Arm MPS2+ with the AN505 image (Cortex-M33), as QEMU models it.
set(STK_BOARD_CPUS cortex-m33)
set(STK_BOARD_MEMORY ${CMAKE_CURRENT_LIST_DIR}/memory.ld)
set(STK_BOARD_EMULATOR qemu-system-arm -M mps2-an505 -display none -monitor none -serial none
    -semihosting-config enable=on,target=native -kernel)
include(${PROJECT_SOURCE_DIR}/boards/image.cmake)
