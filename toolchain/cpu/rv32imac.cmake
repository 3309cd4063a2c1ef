set(STK_CPU_FLAGS "-march=rv32imac -mabi=ilp32 -mcmodel=medany")
