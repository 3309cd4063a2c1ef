set(CMAKE_SYSTEM_PROCESSOR riscv)
set(STK_TRIPLE riscv64-unknown-elf)
# Flags of a CPU without compare-and-swap, and the critical section for it; gate.without_cas compiles for it.
set(STK_WITHOUT_CAS boards/critical/riscv.h -march=rv32imc -mabi=ilp32)
include(${CMAKE_CURRENT_LIST_DIR}/picolibc.cmake)
