# Cortex-M with newlib.
set(CMAKE_SYSTEM_PROCESSOR arm)
set(STK_TRIPLE arm-none-eabi)
include(${CMAKE_CURRENT_LIST_DIR}/newlib.cmake)
