set(STK_CPU_PROCESSOR riscv)
set(STK_CPU_FLAGS "-march=rv32imac -mcmodel=medany")
set(STK_CPU_FLOAT_ABIS ilp32)
