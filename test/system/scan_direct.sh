# stoker scan --direct: the same counts as through the page cache, and no byte copied by the port.
set -eu
. "$(dirname "$0")/lib/common.sh"

"$STOKER" info >info
device=${STOKER_DEVICE-interp}
export STOKER_DEVICE=interp # what reads is the same for all devices, and this one opens at once
seq 1 200000 | sed 's/$/ sea shells/' >long
seq 1 90 >short
: >empty
printf '%s\n' 99 shell 'sea shells' 'no such words' >patterns
scan="$STOKER scan -f patterns --quiet"

code 0 $scan --reader posix long short empty
cp out want
for how in "" "--readers 2" "--chunk 4K" "--chunk 64K --depth 3" "--chunk 5000" "--reader posix" "--device $device"; do
    code 0 $scan --direct $how long short empty
    cmp -s out want || fail "--direct $how counts differently: $(cat out)"
done
code 0 $scan --direct --offsets 5 long
cp out want_offsets
code 0 $scan --reader posix --offsets 5 long
cmp -s out want_offsets || fail "--direct lists other matches"

code 0 "$STOKER" scan -f patterns --device interp --direct --reader posix --chunk 5000 long short empty
cmp -s out want || fail "pread counts differently: $(cat out)"
said 1 'pread goes through the page cache here'

# --direct has no effect on a pipe, which has no page cache. A file on a file system without O_DIRECT is read through
# the page cache, and the scan prints a note.
cat long | "$STOKER" scan -f patterns --quiet --direct --count - >out
code 0 $scan --count long
"$STOKER" scan -f patterns --direct --count /proc/self/status >out 2>err

if grep -q '^ring          registered buffers' info; then
    code 0 "$STOKER" scan -f patterns --direct --stats --json long
    python3 - <<'PYTHON'
import json
stats = json.load(open("out"))["stats"]
paths = {p["path"]: p for p in stats["paths"]}
assert stats["bounce_bytes"] == 0, stats
if "O_DIRECT" in paths:
    assert list(paths) == ["O_DIRECT"], paths
    assert paths["O_DIRECT"]["copies"] == "zero-copy" and paths["O_DIRECT"]["plain_requests"] == 0, paths
PYTHON
    code 0 "$STOKER" scan -f patterns --quiet --stats long
    grep -q '^path          buffered: copied once, by the kernel; [1-9][0-9]* reads, ' err || fail "$(cat err)"
    grep -q '^ring          registered buffers, registered files, ' err || fail "$(cat err)"
fi
