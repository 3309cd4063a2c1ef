# QEMU's 64-bit Arm "virt" machine with Linux. The programs run in a guest (boards/qemu-virt-arm64/run), not by ctest on
# the machine that builds.
