# A Qualcomm SoC with an Adreno GPU under Linux. The kernel driver msm checks for a hang every 500 ms, so a launch stays
# well below that time.
include(${PROJECT_SOURCE_DIR}/boards/linux.cmake)
stk_linux_board(PREFERRED "Adreno" LEASE_MS 100)
