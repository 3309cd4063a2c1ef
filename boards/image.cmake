# What every bare-metal board does with its two values: link images against its memory map, and run
# them through CTest by its emulator.
add_link_options(-T ${STK_BOARD_MEMORY})
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${STK_BOARD_MEMORY})
set(CMAKE_CROSSCOMPILING_EMULATOR ${STK_BOARD_EMULATOR})
