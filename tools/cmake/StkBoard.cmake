# Chooses the board. STK_BOARD names a folder of boards/, or is the path of a folder outside this tree. Target stk_board
# puts the folder on the include path: programs for a board include "board.h".
if(IS_ABSOLUTE "${STK_BOARD}")
  set(STK_BOARD_DIR "${STK_BOARD}")
else()
  set(STK_BOARD_DIR ${PROJECT_SOURCE_DIR}/boards/${STK_BOARD})
endif()
add_library(stk_board INTERFACE)
target_include_directories(stk_board INTERFACE ${STK_BOARD_DIR})
include(${STK_BOARD_DIR}/board.cmake)
