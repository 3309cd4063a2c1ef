# When a device is lost in the middle of a scan, the other devices do its work. The output does not change.
set -eu
. "$(dirname "$0")/lib/common.sh"

python3 "$lib/make_case.py" 12 4096
yes 'the then he' | head -c 8000000 >f8
printf 'the\nhe\nthen he' >>patterns
"$STOKER" scan --quiet -f patterns --device interp --json --offsets 20000 f? >want
worked=0

# loses LIST DEVICES: requires a complete result while devices are lost as LIST says.
loses() {
    code 0 env STK_TEST_LOSE="$1" "$STOKER_LOSING" scan -f patterns --device "$2" --chunk 4K --json --offsets 20000 f?
    cmp want out || fail "$2 lost as $1"
    [ "$(grep -c 'was lost: STK_E_DEVICE .*: the others do its work$' err)" -ge 1 ] || fail "$1 on $2: $(cat err)"
    code 0 env STK_TEST_LOSE="$1" "$STOKER_LOSING" scan -f patterns --device "$2" --chunk 4K --stats --count f8
    if grep -Eq '^share         [1-9][0-9]* slots?, [0-9]+ bytes, then it was lost$' err; then
        worked=$((worked + 1))
    fi
}

for n in 1 2 3 5 8 17 25; do
    loses $n interp,interp
    loses 0,$n interp,interp
    loses $n,0,$((n + 2)) interp,interp,interp
done
[ $worked -ge 10 ] || fail "hardly a device was lost while it worked"

# A device is lost while it has several small files in flight.
mkdir many
for n in $(seq 100 219); do
    printf 'the then %s he\n' "$n" >many/$n
done
yes 'the he' | head -c 20000 >many/150
"$STOKER" scan --quiet -f patterns --device interp --json --offsets 20000 -r many >want-many
for n in 1 2 5 0,1 0,4; do
    code 0 env STK_TEST_LOSE=$n "$STOKER_LOSING" scan -f patterns --device interp,interp --json --offsets 20000 -r many
    cmp want-many out || fail "many files, $n"
    [ "$(grep -c 'was lost: STK_E_DEVICE .*: the others do its work$' err)" -eq 1 ] || fail "many files, $n: $(cat err)"
done

POCL_DEVICES="pthread pthread"
export POCL_DEVICES
if has_opencl && "$STOKER" info | grep -q '^device 1'; then
    loses 0,4 0,1
    # The context is lost: each call of the driver on the context fails, and the device gives no other context.
    export STK_TEST_LOSE_BY=calls STK_TEST_LOSE_FOR_GOOD=1
    loses 0,4 0,1
    loses 3,0 0,1
    # The device gives a new context and goes on in it. There is no store then: the first device opened a store for both
    # devices, and the command left the store once all devices were open.
    unset STK_TEST_LOSE_FOR_GOOD
    for n in 0,4 3,0; do
        code 0 env STK_TEST_LOSE=$n "$STOKER_LOSING" scan --quiet -f patterns --device 0,1 --chunk 4K --json \
            --offsets 20000 f?
        cmp want out
        [ ! -s err ] || fail "$n: $(cat err)"
    done
    unset STK_TEST_LOSE_BY
    # `--device all` leaves out a device that does not open, and fails only when no other device is left.
    code 0 env STK_TEST_REFUSE=1 "$STOKER_LOSING" scan -f patterns --device all --json --offsets 20000 f?
    cmp want out
    said 1 'device 0: the test refuses it'
    code 2 env STK_TEST_REFUSE=2 "$STOKER_LOSING" scan --quiet -f patterns --device interp,1 f?
    [ ! -s out ]
    said 1 'device 1: the test refuses it'
fi

# A file of procfs announces 0 bytes and is read as a pipe is, but is opened anew for each device that is lost.
if [ -n "$(head -c 1 /proc/kallsyms)" ]; then
    "$STOKER" scan --quiet -f patterns --device interp --count /proc/kallsyms >want
    code 0 env STK_TEST_LOSE=2,2 "$STOKER_LOSING" scan -f patterns --device interp,interp,interp --chunk 4K --count \
        /proc/kallsyms
    cmp want out || fail "/proc/kallsyms: $(cat err)"
    [ "$(grep -c 'was lost: ' err)" -eq 2 ] || fail "/proc/kallsyms: $(cat err)"
    # All descriptors of the file are closed when the scan goes on to a FIFO, which is opened alone.
    mkfifo fifo
    STK_TEST_LOSE=2,2 "$STOKER_LOSING" scan --quiet -f patterns --device interp,interp,interp --chunk 4K --count \
        /proc/kallsyms fifo >out &
    pid=$!
    exec 3>fifo
    has_open $pid fifo
    readlink /proc/$pid/fd/* >open || true
    exec 3>&-
    wait $pid || fail "/proc/kallsyms and a FIFO: exit code $?"
    cmp want out
    ! grep kallsyms open || fail "a descriptor of /proc/kallsyms is still open"
fi

# A device whose slot took too long is given up, and works again later: its results come when the scan is closed. Then
# the device has no file any more, and its results count nowhere.
code 0 env STK_TEST_LOSE=5 STK_TEST_LOSE_BY=late "$STOKER_LOSING" scan -f patterns --device interp,interp --chunk 4K \
    --count f8 f1
grep -q 'was lost: STK_E_TIMEOUT' err || fail "no device was late: $(cat err)"
"$STOKER" scan --quiet -f patterns --device interp --count f8 f1 | cmp - out

# The units of a lost device may lie before those that another device has in flight. The other device then does them as
# a run of its own, since the first matches are among them.
code 0 env STK_TEST_LOSE_BY=before "$STOKER_LOSING" scan -f patterns --device interp,interp --chunk 4K --json \
    --offsets 100 f8
grep -q 'was lost: STK_E_DEVICE' err || fail "no device was lost: $(cat err)"
"$STOKER" scan --quiet -f patterns --device interp --json --offsets 100 f8 | cmp - out

# The scan ends when the last device is lost. A pipe cannot be read a second time, so the scan of a pipe ends with the
# first loss.
code 2 env STK_TEST_LOSE=3,9 "$STOKER_LOSING" scan --quiet -f patterns --device interp,interp --chunk 4K f?
[ ! -s out ]
said 1 'device interp: STK_E_DEVICE: '
cat f8 | code 2 env STK_TEST_LOSE=5,5 "$STOKER_LOSING" scan --quiet -f patterns --device interp,interp --chunk 4K -
[ ! -s out ]
said 1 'what it had of a pipe cannot be read again'
code 2 env STK_TEST_LOSE=5 "$STOKER_LOSING" scan --quiet -f patterns --device interp --chunk 4K f?
said 1 'device: STK_E_DEVICE'
