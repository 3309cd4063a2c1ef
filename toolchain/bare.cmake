# Shared by the toolchains without an OS: compiler, CPU flags and float ABI. A toolchain file sets STK_TRIPLE (prefix of
# the compiler) and CMAKE_SYSTEM_PROCESSOR, and includes the file of its C library, which includes this one.
#
# STK_CPU is a file of cpu/, or the path of a file elsewhere. STK_FLOAT_ABI is the value of -mfloat-abi= (Arm) or
# -mabi= (RISC-V, aarch64); the default is the first one that the CPU file names.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_C_COMPILER ${STK_TRIPLE}-gcc)
set(CMAKE_ASM_COMPILER ${STK_TRIPLE}-gcc)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES STK_CPU STK_FLOAT_ABI)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(STK_TOOLCHAIN_DIR ${CMAKE_CURRENT_LIST_DIR})

# A message that begins with a blank is shown as it is, on one line.
if(IS_ABSOLUTE "${STK_CPU}")
  set(cpu_file "${STK_CPU}")
else()
  set(cpu_file "${STK_TOOLCHAIN_DIR}/cpu/${STK_CPU}.cmake")
endif()
if("${STK_CPU}" STREQUAL "" OR NOT EXISTS "${cpu_file}")
  file(GLOB cpus RELATIVE ${STK_TOOLCHAIN_DIR}/cpu ${STK_TOOLCHAIN_DIR}/cpu/*.cmake)
  string(REPLACE ".cmake" "" cpus "${cpus}")
  string(REPLACE ";" ", " cpus "${cpus}")
  message(FATAL_ERROR " stoker: there is no CPU '${STK_CPU}': set STK_CPU to one of ${cpus}, or to a file's path")
endif()
include(${cpu_file})
if(NOT STK_CPU_PROCESSOR STREQUAL CMAKE_SYSTEM_PROCESSOR)
  message(FATAL_ERROR
    " stoker: ${STK_TRIPLE}-gcc is for ${CMAKE_SYSTEM_PROCESSOR}, and CPU '${STK_CPU}' is ${STK_CPU_PROCESSOR}")
endif()
if("${STK_FLOAT_ABI}" STREQUAL "")
  list(GET STK_CPU_FLOAT_ABIS 0 STK_FLOAT_ABI)
endif()
if(NOT STK_FLOAT_ABI IN_LIST STK_CPU_FLOAT_ABIS)
  string(REPLACE ";" ", " abis "${STK_CPU_FLOAT_ABIS}")
  message(FATAL_ERROR " stoker: CPU '${STK_CPU}' has no STK_FLOAT_ABI '${STK_FLOAT_ABI}': set one of ${abis}")
endif()
if(STK_CPU_PROCESSOR STREQUAL "arm")
  string(APPEND STK_CPU_FLAGS " -mfloat-abi=${STK_FLOAT_ABI}")
else()
  string(APPEND STK_CPU_FLAGS " -mabi=${STK_FLOAT_ABI}")
endif()
