# Without --device a scan begins on the interpreter. A GPU is opened beside the scan where the scan is long, and takes
# over in the middle of a file; the counts are the same, also when the GPU is slower, is lost, or comes too late.
set -eu
. "$(dirname "$0")/lib/common.sh"

has_opencl || exit 0
unset STOKER_DEVICE
printf 'needle\nneedles\nle\n' >p
truncate -s 8G large
for at in 0 262140 104857597 1073741820 2147483645 3221225400; do
    printf 'needles' | dd of=large bs=1 seek=$at conv=notrunc status=none
done
printf 'a needle' >small
want='18
1'

# both FIELD...: requires right counts, and prints these fields of the statistics.
both() {
    python3 - "$@" <<'PYTHON'
import json, sys
got = json.load(open("out"))
assert got["total"] == 20 and [f["count"] for f in got["files"]] == [18, 2], got
stats = got["stats"]
devices = stats.get("devices", [])
assert sum(d["bytes"] for d in devices) == (stats["bytes"] if devices else 0), devices
print(stats["choice"], *[d["bytes"] > 0 for d in devices], *[d["lost"] for d in devices])
PYTHON
}

# For small input stoker looks for no device.
code 0 "$STOKER_GPU" scan -f p --count --stats small
grep -q '^choice  *the interpreter was done before another device would have started$' err
# Nor for a small file whose first chunk comes late.
code 0 env STK_TEST_STEPS=stalled "$STOKER_GPU" scan -f p --count --stats small
grep -q '^choice  *the interpreter was done before another device would have started$' err || fail "$(cat err)"

# The scan waits while the device opens. Else the interpreter may be done first, on a machine with other work.
code 0 env STK_TEST_STEPS=waits "$STOKER_GPU" scan -f p --json --stats --quiet large small
said=$(both)
case $said in
'the interpreter scanned until another device had started True True False False') ;;
'another device had started, and was slower than the interpreter True True False False') ;;
*) fail "$said" ;;
esac

# The device that took over is lost: the interpreter comes back and does its run again.
code 0 env STK_TEST_STEPS=fast STK_TEST_LOSE=50 STK_TEST_LOSE_BY=worked "$STOKER_GPU" scan -f p --json --stats --quiet \
    large small
[ "$(both)" = 'the interpreter scanned until another device had started True True False True' ] || fail "$(both)"

# Devices leave, come back and are lost at fixed moments (late_steps.c). Each byte is counted once.
yes needle | head -c 2M >short
yes needle | head -c 128M >long
for f in short long; do
    "$STOKER" scan -f p --device interp --count --quiet $f >want.$f
done

# at_steps FILE LOST STEP...: scans FILE with these steps. LOST says of both devices if they were lost.
at_steps() {
    file=$1 lost=$2
    shift 2
    code 0 env "$@" timeout 300 "$STOKER_GPU" scan -f p --json --stats --quiet --chunk 4K $file
    python3 - $(cat want.$file) "$lost" <<'PYTHON' || fail "$*: $(cat out)"
import json, sys
got = json.load(open("out"))
assert [got["total"], got["files"][0]["count"]] == [int(sys.argv[1])] * 2, got["total"]
assert " ".join(str(d["lost"]) for d in got["stats"]["devices"]) == sys.argv[2], got["stats"]["devices"]
PYTHON
}

at_steps short 'False False' STK_TEST_STEPS=slow
# The interpreter, whose run was cut for the device, goes on with the whole run when the device is lost.
at_steps long 'False True' STK_TEST_STEPS=extending STK_TEST_LOSE=1
# The device that was too slow comes back when the interpreter is lost.
at_steps short 'True False' STK_TEST_STEPS=slow STK_TEST_LOSE_INTERP=back
# An interpreter that was lost does not come back: neither for a slow device, nor for a device that is lost too.
at_steps short 'True False' STK_TEST_STEPS=slow STK_TEST_LOSE_INTERP=leaving
code 2 env STK_TEST_STEPS=fast STK_TEST_LOSE_INTERP=leaving STK_TEST_LOSE=60 timeout 300 "$STOKER_GPU" scan -f p \
    --quiet --chunk 4K short
said 1 'STK_E_DEVICE: the device or its driver failed'

# The device is not open when the scan ends: the command does not wait. The open takes an hour.
code 0 env STK_TEST_OPEN_MS=3600000 timeout 500 "$STOKER_GPU" scan -f p --json --stats --quiet large small
[ "$(both)" = 'the interpreter was done before another device had started' ] || fail "$(both)"

# Nobody asks for a device beside CPUs where there is none.
code 0 "$STOKER" scan -f p --json --stats --quiet large small
case $(both) in
'no other device: no OpenCL device but CPUs was found') ;;
*) [ "$(ls /dev/dri /dev/nvidia0 2>/dev/null)" ] || fail "$(both)" ;;
esac
