set(CMAKE_SYSTEM_PROCESSOR arm)
set(STK_TRIPLE arm-none-eabi)
# Flags of a CPU without compare-and-swap, and the critical section for it; gate.without_cas compiles for it.
set(STK_WITHOUT_CAS boards/critical/cortex-m.h -mcpu=cortex-m0plus -mthumb)
include(${CMAKE_CURRENT_LIST_DIR}/picolibc.cmake)
