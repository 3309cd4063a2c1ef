# Every command works on a driver that runs the kernel inside the call that launches it, as PoCL's device "basic" does.
# The command then works in BATCH and reports this with the reason.
set -eu
. "$(dirname "$0")/lib/common.sh"

why='the driver is synchronous, '
export POCL_DEVICES=basic
printf 'a\n' >p
printf 'aabaa' >f

code 0 "$STOKER" info
grep -q '^device 0: basic' out || {
    echo "no device \"basic\" of PoCL: nothing was tried"
    exit 0
}
grep -Eq "^  residency   BATCH: handshake: .*; $why" out || fail "the reason is not said: $(cat out)"

code 0 "$STOKER" info --probe --device 0
[ "$(grep -Ec "^  (RESIDENT|QUANTUM) +[a-z-]+ +no: $why" out)" -eq 8 ] || fail "$(cat out)"
grep -Eq '^  BATCH    copies      yes: ' out

code 0 "$STOKER" scan --count --stats -f p f
[ "$(cat out)" = 4 ]
grep -q '^device        basic.*BATCH, copies' err
for mode in resident quantum; do
    refused "$mode: basic.* cannot do this: $why" "$STOKER" scan --count --residency $mode -f p f
done

# Where a mode needs a driver whose calls return, stoker takes a device with such a driver and names the other one.
POCL_DEVICES="basic pthread" code 0 "$STOKER" scan --count --residency resident -f p f
[ "$(cat out)" = 4 ]
said 1 "passed over: device 0 (basic.*): $why"

code 0 "$STOKER" bench rtt --count 1000
code 0 "$STOKER" bench slots --count 1000
code 0 "$STOKER" scan --quiet --count --device basic --record log -f p f
code 0 "$STOKER" replay --on opencl --against interp --input 0=f log

# The longest time that opening may take.
refused 'STOKER_OPEN_SECONDS 0: give' env STOKER_OPEN_SECONDS=0 "$STOKER" scan -f p f
refused 'STOKER_OPEN_SECONDS x: give' env STOKER_OPEN_SECONDS=x "$STOKER" info
code 0 env STOKER_OPEN_SECONDS=500 "$STOKER" scan --count -f p f
