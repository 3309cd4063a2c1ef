set(CMAKE_SYSTEM_PROCESSOR riscv)
set(STK_TRIPLE riscv64-unknown-elf)
include(${CMAKE_CURRENT_LIST_DIR}/picolibc.cmake)
