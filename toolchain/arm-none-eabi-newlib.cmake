# Cortex-M with newlib. newlib/start.c has the vector table of an M-profile core.
set(CMAKE_SYSTEM_PROCESSOR arm)
set(STK_TRIPLE arm-none-eabi)
include(${CMAKE_CURRENT_LIST_DIR}/newlib.cmake)
