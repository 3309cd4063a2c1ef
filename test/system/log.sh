# stoker log: what it prints of v1 files and of images of flash, how it ends, and what it refuses.
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
echo "sequence=2 resumed=0 kind=failure timestamp_ns=1750000000000002091 slot=713 tenant=8 opcode=637782221" \
    "args=4294967295,2368224345,2163409035,2598801773 epoch=0 status=6 failure=2 error=0 digest=1d9f371cfe34eb34" >want
cmp first want || fail "another first record"
said 1 '^records=4 first=2 last=1 corrupt=0 torn=0$'
code 0 "$STOKER" log verify v1
echo "records=4 first=2 last=1 corrupt=0 torn=0" | cmp - out || fail "verify"
code 0 "$STOKER" log stats v1
grep -q '^format=VRRL0001 capacity=4 cursor=2 flags=0$' out || fail "stats"
code 0 "$STOKER" log verify "$vectors/w_cap1000_n0.vrrl"
echo "records=0 first=- last=- corrupt=0 torn=0" | cmp - out || fail "verify of an empty log"

# A record with a wrong magic ends the walk: what came before it is shown.
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
said 1 '^records=23 first=0 last=22 corrupt=0 torn=0$'
grep -q '^sequence=22 resumed=0 kind=publish timestamp_ns=22000 slot=1 tenant=2 opcode=8 args=1,2,3,4 epoch=0 ' out
code 0 "$STOKER" log stats flash
grep -q '^format=STKLOG01 id=7 block_bytes=256 blocks=8 prog_unit=1 erased=255$' out || fail "stats of a flash image"
grep -Eq '^headers=8 without=0 erases_min=2 erases_max=3 lap=3 block=4$' out || fail "laps: $(cat out)"
grep -Eq '^capacity=18 record_bytes=1472 mount_reads=[0-9]+$' out || fail "reads: $(cat out)"

# One record damaged, and a cell after the last that nobody finished.
patch_byte() {
    printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>dd.err
}
cp flash damaged
patch_byte damaged 100 '\252'
code 1 "$STOKER" log verify damaged
grep -q '^records=22 first=0 last=22 corrupt=1 torn=0$' out || code 1 cat out
cp flash torn
patch_byte torn $((4 * 256 + 192)) 'begun'
code 0 "$STOKER" log verify torn
grep -q '^records=23 first=0 last=22 corrupt=0 torn=1$' out || code 1 cat out

# Without the header of block 0, or of the first four, the others tell the geometry. Behind the log may be something else.
cp flash headless
for block in 0 1 2 3; do
    patch_byte headless $((block * 256)) 'x'
    code 0 "$STOKER" log dump headless
done
cat flash_before flash_before >longer
code 0 "$STOKER" log verify longer
grep -q '^records=23 ' out || fail "a longer image"

# The same in JSON.
for f in v1 flash damaged "$vectors/w_cap1000_n0.vrrl"; do
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
printf 'STKLOG01' >magic
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

# Nothing was written.
cmp v1 before && cmp flash flash_before || fail "a file was changed"
