# Functions that every bare-metal board uses. They link images with the memory map of the board and with its start-up
# code, or else with that of the C library. CTest runs the images in the board's emulator.
if(STK_HOSTED)
  message(FATAL_ERROR
    " stoker: board '${STK_BOARD}' has no OS: set CMAKE_TOOLCHAIN_FILE to a *-picolibc or *-newlib file of toolchain/")
endif()
if(STK_BOARD_CPUS AND NOT STK_CPU IN_LIST STK_BOARD_CPUS)
  string(REPLACE ";" ", " cpus "${STK_BOARD_CPUS}")
  message(FATAL_ERROR " stoker: board '${STK_BOARD}' runs no code of CPU '${STK_CPU}': set STK_CPU to one of ${cpus}")
endif()
add_link_options(-T ${STK_BOARD_MEMORY})
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${STK_BOARD_MEMORY})
set(CMAKE_CROSSCOMPILING_EMULATOR ${STK_BOARD_EMULATOR})
# Each program takes the objects of the start-up code; libraries do not.
if(STK_BOARD_START OR STK_LIBC_START)
  enable_language(ASM)
  add_library(stk_start OBJECT ${STK_BOARD_START} ${STK_LIBC_START})
  target_link_libraries(stk_start PRIVATE stk_warnings)
  link_libraries($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:stk_start>)
endif()
