# 64-bit Arm without an OS. Debian has picolibc for the compiler that makes Linux programs, so its habits of Linux are
# turned off: position-independent programs, and a look at the kernel's list of CPU features for each atomic.
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(STK_TRIPLE aarch64-linux-gnu)
include(${CMAKE_CURRENT_LIST_DIR}/picolibc.cmake)
string(APPEND CMAKE_C_FLAGS_INIT " -fno-pie -mno-outline-atomics")
string(APPEND CMAKE_EXE_LINKER_FLAGS_INIT " -static -no-pie")
