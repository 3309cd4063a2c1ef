# A file and the NVMe drive that holds the same bytes have the counts that Python found, on the interpreter and on the
# OpenCL device. Where the scan can read past the page cache (--direct), the drive is read so too.
dd if=/disk/data of=data bs=1M 2>/dev/null
direct=$(stoker scan --help | grep -o -m 1 -e '--direct' || true)

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
counted --device opencl --reader uring --chunk 8000 /disk/data
[ -n "$direct" ] || echo 'this stoker scan has no --direct'
