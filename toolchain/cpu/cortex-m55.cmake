# Soft float by default: nothing here needs the FPU, and a stray double shows as an undefined helper.
set(STK_CPU_PROCESSOR arm)
set(STK_CPU_FLAGS "-mcpu=cortex-m55 -mthumb")
set(STK_CPU_FLOAT_ABIS soft softfp hard)
