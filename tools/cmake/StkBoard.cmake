# Chooses the board. STK_BOARD names a folder of boards/, or is the absolute path of a folder outside this tree. Target
# stk_board puts the folder on the include path: programs for a board include "board.h".
include(${PROJECT_SOURCE_DIR}/toolchain/settings.cmake)
stk_locate(board_file STK_BOARD board ${PROJECT_SOURCE_DIR}/boards /board.cmake)
cmake_path(GET board_file PARENT_PATH STK_BOARD_DIR)
add_library(stk_board INTERFACE)
target_include_directories(stk_board INTERFACE ${STK_BOARD_DIR})
include(${board_file})
if(NOT STK_HOSTED AND NOT STK_BOARD_IMAGE)
  if(STK_BOARD_MEMORY OR STK_BOARD_EMULATOR OR STK_BOARD_CPUS OR STK_BOARD_START)
    stk_refuse("${board_file} does not include boards/image.cmake: end the file with \
include(\${PROJECT_SOURCE_DIR}/boards/image.cmake)")
  endif()
  file(GLOB bare RELATIVE ${PROJECT_SOURCE_DIR}/boards ${PROJECT_SOURCE_DIR}/boards/*/memory.ld)
  string(REPLACE "/memory.ld" "" bare "${bare}")
  string(REPLACE ";" ", " bare "${bare}")
  stk_refuse("board '${STK_BOARD}' runs Linux or another OS, and the toolchain makes programs without: set STK_BOARD \
to one of ${bare}, or to an absolute path")
endif()
