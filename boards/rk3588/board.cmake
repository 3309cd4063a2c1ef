# Rockchip RK3588 (Mali-G610) under Linux, with Arm's driver or panthor. Panthor ends a job after 5 s, panfrost after
# 500 ms, so a launch stays well below both.
include(${PROJECT_SOURCE_DIR}/boards/linux.cmake)
stk_linux_board(PREFERRED "Mali" LEASE_MS 100)
