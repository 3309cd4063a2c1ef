# When a read of a file fails, a message names the file, the other files are counted, and the exit code is 1.
set -eu
. "$(dirname "$0")/lib/common.sh"

printf 'the\nhe\n' >p
yes 'the then he' | head -c 100000 >big
yes 'he' | head -c 9000 >good
cp big shrunk
printf 'he he' >last
python3 "$lib/naive.py" p good last >want.json

# faulted ERROR OS_ERROR WORDS: `out` counts good and last as want.json does; the file between them failed.
faulted() {
    said 1 "$3"
    python3 - "$1" "$2" <<'PYTHON' || fail "$3"
import json, sys
got, want = json.load(open("out")), json.load(open("want.json"))
first, failed, last = got["files"][-3:]
assert failed["error"] == sys.argv[1] and failed["os_error"] == int(sys.argv[2]) and failed["count"] is None, failed
assert [f["count"] for f in (first, last)] == [f[2] for f in want["files"]], got["files"]
assert got["total"] == want["total"] and [p["count"] for p in got["patterns"]] == [p[1] for p in want["patterns"]], got
assert not any("error" in f for f in (first, last))
shift = len(got["files"]) - 3  # a FIFO that held the scan back
matches = [[m["file"] - shift, m["offset"], m["pattern"]] for m in got["offsets"]]
kept = [[f * 2, at, p] for f, at, p, _ in want["matches"]]
assert matches == kept[:len(matches)] and len(matches) == min(len(kept), 3500), (matches[-3:], len(matches))
PYTHON
}

for reader in posix uring; do
    scan="$STOKER scan --device interp --reader $reader --chunk 4K -f p --json --offsets 3500"
    code 1 $scan good /proc/self/mem last
    faulted STK_E_IO 5 '/proc/self/mem: Input/output error.*not counted'

    # The sizes are taken first; the scan then waits for the FIFO, while the file behind it changes.
    for what in cut cut-to-nothing gone; do
        cp big shrunk
        rm -f hold
        mkfifo hold
        {
            sleep 0.2
            case $what in
            cut) truncate -s 50000 shrunk ;;
            cut-to-nothing) truncate -s 0 shrunk ;;
            gone) rm shrunk ;;
            esac
        } >hold &
        code 1 $scan hold good shrunk last
        wait
        case $what in
        gone) faulted STK_E_NOENT 2 'shrunk: No such file' ;;
        *) faulted STK_E_SHORT 0 'shrunk: .*ended before its announced size.*shrank' ;;
        esac
    done

    # A file that announces more bytes than it has ends where its bytes end.
    sysfs=/sys/devices/system/cpu/online
    if [ "$(stat -c %s $sysfs)" -gt "$(wc -c <$sysfs)" ]; then
        printf '0\n-\n' >digits
        cat $sysfs >copy
        "$STOKER" scan --device interp --chunk 4K -f digits --count copy >want
        "$STOKER" scan --device interp --reader $reader --chunk 4K -f digits --count $sysfs >got 2>err
        cmp want got
        [ ! -s err ] || fail "$(cat err)"
    fi

    # A file that grows is counted as far as it went.
    rm -f hold
    mkfifo hold
    cp good grows
    { sleep 0.2 && cat big >>grows; } >hold &
    code 0 $scan hold grows last
    wait
    python3 -c 'import json
g, w = json.load(open("out")), json.load(open("want.json"))
assert g["total"] == w["total"], g'
done

# The failing file fills the list of two offsets. The next file must find the list empty.
code 1 "$STOKER" scan --device interp --chunk 4K -f p --count --offsets 2 /proc/self/mem last
printf '2\nlast:0:he\nlast:3:he\n' | cmp - out
cp big shrunk
rm -f hold
mkfifo hold
{ sleep 0.2 && truncate -s 90000 shrunk; } >hold &
code 1 "$STOKER" scan --device interp --chunk 4K -f p --count --offsets 2 hold shrunk last
wait
printf '2\nlast:0:he\nlast:3:he\n' | cmp - out

# Scans a failing file on the device that the scan chooses, and scans only files that fail.
code 1 "$STOKER" scan --quiet -f p --count good /proc/self/mem last
[ "$(cat out)" = "$("$STOKER" scan --quiet -f p --count good last)" ]
code 1 "$STOKER" scan --device interp -f p --count /proc/self/mem
[ "$(cat out)" = 0 ]
