# No compare-and-swap: the two atomics come from a critical section.
set(STK_CPU_FLAGS "-march=rv32imc -mabi=ilp32 -mcmodel=medany")
set(STK_CRITICAL_FILE ${CMAKE_CURRENT_LIST_DIR}/../../boards/critical/riscv.h)
