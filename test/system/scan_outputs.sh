# Tests the outputs of scan: counts, total, JSON, offsets, statistics.
set -eu
. "$(dirname "$0")/lib/common.sh"

# The patterns have each kind of byte to escape, patterns with the same first byte, one pattern twice, and one that is
# not UTF-8.
printf 'ab\na\nabab\nb\\\nt\tx\n\001\n\377\n\303\251\nab\n' >patterns
{
    printf 'ababab b\\ t\tx \001\001 \377 \303\251 ab'
    head -c 4070 /dev/zero # the next matches lie across the border of two chunks
    printf 'abababab'
    head -c 9000 /dev/zero | tr '\0' a
} >one
printf 'b\\ab\\' >two
printf 'none here' >three
python3 "$lib/naive.py" patterns one two three >want.json

scan() {
    "$STOKER" scan -f patterns --quiet --chunk 4K "$@" one two three
}

# Without options scan prints one line for each pattern, in the order of the pattern file. The counts stand in a column
# of one width. The patterns are escaped. Nothing else is printed.
scan >got
python3 - >want <<'PYTHON'
import json
patterns = json.load(open("want.json"))["patterns"]
width = len(str(max(count for _, count in patterns)))
for pattern, count in patterns:
    text = "".join(f"\\x{b:02X}" if b < 32 or b == 127 else "\\\\" if b == 92 else chr(b)
                   for b in bytes.fromhex(pattern))
    print(f"{count:{width}}\t", end="", flush=True)
    __import__("sys").stdout.buffer.write(text.encode("latin-1") + b"\n")
PYTHON
cmp got want

# --count prints only the total.
total=$(python3 -c 'import json; print(json.load(open("want.json"))["total"])')
[ "$(scan --count)" = "$total" ]

# --offsets N prints the first N matches, ordered by file, first byte and pattern; all matches if there are fewer than
# N.
for device in interp auto; do
    for n in 1 2 7 11 100 9000 20000; do
        scan --json --offsets $n --device $device | python3 "$lib/expect.py" want.json $n || fail "--offsets $n"
    done
done
scan --count --offsets 3 >got
printf '%s\none:0:ab\none:0:a\none:0:abab\n' "$total" | cmp - got

# One chunk has more matches than one slot has room for.
head -c 60000 /dev/zero | tr '\0' a >many
printf 'a\naa\naaa\n' >runs
python3 "$lib/naive.py" runs many >want-many.json
"$STOKER" scan -f runs --quiet --json --offsets 15000 many | python3 "$lib/expect.py" want-many.json 15000

# The short pattern ends at every byte. A slot that lists matches also reads the bytes of the long pattern before its
# own bytes, so its list has room for the matches of these bytes too. The scan takes one slot that counts and three
# slots that list.
{ head -c 20000 /dev/zero | tr '\0' a; printf '\na\n'; } >long
"$STOKER" scan -f long --quiet --json --stats --offsets 200000 --device interp many >got
python3 - <<'PYTHON'
import json
got = json.load(open("got"))
want = [(at, p) for at in range(60000) for p in (0, 1) if p == 1 or at <= 40000]
assert [(m["offset"], m["pattern"]) for m in got["offsets"]] == want
assert got["stats"]["slots"] == 4, got["stats"]["slots"]
PYTHON

# In a chunk with few matches the slot that counts also lists the matches, so the device reads the chunk once. Only if
# the list has no room for all matches of a chunk does the device read the chunk a second time.
python3 - <<'PYTHON'
import random
random.seed(5)
text = bytearray(b"." * 200000)
for _ in range(300):
    at = random.randrange(len(text) - 8)
    text[at : at + 8] = random.choice([b"needle..", b"..nee...", b".edl....", b"le......"])
open("few", "wb").write(text)
text[70000:72000] = b"n" * 2000
open("crowd", "wb").write(text)
open("sparse", "wb").write(b"needle\nnee\nedl\nle\nn\n")
PYTHON
for device in interp auto; do
    for shape in "few 13" "crowd 14"; do
        file=${shape% *}
        python3 "$lib/naive.py" sparse $file >want-few.json
        "$STOKER" scan -f sparse --quiet --json --stats --chunk 16K --offsets 9000 --device $device $file >got
        python3 "$lib/expect.py" want-few.json 9000 <got
        slots=${shape#* } python3 -c 'import json, os; got = json.load(open("got"))["stats"]["slots"]
assert got == int(os.environ["slots"]), got'
    done
done

# JSON holds UTF-8 only: other bytes appear as hexadecimal digits, in files and in notes.
odd=$(printf 'odd\377')
cp one "$odd"
printf 'a\r' >"$odd-set"
"$STOKER" scan -f "$odd-set" --quiet --json --stats "$odd" >got
python3 - <<'PYTHON'
import json
got = json.load(open("got"))
assert bytes.fromhex(got["files"][0]["file_hex"]) == b"odd\xff" and "file" not in got["files"][0], got["files"]
notes = got["stats"]["notes"]
kept = [i for i, n in enumerate(notes) if "odd\ufffd-set: 1 of 1" in n]
assert kept and len(got["stats"]["notes_hex"]) == len(notes), got["stats"]
assert b"odd\xff-set: 1 of 1" in bytes.fromhex(got["stats"]["notes_hex"][kept[0]])
PYTHON

# The JSON output has every field.
scan --json --stats --offsets 2 >got
python3 - <<'PYTHON'
import json
got = json.load(open("got"))
assert list(got) == ["total", "patterns", "files", "offsets", "stats"], list(got)
assert got["patterns"][5] == {"pattern": "\x01", "count": 2}
assert got["patterns"][6] == {"pattern_hex": "ff", "count": 1}
assert got["patterns"][7] == {"pattern": "\u00e9", "count": 1}
assert all(list(f) == ["file", "bytes", "count"] for f in got["files"])
assert all(list(m) == ["file", "offset", "length", "pattern"] for m in got["offsets"])
stats = got["stats"]
for field in ["slots", "bytes", "reads", "launches", "latency_p50_ns", "latency_p99_ns", "elapsed_ns", "workers",
              "lanes"]:
    assert stats[field] > 0, field
assert stats["latency_p50_ns"] <= stats["latency_p99_ns"] <= stats["elapsed_ns"] * 2
assert stats["bounce_bytes"] == 0
assert stats["bytes"] == sum(f["bytes"] for f in got["files"])
assert stats["slots"] >= sum(-(-f["bytes"] // 4096) for f in got["files"])
assert abs(stats["gb_per_s"] - stats["bytes"] / stats["elapsed_ns"]) < 1e-3
for field in ["device", "dispatch", "residency", "memory", "reader"]:
    assert stats[field], field
assert stats["readers"] == 1
# Three times make up the whole time. The largest of them is what bounded the scan.
times = {name: stats[field] for name, field in
         {"reading": "reading_ns", "device": "device_ns", "host": "host_ns"}.items()}
assert stats["bounded_by"] in times and times[stats["bounded_by"]] == max(times.values()), stats
assert stats["elapsed_ns"] * 0.9 <= sum(times.values()) <= stats["elapsed_ns"] * 1.1, stats
assert stats["notes"] == []
PYTHON
scan --json --count | python3 -c 'import json, sys; assert list(json.load(sys.stdin)) == ["total", "files"]'

# Statistics in text go to stderr, and stdout stays as it is.
scan --stats >got 2>err
cmp got want
for line in 'device        .*worker' 'reader        .*, 1 r' 'slots         [1-9]' 'bytes         [1-9]' \
    'bounce bytes  0$' 'reads         [1-9]' 'launches      [1-9]' \
    'slot latency  p50 [0-9.]* us, p99 [0-9.]* us$' \
    'bounded by    [a-z]* (reading [0-9]* %, device [0-9]* %, host [0-9]* % of the time)$' \
    'speed         [0-9.]* GB/s'; do
    grep -q "^$line" err || fail "--stats lacks $line"
done

# A file name with control characters stays on its line. A result that cannot be written is an error.
strange=$(printf 'a\033[31m\\b\nc')
cp two "$strange"
[ "$("$STOKER" scan -f patterns --quiet --count --offsets 1 "$strange" | tail -n 1)" = 'a\x1B[31m\\b\x0Ac:0:b\\' ]
for option in --count --json --stats; do
    code 2 sh -c '"$STOKER" scan -f patterns --quiet '$option' one >/dev/full'
    grep -q 'standard output could not be written' err || fail "$option into a full disk"
    code 2 sh -c '"$STOKER" scan -f patterns --quiet '$option' one >&-'
done
code 2 python3 -c 'import os, subprocess, sys
read, write = os.pipe()
os.close(read)
sys.exit(subprocess.run(sys.argv[1:], stdout=write).returncode)' "$STOKER" scan -f patterns --quiet one
said 1 'standard output could not be written'
code 2 sh -c '"$STOKER" info >/dev/full'
code 2 sh -c '"$STOKER" --help >/dev/full'
