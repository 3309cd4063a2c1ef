set(STK_CPU_PROCESSOR riscv)
set(STK_CPU_FLAGS "-march=rv64gc -mcmodel=medany")
set(STK_CPU_FLOAT_ABIS lp64d)
