# Replays a handler with a bug that shows only in some orders of the slots: the replay must find a difference and name
# the epoch. Replays of the mended handler must find none.
set -eu
. "$(dirname "$0")/lib/common.sh"
handler=$(cd "$lib" && pwd)/planted.h

bug=0x40000001
mended=0x40000002
"$RECORD_PLANTED" bug $bug 30 200 20000
"$RECORD_PLANTED" mended $mended 30 200 300
same='no difference: 30 epochs, 6000 slots'

# The interpreter does what was recorded, alone and against itself.
for log in bug mended; do
    for against in recorded interp; do
        code 0 "$STOKER_PLANTED" replay --on interp --against $against $log
        [ "$(cat out)" = "$same" ] || fail "$(cat out)"
        [ ! -s err ] || fail "$(cat err)"
    done
done
code 0 "$STOKER_PLANTED" replay --on recorded --against interp --json bug
python3 -c '
import json
o = json.load(open("out"))
assert o == {"differs": False, "recordings": 1, "epochs": 30, "slots": 6000, "failures_skipped": 0}, o'

# A stoker without these handlers refuses every slot: the first one differs.
code 1 "$STOKER" replay --on interp --against recorded bug
grep -q '^differs in epoch 1: slot 0 (opcode 0x40000001) status: interp FAULT, recorded DONE$' out || fail "$(cat out)"
refused 'no C build of the handlers' "$STOKER" replay --handler "$handler" bug

has_opencl || {
    echo "no OpenCL device: only the interpreter was tried"
    exit 0
}

for i in 1 2 3 4 5; do
    code 0 "$STOKER_PLANTED" replay --on opencl --against interp --workers 2 --handler "$handler" mended
    [ "$(cat out)" = "$same" ] || fail "$(cat out)"
done

# differs SIDE...: replays until the bug shows, and that is at the latest in the fifth try of 30 epochs of 200 slots.
differs() {
    for try in 1 2 3 4 5; do
        got=0
        "$STOKER_PLANTED" replay --workers 2 --handler "$handler" "$@" bug >out || got=$?
        [ "$got" -le 1 ] || fail "exit code $got"
        [ "$got" -eq 0 ] || return 0
    done
    fail "the planted bug was not found"
}

differs --on opencl --against interp
grep -Eq '^differs in epoch [0-9]+: observable [12]: opencl 0x[0-9a-f]{8}, interp 0x[0-9a-f]{8}$' out ||
    fail "$(cat out)"
differs --on recorded --against opencl --json
python3 -c '
import json
o = json.load(open("out"))
assert o["differs"] and 1 <= o["epoch"] <= 30 and o["what"] == "digest" and o["slot"] is None, o
assert o["on"]["name"] == "recorded" and o["against"]["name"] == "opencl", o
assert o["on"]["value"] != o["against"]["value"] and o["epochs"] == o["epoch"] - 1, o'
