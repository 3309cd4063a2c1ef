# Chooses the board. STK_BOARD names a folder of boards/, or is the path of a folder outside this tree. Target stk_board
# puts the folder on the include path: programs for a board include "board.h".
#
# A message that begins with a blank is shown as it is, on one line.
if(IS_ABSOLUTE "${STK_BOARD}")
  set(STK_BOARD_DIR "${STK_BOARD}")
else()
  set(STK_BOARD_DIR ${PROJECT_SOURCE_DIR}/boards/${STK_BOARD})
endif()
if("${STK_BOARD}" STREQUAL "" OR NOT EXISTS ${STK_BOARD_DIR}/board.cmake)
  file(GLOB boards RELATIVE ${PROJECT_SOURCE_DIR}/boards ${PROJECT_SOURCE_DIR}/boards/*/board.cmake)
  string(REPLACE "/board.cmake" "" boards "${boards}")
  string(REPLACE ";" ", " boards "${boards}")
  message(FATAL_ERROR " stoker: there is no board '${STK_BOARD}': set STK_BOARD to one of ${boards}, or to a path")
endif()
add_library(stk_board INTERFACE)
target_include_directories(stk_board INTERFACE ${STK_BOARD_DIR})
include(${STK_BOARD_DIR}/board.cmake)
if(NOT STK_HOSTED AND NOT STK_BOARD_MEMORY)
  message(FATAL_ERROR
    " stoker: board '${STK_BOARD}' runs Linux or another OS, and the toolchain makes programs without")
endif()
