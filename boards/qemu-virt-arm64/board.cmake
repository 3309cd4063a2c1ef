# QEMU's 64-bit Arm "virt" machine with Linux. The programs run in a guest (boards/qemu-virt-arm64/run), not by ctest on
# the machine that builds. QEMU interprets PoCL's compiler there, which takes some 30 times as long.
add_compile_definitions(STK_OPENCL_OPEN_NS=UINT64_C\(1200000000000\))
