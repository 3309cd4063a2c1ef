# A scan that is stopped for longer than its deadline, as by Ctrl-Z, goes on afterwards and counts right. This holds in
# each mode, even if the scan is stopped often.
set -eu
. "$(dirname "$0")/lib/common.sh"
unset STOKER_RESIDENCY STOKER_MEMORY

printf 'needle\n' >p
refused '--timeout 0: give a whole number from 1 to 18446744073709' "$STOKER" scan -f p --timeout 0 p
code 0 "$STOKER" scan --device interp --count --timeout 18446744073709 -f p p
has_opencl || {
    echo "no OpenCL device: only the option was tried"
    exit 0
}

# A hole of 1 GiB, so that the scan takes time and the file takes no room. With this size of chunks a slot is with the
# device nearly all the time. A slot takes some ten milliseconds, so the deadline has room for a machine with other
# work.
truncate -s 1G huge
printf needle >>huge
pids=
for mode in resident quantum batch; do
    "$STOKER" scan --residency $mode --timeout 2000 --chunk 8M --depth 2 --count -f p huge >out.$mode 2>err.$mode &
    eval "$mode=$!"
    pids="$pids $!"
done
# stop SECONDS: stops all scans for so long, except those that are over already.
stop() {
    for pid in $pids; do kill -STOP "$pid" 2>kill.err || true; done
    sleep "$1"
    for pid in $pids; do kill -CONT "$pid" 2>kill.err || true; done
}
sleep 1
stop 2.5 # while the device is opened
for pid in $pids; do
    while [ -d "/proc/$pid/fd" ] && ! ls -l "/proc/$pid/fd" 2>ls.err | grep -q huge; do sleep 0.05; done
    sleep 0.1
    kill -STOP "$pid" 2>kill.err || true # until all of them are scanning
done
stop 2.5
sleep 0.1
stop 2.5
for mode in resident quantum batch; do
    eval "pid=\$$mode"
    got=0
    wait "$pid" || got=$?
    [ "$got" -eq 0 ] || fail "$mode: exit code $got: $(cat err.$mode)"
    [ "$(cat out.$mode)" = 1 ] || fail "$mode: $(cat out.$mode)"
    [ ! -s err.$mode ] || fail "$mode: $(cat err.$mode)"
done
