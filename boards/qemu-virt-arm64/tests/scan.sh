# A file and the NVMe drive that holds the same bytes have the counts that Python found, on the interpreter and on the
# OpenCL device: read through the page cache, past it (--direct) and by NVMe commands, where this scan can do that.
dd if=/disk/data of=data bs=1M 2>/dev/null
stoker scan --help >help
direct=$(grep -o -m 1 -e '--direct' help || true)

# counted OPTION...: the scan gives the expected counts.
counted() {
    stoker scan -f /tests/patterns --quiet "$@" >got
    cut -f 1 got | tr -d ' ' >counts
    cmp counts /tests/counts
    echo "scan $*: equal"
}
for device in interp opencl; do
    counted --device $device data
    counted --device $device --reader uring /disk/data
    # shellcheck disable=SC2086 # an option, or none
    [ -z "$direct" ] || counted --device $device --reader uring $direct /disk/data
done
if grep -q /dev/ng0n1 help; then
    counted --device interp "$STK_TEST_NVME"
    counted --device opencl "$STK_TEST_NVME"
fi
counted --device opencl --reader uring --chunk 8000 /disk/data
