set(STK_CPU_PROCESSOR aarch64)
set(STK_CPU_FLAGS "-mcpu=cortex-a53")
set(STK_CPU_FLOAT_ABIS lp64)
