# stoker scan of an NVMe namespace by commands, where this machine has one: the same counts as over its block device, no
# byte copied. Only reads. A namespace of more than 1 GiB is scanned where STK_TEST_NVME names it.
set -eu
. "$(dirname "$0")/lib/common.sh"

device=${STK_TEST_NVME-}
[ "$device" ] || device=$("$STOKER" info | sed -n 's|^NVMe .* of namespaces, \(/dev/[a-z0-9]*\) first.*|\1|p')
block=$(echo "$device" | sed 's|/dev/ng|/dev/nvme|')
if [ ! "$device" ] || [ ! -r "$device" ] || [ ! -r "$block" ]; then
    echo "skipped: no NVMe namespace that may be read here"
    exit 0
fi
size=$(($(cat "/sys/class/block/${block#/dev/}/size") * 512))
if [ "$size" -gt 1073741824 ] && [ ! "${STK_TEST_NVME-}" ]; then
    echo "skipped: $device has $size bytes"
    exit 0
fi

scan="$STOKER scan -e a -e shell -e 99 --quiet"
code 0 $scan "$block"
cp out want
for how in "" "--readers 2" "--chunk 4K" "--chunk 5000" "--chunk 1M" "--device interp"; do
    code 0 $scan $how "$device"
    cmp -s out want || fail "$how: commands bring other bytes than the block device: $(cat out)"
done
code 0 $scan --direct "$block"
cmp -s out want || fail "O_DIRECT brings other bytes: $(cat out)"

code 0 "$STOKER" scan -e a --stats --json "$device"
python3 - "$size" <<'PYTHON'
import json, sys
stats = json.load(open("out"))["stats"]
assert stats["bounce_bytes"] == 0 and stats["bytes"] == int(sys.argv[1]), stats
assert [p["path"] for p in stats["paths"]] == ["NVMe passthrough"], stats
assert stats["paths"][0]["copies"].startswith("zero-copy"), stats
PYTHON
refused 'takes commands by io_uring alone' "$STOKER" scan -e a --reader posix "$device"
