# Shared by the *-picolibc toolchains. The layout picolibc/libc.ld goes with a board's memory.ld.
include(${CMAKE_CURRENT_LIST_DIR}/bare.cmake)
set(STK_LIBC picolibc)
set(STK_LIBC_FLAGS "--specs=picolibc.specs")
set(CMAKE_C_FLAGS_INIT "${STK_CPU_FLAGS} ${STK_LIBC_FLAGS} -ffunction-sections -fdata-sections")
# crt0=semihost calls exit() with what main returned, and ends a run that trapped; semihosting carries the status to the
# emulator. (Its code for aarch64 leaves traps to the board.)
set(CMAKE_EXE_LINKER_FLAGS_INIT
    "--oslib=semihost --crt0=semihost -Wl,--gc-sections -L${CMAKE_CURRENT_LIST_DIR}/picolibc")
