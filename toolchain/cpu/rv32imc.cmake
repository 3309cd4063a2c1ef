# No compare-and-swap: the two atomics come from a critical section.
set(STK_CPU_PROCESSOR riscv)
set(STK_CPU_FLAGS "-march=rv32imc -mcmodel=medany")
set(STK_CPU_FLOAT_ABIS ilp32)
set(STK_CRITICAL_FILE ${CMAKE_CURRENT_LIST_DIR}/../../boards/critical/riscv.h)
