set(STK_CPU_FLAGS "-march=rv64gc -mabi=lp64d -mcmodel=medany")
