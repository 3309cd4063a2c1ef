# Tests the output of stoker log for v1 files and images of flash, its exit codes, and its refusals.
set -eu
. "$(dirname "$0")/lib/common.sh"
vectors=$(cd "$(dirname "$0")/../conformance/vectors/log" && pwd)

# Arguments.
refused "use dump" "$STOKER" log
refused "use dump" "$STOKER" log show file
refused "name one file" "$STOKER" log dump
refused "name one file" "$STOKER" log dump a b
code 2 "$STOKER" log dump --no-such-option "$vectors/w_cap7_n8.vrrl"
[ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] || fail "an unknown option: $(cat err)"
code 0 "$STOKER" log --help
grep -q '^usage: stoker log dump' out || fail "no help"

# A v1 file.
cp "$vectors/f_cap4_n6.vrrl" v1
cp v1 before
code 0 "$STOKER" log dump v1
[ "$(wc -l <out)" -eq 4 ] || fail "not four records"
head -n 1 out >first
echo "sequence=2 boot=0 resumed=0 kind=failure timestamp_ns=1750000000000002091 slot=713 tenant=8 opcode=637782221" \
    "args=4294967295,2368224345,2163409035,2598801773 epoch=0 status=6 failure=2 error=0 digest=1d9f371cfe34eb34" >want
cmp first want || fail "another first record"
said 1 '^records=4 first=2 last=1 corrupt=0 torn=0 unreadable=0$'
code 0 "$STOKER" log verify v1
echo "records=4 first=2 last=1 corrupt=0 torn=0 unreadable=0" | cmp - out || fail "verify"
code 0 "$STOKER" log stats v1
grep -q '^format=VRRL0001 capacity=4 cursor=2 flags=0$' out || fail "stats"
code 0 "$STOKER" log verify "$vectors/w_cap1000_n0.vrrl"
echo "records=0 first=- last=- corrupt=0 torn=0 unreadable=0" | cmp - out || fail "verify of an empty log"

# A record with a wrong magic ends the walk. The records before it are printed.
code 1 "$STOKER" log dump "$vectors/m_recmagic_bad_mid.vrrl"
[ "$(wc -l <out)" -eq 2 ] || fail "not two records before the damaged one"
said 2 'record 2: magic 0x00000001'
code 1 "$STOKER" log verify "$vectors/m_trunc_body_95_append0.vrrl"
grep -q 'corrupt=1' out || fail "a file that ends early is whole"

# A flash image: 8 blocks of 4 cells in their third lap.
tail -c +5 "$(dirname "$0")/../fuzz/corpus/log/laps" | head -c 2048 >flash
cp flash flash_before
code 0 "$STOKER" log dump flash
[ "$(wc -l <out)" -eq 23 ] || fail "not 23 records: $(wc -l <out)"
said 1 '^records=23 first=0 last=22 corrupt=0 torn=0 unreadable=0$'
last='sequence=22 boot=1 resumed=0 kind=publish timestamp_ns=22000 slot=1 tenant=2 opcode=8 args=1,2,3,4 epoch=0 '
grep -q "^$last" out
code 0 "$STOKER" log stats flash
grep -q '^format=STKLOG02 id=7 block_bytes=256 blocks=8 prog_unit=1 erased=255$' out || fail "stats of a flash image"
grep -Eq '^headers=8 without=0 erases_min=2 erases_max=3 lap=3 block=4$' out || fail "laps: $(cat out)"
grep -q '^formats=1 boots=1 reach=0$' out || fail "formats: $(cat out)"
grep -Eq '^capacity=18 record_bytes=1472 mount_reads=[0-9]+$' out || fail "reads: $(cat out)"

# A flash with a damaged record, and behind the last record a cell that was not finished.
patch_byte() {
    printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>dd.err
}
cp flash damaged
patch_byte damaged 100 '\252'
code 1 "$STOKER" log verify damaged
grep -q '^records=22 first=0 last=22 corrupt=1 torn=0 unreadable=0$' out || code 1 cat out
cp flash torn
patch_byte torn $((4 * 256 + 192)) 'begun'
code 0 "$STOKER" log verify torn
grep -q '^records=23 first=0 last=22 corrupt=0 torn=1 unreadable=0$' out || code 1 cat out

# Without the header of block 0, or of blocks 0 to 3, the headers of the other blocks give the geometry. The file may
# have other bytes behind the log.
cp flash headless
for block in 0 1 2 3; do
    patch_byte headless $((block * 256)) 'x'
    code 0 "$STOKER" log dump headless
done
cat flash_before flash_before >longer
code 0 "$STOKER" log verify longer
grep -q '^records=23 ' out || fail "a longer image"

# A message names the blocks that cannot be read, and the other records are printed: 3 records of block 2 are missing.
if code 0 python3 "$lib/failing_call.py" pread64:512-767 5 true; then
    code 1 python3 "$lib/failing_call.py" pread64:512-767 5 "$STOKER" log dump flash
    [ "$(wc -l <out)" -eq 20 ] || fail "not 20 records: $(wc -l <out)"
    said 2 '^records=20 first=0 last=22 corrupt=3 torn=1 unreadable=4$'
    said 2 'flash: the room of 4 records could not be read (Input/output error)'
    code 1 python3 "$lib/failing_call.py" pread64:512-767 5 "$STOKER" log verify flash --reverse
    grep -q '^records=20 first=22 last=0 corrupt=3 torn=1 unreadable=4$' out || fail "backwards: $(cat out)"
    code 2 python3 "$lib/failing_call.py" pread64:0-0 5 "$STOKER" log verify flash
    said 1 'flash: Input/output error'
fi

# Options choose records: the newest ones, in reverse order, of one boot, of a range of time. Boot 2 begins with record
# 12.
tail -c +5 "$(dirname "$0")/../fuzz/corpus/log/boots" | head -c 2048 >boots
"$STOKER" log dump boots >all 2>err
tac all >backwards
# On a terminal, lines are broken at blanks. The words are those of the output to a file.
for what in dump boots stats; do
    code 0 "$STOKER" log $what boots
    tr -s ' \n' '\n' <out >words
    code 0 python3 "$lib/on_terminal.py" 60 "$STOKER" log $what boots
    ! grep -E '.{60}' out || fail "a line is too long"
    tr -s ' \n' '\n' <out | cmp - words || fail "other words on a terminal"
done

# wants FIRST,LAST OPTION...: requires that the options choose these lines of the whole dump, in both directions.
wants() {
    lines=$1
    shift
    sed -n "${lines}p" all >want
    code 0 "$STOKER" log dump boots "$@"
    cmp out want || fail "log dump $*"
    tac want >want_back
    code 0 "$STOKER" log dump boots --reverse "$@"
    cmp out want_back || fail "log dump --reverse $*"
    code 0 "$STOKER" log count boots "$@"
    [ "$(cat out)" -eq "$(wc -l <want)" ] || fail "log count $*"
}
wants 1,23
wants 21,23 --lines 3
wants 1,23 -n 100
: >nothing
code 0 "$STOKER" log dump boots -n 0
cmp out nothing
wants 1,12 --boot 1
wants 13,23 --boot 2
wants 13,23 -b 0
wants 1,12 -b -1
wants 11,12 -b 1 -n 2
wants 6,23 --since 5000
wants 1,6 -U 5000
wants 16,20 -S 15000 -U 19000 -b 2
wants 5,6 -n 2 -U 5000
for boot in 3 -2 -100; do
    code 0 "$STOKER" log dump boots -b $boot
    [ ! -s out ] || fail "boot $boot has records"
done
code 0 "$STOKER" log boots boots
printf '%s\n' "boot=1 records=12 first=0 last=11 first_ns=0 last_ns=11000" \
    "boot=2 records=11 first=12 last=22 first_ns=12000 last_ns=22000" | cmp - out || fail "boots: $(cat out)"
"$STOKER" log boots boots --json | python3 -c '
import json, sys
assert [b["records"] for b in json.load(sys.stdin)] == [12, 11]'
"$STOKER" log count boots --json | python3 -c 'import json, sys; assert json.load(sys.stdin) == {"records": 23}'
code 0 "$STOKER" log dump v1 -n 2
tail -n 2 out >last
"$STOKER" log dump v1 2>err | tail -n 2 | cmp - last || fail "the last two of a v1 log"
code 1 "$STOKER" log dump "$vectors/m_recmagic_bad_mid.vrrl" -n 1
[ "$(wc -l <out)" -eq 1 ] || fail "not one record before the damaged one"
refused "v1 log" "$STOKER" log dump v1 --reverse
refused "v1 log" "$STOKER" log count v1 --boot 1
refused "takes no range" "$STOKER" log stats boots --lines 3
refused "lines" "$STOKER" log dump boots --lines x
refused "boot" "$STOKER" log dump boots --boot 1x
refused "since" "$STOKER" log dump boots --since -1
refused "until" "$STOKER" log dump boots --until 18446744073709551616
refused "twice" "$STOKER" log dump boots -n 1 --lines 2

# The dump of a store has a line for each cell.
tail -c +5 "$(dirname "$0")/../fuzz/corpus/store/whole" | head -c 3072 >artifacts
code 0 "$STOKER" log dump artifacts
[ "$(wc -l <out)" -eq 14 ] || fail "not 14 cells of a store"
grep -q '^sequence=13 boot=1 resumed=0 kind=0000000b body=0101' out || fail "cells: $(cat out)"
python3 "$(dirname "$0")/../../tools/stklog.py" artifacts 2>err | cmp - out || fail "two readers of a store"

# Pages of 528 bytes.
tail -c +5 "$(dirname "$0")/../fuzz/corpus/log/page_528" | head -c 2112 >page_528
code 0 "$STOKER" log count page_528
[ "$(cat out)" -eq 23 ] || fail "not 23 records in pages of 528 bytes"

# dump, verify and stats print in JSON what they print as text.
for f in v1 flash damaged artifacts "$vectors/w_cap1000_n0.vrrl"; do
    for what in dump verify stats; do
        "$STOKER" log $what "$f" --json >$what.json 2>err || [ "$f" = damaged ] || fail "log $what $f --json"
        "$STOKER" log $what "$f" >$what.text 2>$what.err || [ "$f" = damaged ]
    done
    python3 -c '
import json
records = json.load(open("dump.json"))
lines = open("dump.text").read().splitlines()
assert len(records) == len(lines)
for record, line in zip(records, lines):
    if "args" in record:
        record["args"] = ",".join(map(str, record["args"]))
    assert " ".join("%s=%s" % item for item in record.items()) == line, (record, line)
counts = dict(item.split("=") for item in open("verify.text").read().split())
verify = json.load(open("verify.json"))
assert {k: "-" if v is None else str(v) for k, v in verify.items()} == counts, (verify, counts)
words = dict(item.split("=") for item in open("stats.text").read().split())
stats = json.load(open("stats.json"))
assert {k: "-" if v is None else str(v) for k, v in stats.items()} == words, (stats, words)
' || fail "JSON of $f"
done

# Refusals.
mkdir folder
mkfifo pipe
: >empty
head -c 3000 /dev/urandom >noise
head -c 2047 flash >short
printf 'STKLOG02' >magic
truncate -s 1T huge
printf 'VRRL0001' >v1_magic
refused "directory" "$STOKER" log dump folder
refused "no regular file" "$STOKER" log dump pipe
refused "no regular file" "$STOKER" log dump /dev/null
refused "empty" "$STOKER" log verify empty
refused "no replay log" "$STOKER" log stats noise
refused "no replay log" "$STOKER" log dump magic
refused "2047 of the 2048 bytes" "$STOKER" log dump short
refused "no replay log" "$STOKER" log dump huge
refused "v1" "$STOKER" log dump v1_magic
refused "No such file" "$STOKER" log dump nowhere
for m in m_version_0 m_capacity_0 m_capacity_1048577 m_trunc_header_31 m_magic_zero m_trunc_header_0; do
    refused "$m" "$STOKER" log dump "$vectors/$m.vrrl"
done

# No command above changed a file.
cmp v1 before && cmp flash flash_before || fail "a file was changed"
