# No compare-and-swap: the two atomics come from a critical section.
set(STK_CPU_FLAGS "-mcpu=cortex-m0plus -mthumb -mfloat-abi=soft")
set(STK_CRITICAL_FILE ${CMAKE_CURRENT_LIST_DIR}/../../boards/critical/cortex-m.h)
