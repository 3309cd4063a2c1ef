# Soft float: nothing here needs the FPU, and a stray double shows as an undefined helper.
set(STK_CPU_FLAGS "-mcpu=cortex-m7 -mthumb -mfloat-abi=soft")
