# No compare-and-swap: the two atomics come from a critical section. No FPU.
set(STK_CPU_PROCESSOR arm)
set(STK_CPU_FLAGS "-mcpu=cortex-m0plus -mthumb")
set(STK_CPU_FLOAT_ABIS soft)
set(STK_CRITICAL_FILE ${CMAKE_CURRENT_LIST_DIR}/../../boards/critical/cortex-m.h)
