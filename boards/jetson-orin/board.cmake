# NVIDIA Jetson Orin under Linux. Its only OpenCL driver is PoCL's CUDA driver. The driver says that it has fine-grain
# SVM, but on a Jetson the CPU must not touch such memory while a kernel runs: open tries neither kind of SVM.
include(${PROJECT_SOURCE_DIR}/boards/linux.cmake)
stk_linux_board(PREFERRED "Orin" LEASE_MS 100 KINDS_OFF STK_OPENCL_SVM_ATOMICS STK_OPENCL_SVM)
