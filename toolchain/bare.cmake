# Shared by the toolchains without an OS: compiler, CPU flags and float ABI. A toolchain file sets STK_TRIPLE (prefix of
# the compiler) and CMAKE_SYSTEM_PROCESSOR, and includes the file of its C library, which includes this one.
#
# STK_CPU is the name of a file of cpu/, or the absolute path of a file elsewhere. STK_FLOAT_ABI is the value of
# -mfloat-abi= (Arm) or -mabi= (RISC-V, aarch64); the default is the first one that the CPU file names.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_C_COMPILER ${STK_TRIPLE}-gcc)
set(CMAKE_ASM_COMPILER ${STK_TRIPLE}-gcc)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES STK_CPU STK_FLOAT_ABI)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(STK_TOOLCHAIN_DIR ${CMAKE_CURRENT_LIST_DIR})

include(${CMAKE_CURRENT_LIST_DIR}/settings.cmake)
stk_locate(cpu_file STK_CPU CPU ${STK_TOOLCHAIN_DIR}/cpu .cmake)
cmake_path(GET cpu_file STEM LAST_ONLY STK_CPU_NAME)
foreach(variable STK_CPU_PROCESSOR STK_CPU_FLAGS STK_CPU_FLOAT_ABIS)
  unset(${variable})
endforeach()
include(${cpu_file})
stk_require(${cpu_file} STK_CPU_PROCESSOR STK_CPU_FLAGS STK_CPU_FLOAT_ABIS)
list(JOIN STK_CPU_FLAGS " " STK_CPU_FLAGS)
if(NOT STK_CPU_PROCESSOR STREQUAL CMAKE_SYSTEM_PROCESSOR)
  stk_refuse("${STK_TRIPLE}-gcc is for ${CMAKE_SYSTEM_PROCESSOR}, and CPU '${STK_CPU}' is ${STK_CPU_PROCESSOR}")
endif()
if("${STK_FLOAT_ABI}" STREQUAL "")
  list(GET STK_CPU_FLOAT_ABIS 0 STK_FLOAT_ABI)
endif()
if(NOT STK_FLOAT_ABI IN_LIST STK_CPU_FLOAT_ABIS)
  string(REPLACE ";" ", " abis "${STK_CPU_FLOAT_ABIS}")
  stk_refuse("CPU '${STK_CPU}' has no STK_FLOAT_ABI '${STK_FLOAT_ABI}': set one of ${abis}")
endif()
if(STK_CPU_PROCESSOR STREQUAL "arm")
  string(APPEND STK_CPU_FLAGS " -mfloat-abi=${STK_FLOAT_ABI}")
  set(STK_VECTORS ${STK_TOOLCHAIN_DIR}/cortex-m/vectors.c)
else()
  string(APPEND STK_CPU_FLAGS " -mabi=${STK_FLOAT_ABI}")
endif()
# Start-up code may be in assembler.
set(CMAKE_ASM_FLAGS_INIT "${STK_CPU_FLAGS}")
# CMake gives a build folder its flags once, and keeps them when the CPU file or STK_CPU changes.
if(DEFINED CACHE{STK_FIRST_FLAGS} AND NOT "$CACHE{STK_FIRST_FLAGS}" STREQUAL "${STK_CPU_FLAGS}")
  stk_refuse("this build folder has the flags '$CACHE{STK_FIRST_FLAGS}', and CPU '${STK_CPU}' has '${STK_CPU_FLAGS}' \
now: configure an empty folder")
endif()
set(STK_FIRST_FLAGS "${STK_CPU_FLAGS}" CACHE INTERNAL "Flags of the CPU at the first configuration of this folder")
