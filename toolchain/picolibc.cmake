# Shared by the *-picolibc toolchains: STK_TRIPLE names the compiler, STK_CPU a file of cpu/.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_C_COMPILER ${STK_TRIPLE}-gcc)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES STK_CPU)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

include(${CMAKE_CURRENT_LIST_DIR}/cpu/${STK_CPU}.cmake)
set(CMAKE_C_FLAGS_INIT "${STK_CPU_FLAGS} --specs=picolibc.specs -ffunction-sections -fdata-sections")
# crt0=hosted calls exit() with what main returned; semihosting carries that to the emulator.
set(CMAKE_EXE_LINKER_FLAGS_INIT "--oslib=semihost --crt0=hosted -Wl,--gc-sections")
