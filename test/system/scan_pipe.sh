# Sources without a size: pipes, FIFOs, standard input, files of /proc; the result is that of the same bytes in a file.
set -eu
. "$(dirname "$0")/lib/common.sh"

python3 "$lib/make_case.py" 5 4096
seq 1 4000 | sed 's/$/ the then he/' >text
printf 'the\nhe\nthen\n9 the then he\n1\n' >words

# equal WHAT: requires that got.json has the results of want.json. want.json is from the same bytes in a regular file.
# WHAT names the case in a message.
equal() {
    python3 - "$1" <<'PYTHON'
import json, sys
want, got = json.load(open("want.json")), json.load(open("got.json"))
what = sys.argv[1]
for key in ["total", "patterns", "offsets"]:
    assert got[key] == want[key], (what, key, got[key], want[key])
assert [f["count"] for f in got["files"]] == [f["count"] for f in want["files"]], what
assert [f["bytes"] for f in got["files"]] == [f["bytes"] for f in want["files"]], what
stats = got["stats"]
# The end of each chunk is kept and put before the next chunk.
longest = max(len(p["pattern"].encode()) if "pattern" in p else len(p["pattern_hex"]) // 2 for p in got["patterns"])
assert stats["bounce_bytes"] <= 2 * (longest - 1) * stats["slots"], (what, stats)
if stats["slots"] > 50:
    assert stats["bounce_bytes"] > 0, (what, stats)
PYTHON
}

# parts FILE SEED: writes a file to stdout in odd parts, with pauses; the reader's end may be non-blocking.
parts() {
    python3 - "$1" "$2" <<'PYTHON'
import os, random, sys, time
data, r = open(sys.argv[1], "rb").read(), random.Random(int(sys.argv[2]))
pauses = 20
while data:
    n = r.choice([1, 7, 4095, 4096, 4097, 30000])
    part, data = data[:n], data[n:]
    while part:
        part = part[os.write(1, part):]
    if pauses and r.random() < 0.3:
        pauses -= 1
        time.sleep(0.01)
PYTHON
}

for reader in posix uring; do
    options="--quiet --json --stats --offsets 40 --chunk 4K --reader $reader --device interp"
    scan() {
        "$STOKER" scan $options "$@"
    }
    : >empty
    head -c 4096 f7 >border
    for data in f7 border empty; do
        scan -f patterns $data >want.json
        parts $data 1 | scan -f patterns - >got.json
        equal "$data from a pipe, $reader"
        scan -f patterns - <$data >got.json
        equal "$data from standard input, $reader"
        rm -f fifo
        mkfifo fifo
        parts $data 2 >fifo &
        scan -f patterns fifo >got.json
        wait
        equal "$data from a FIFO, $reader"
    done
    scan -f words text >want.json
    parts text 3 | scan -f words - >got.json
    equal "text from a pipe, $reader"
    # The owner of the pipe has made the pipe non-blocking.
    parts text 4 | python3 -c 'import os, sys; os.set_blocking(0, False); os.execvp(sys.argv[1], sys.argv[1:])' \
        "$STOKER" scan $options -f words - >got.json
    equal "text from a non-blocking pipe, $reader"
    # When another program has read a part of standard input, the scan goes on behind that part.
    tail -c +5001 text >rest
    scan -f words rest >want.json
    { dd bs=5000 count=1 of=/dev/null 2>/dev/null && scan -f words -; } <text >got.json
    equal "the rest of a file, $reader"
    # One end of file on a terminal ends the scan.
    printf 'the then he\n' >line
    scan -f words line >want.json
    timeout 120 python3 - "$STOKER" scan $options -f words - <<'PYTHON' || fail "a terminal's end of file, $reader"
import os, pty, subprocess, sys, time
master, slave = pty.openpty()
child = subprocess.Popen(sys.argv[1:], stdin=slave, stdout=open("got.json", "wb"))
os.write(master, b"the then he\n")
time.sleep(0.3)
os.write(master, b"\x04")
sys.exit(child.wait())
PYTHON
    equal "a terminal, $reader"
    # Files of /proc have size 0, but have bytes.
    for file in /proc/version /proc/crypto; do
        cat $file >copy
        scan -f words copy >want.json
        scan -f words $file >got.json
        equal "$file, $reader"
    done
done

# Tests the pipe on the machine's device, several sources in one scan, and the copied bytes in the statistics.
cat text f7 >both
parts f7 6 | "$STOKER" scan -f words --quiet --chunk 4K --count --stats text - /proc/version >got 2>err
grep -q '^bounce bytes  [1-9]' err
cat text f7 /proc/version >all
[ "$(cat got)" = "$("$STOKER" scan -f words --quiet --count text f7 /proc/version)" ]
