# Shared by the *-newlib toolchains. The layout newlib/libc.ld goes with a board's memory.ld. Newlib's own start-up code
# takes stack and heap from the debugger, so newlib/start.c stands in for it.
include(${CMAKE_CURRENT_LIST_DIR}/bare.cmake)
set(STK_LIBC newlib)
set(STK_LIBC_FLAGS "--specs=rdimon.specs")
set(STK_LIBC_START ${CMAKE_CURRENT_LIST_DIR}/newlib/start.c)
set(CMAKE_C_FLAGS_INIT "${STK_CPU_FLAGS} -ffunction-sections -fdata-sections")
# librdimon carries output and the exit status to the emulator by semihosting.
set(CMAKE_EXE_LINKER_FLAGS_INIT
    "${STK_LIBC_FLAGS} -nostartfiles -Wl,--gc-sections -L${CMAKE_CURRENT_LIST_DIR}/newlib")
