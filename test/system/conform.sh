# Tests what stoker conform accepts and prints, and how it ends.
set -eu
vectors=$(cd "$(dirname "$0")/../conformance/vectors" && pwd)

fail() {
    echo "conform.sh: $*" >&2
    [ ! -s out ] || tail -n 20 out >&2
    exit 1
}

# expect STATUS ARGUMENTS...: runs the command, its output in out and err.
expect() {
    want=$1
    shift
    status=0
    "$STOKER" conform "$@" >out 2>err || status=$?
    [ $status = "$want" ] || fail "conform $*: exit status $status, not $want"
}

closes_with() {
    [ "$(tail -n 1 out)" = "$1" ] || fail "the last line is not '$1'"
}

# Bad input.
expect 2
expect 2 "$vectors" "$vectors"
expect 2 no_such_directory
grep -q no_such_directory err || fail "the missing directory is not named"
mkdir -p empty/deeper
echo 'rec=opcode' >empty/deeper/notes.txt
expect 2 empty
expect 2 empty/deeper/notes.txt
expect 0 --help

# The whole set, and how much of it.
expect 0 "$vectors"
tail -n 1 out | grep -qE '^[0-9]+ passed, 0 failed, [0-9]+ skipped$' || fail "another last line"
[ "$(tail -n 1 out | cut -d' ' -f1)" -gt 24000 ] || fail "too few records passed"

# With one altered value the output has both values with file and line, and nothing else fails.
cp -R "$vectors/sched" altered
sed 's/partition_slots=3 worker_width=2147483648 probe_count=1/partition_slots=3 worker_width=2147483648 probe_count=77/
    s/partition_slots=100 worker_width=3 probe_count=34/partition_slots=100 worker_width=3 probe_count=35/' \
    "$vectors/sched/probe.table" >altered/probe.table
cmp -s "$vectors/sched/probe.table" altered/probe.table && fail "nothing was altered"
expect 1 altered
grep -qE 'altered/probe.table:[0-9]+: probe: probe_count: expected 35, got 34' out || fail "the difference is not shown"
tail -n 1 out | grep -qE ' 1 failed,' || fail "not exactly one failed"

# Every message of the set names a cause that the runner knows.
expect 0 "$vectors"
grep -q 'messages that name no known cause' out && fail "the cause of an error is not known"

# A refusal counts as another one if its class, its queue or the cause in its message differs.
full='class=QueueFull queue=submission msg=io_uring submission queue at capacity. Fix:'
mkdir causes
cat >causes/a.case <<END
rec=case name=ring kind=ring
rec=encode_empty_ring slots=1 result=ok len=64 all_zero=1
rec=publish_slot slot=1 tenant=1 opcode=9 args=- result=err $full slot_idx exceeds ring slot count; enlarge the ring
rec=publish_slot slot=1 tenant=1 opcode=9 args=- result=err $full slot is not publishable; only EMPTY and DONE slots
rec=publish_slot slot=0 tenant=1 opcode=65533 args=- result=err $full too many args for one slot; 12 u32 args max
rec=publish_slot slot=1 tenant=1 opcode=9 args=- result=err class=Backend
rec=publish_slot slot=1 tenant=1 opcode=9 args=- result=err class=QueueFull queue=telemetry
rec=transition slot=0 to=done result=err $full slot_idx exceeds ring slot count; enlarge the ring
rec=case name=io kind=io
rec=io_validate len=2 result=err class=QueueFull queue=submission
rec=io_validate len=36 result=err $full io_queue slot still in flight
rec=ioq_new slots=0 result=err class=QueueFull queue=submission \
msg=MegakernelIoQueue exceeds the compiled IO poll window
rec=case name=sketch kind=sketch
rec=sketch_new depth=0 width=1 result=err class=QueueFull queue=telemetry msg=Count-Min sketch dimensions overflowed
rec=sketch_new depth=0 width=1 result=err class=Backend
rec=case name=tenant kind=tenant
rec=register label=a quota=unbounded result=ok id=1 base_opcode=1074790400
rec=ring_zeroed slots=1
rec=tenant_publish id=1 slot=1 local=1 args=- result=err class=Pipeline inner=QueueFull queue=tenant_resource_quota
rec=tenant_publish id=1 slot=1 local=1 args=- result=err class=Pipeline inner=Backend queue=submission
rec=tenant_publish id=1 slot=1 local=1 args=- result=err class=Pipeline inner=QueueFull queue=submission \
msg=slot is not publishable
rec=case name=malformed kind=malformed
rec=decode_zeroed control_len=636 ring_len=64 window_opcodes=- result=err class=Backend \
msg=has 63 bytes, not a multiple of slot size
END
task='before=0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0 pc=0 data=0 epoch=0 priority=0 schedulable=0 result=err'
cat >causes/b.table <<END
rec=hit_rate i=0 lookups=1 hits=4295 result=err field=hits
rec=task action=pause $task class=Backend msg=megakernel task cannot pause from state Empty
rec=task action=pause $task class=QueueFull
rec=task action=pause $task class=Backend msg=megakernel task age_ticks overflowed u32
END
expect 1 causes
for line in 4 5 6 7 8 10 11 12 14 15 19 20 21 23; do
    grep -q "^causes/a.case:$line: " out || fail "causes/a.case:$line: the wrong cause is not found"
done
for line in 1 3 4; do
    grep -q "^causes/b.table:$line: " out || fail "causes/b.table:$line: the wrong cause is not found"
done
grep -q '^causes/a.case:4: publish_slot: msg: expected STK_E_STATUS, got STK_E_RANGE$' out ||
    fail "the codes are not shown"
closes_with '4 passed, 17 failed, 0 skipped'

# Another directory in the same format: nested, with files that are no vectors and texts that are no contract.
mkdir -p foreign/a/b
echo 'not a vector' >foreign/README.md
printf '# a table\nrec=priority_offsets total_slots=8 offsets=0,1,2,6,7,8\n' >foreign/one.table
{
    echo 'rec=case name=mine kind=ring'
    echo 'rec=encode_empty_ring slots=1 result=ok len=64 all_zero=1'
    echo 'rec=publish_slot slot=0 tenant=1 opcode=9 args=- result=ok'
    printf %s 'rec=publish_slot slot=0 tenant=1 opcode=9 args=- result=err class=QueueFull queue=submission'
    echo ' msg=any words = here'
    echo 'rec=something_new x=1'
} >foreign/a/b/two.case
{
    echo 'rec=case name=mine kind=written'
    echo 'rec=create file=three.vrrl arg_capacity=2 result=ok capacity=2 cursor=0'
    echo 'rec=replay result=ok count=0'
    echo 'rec=file file=three.vrrl len=160'
    echo 'rec=open file=absent.vrrl arg_capacity=2 result=err class=Io op=open kind=NotFound'
} >foreign/a/three.expect
expect 0 foreign
closes_with '8 passed, 0 failed, 2 skipped'
grep -q '1 records of unknown kinds skipped, the first at foreign/a/b/two.case:5' out || fail "the unknown is not named"

# Links to folders: each folder is run once, even if several links lead to it.
mkdir -p links/a links/b
cp foreign/one.table links/a
for folder in a b; do
    for n in 1 2 3; do
        ln -s .. links/$folder/up$n
    done
done
ln -s a links/again
ln -s loop.case links/loop.case
expect 1 links
closes_with '1 passed, 1 failed, 0 skipped'
grep -q '^links/loop.case: cannot be read: ' out || fail "the link that leads nowhere is not named"

# The files have three kinds of mistakes: a line that is not a record, a field that no check reads, and a number field
# whose value is not a number.
mkdir broken
printf 'rec=probe partition_slots=1 worker_width=1 probe_count=1 active_lanes=1 probe_budget=1 extra=1\n' \
    >broken/a.table
printf 'hello\nrec=probe partition_slots=-1 worker_width=x probe_count=1 active_lanes=1 probe_budget=1\n' \
    >broken/b.table
printf 'rec=case name=x kind=ring\nrec=load len=4 hex=zz0\n' >broken/c.case
expect 1 broken
closes_with '0 passed, 4 failed, 0 skipped'

# A replay log that is not the reference's: a byte of the file, a field of a record.
mkdir -p logs
for f in "$vectors"/log/s_two_sessions.*; do
    cat "$f" >"logs/$(basename "$f")"
done
expect 0 logs
printf '\001' | dd of=logs/s_two_sessions.vrrl bs=1 seek=300 conv=notrunc 2>dd.err
expect 0 logs # the case makes the file itself; a stored one is compared where its checksum is the one that is told
sed '11s/tenant_id=2 /tenant_id=3 /' logs/s_two_sessions.expect >logs/b.expect
cmp -s logs/b.expect logs/s_two_sessions.expect && fail "nothing was altered"
expect 1 logs
grep -qE '^logs/b.expect:[0-9]+: record: tenant_id: expected 2, got 3$' out ||
    fail "the record's difference is not shown"
grep -qE '^logs/b.expect:[0-9]+: file: fnv1a64: ' out || fail "the file's difference is not shown"

# Log records that cannot be carried out; the folders of all cases are gone afterwards.
mkdir odd_logs tmp
{
    echo 'rec=case name=x kind=written'
    printf %s 'rec=append i=0 timestamp_ns=1 slot_idx=1 tenant_id=1 opcode=8 args=1,2,3,4 epoch=0 failure=0'
    echo ' result=ok cursor=1'
    echo 'rec=replay result=ok count=0'
    echo 'rec=record i=0 timestamp_ns=1'
    echo 'rec=create file=../out arg_capacity=2 result=ok capacity=2 cursor=0'
    echo 'rec=create file=/tmp/out arg_capacity=2 result=ok capacity=2 cursor=0'
    echo 'rec=create file=x.vrrl arg_capacity=y result=ok capacity=2 cursor=0'
    echo 'rec=open_copy file=y.vrrl arg_capacity=2 result=ok capacity=2 cursor=0'
    echo 'rec=open_copy file=y.after.vrrl arg_capacity=2 result=ok capacity=2 cursor=0'
    echo 'rec=file file=y.vrrl len=1 fnv1a64=0000000000000000'
    echo 'rec=create file=x.vrrl arg_capacity=2 result=ok capacity=2 cursor=0'
    echo 'rec=append i=0 timestamp_ns=1 slot_idx=1 tenant_id=1 opcode=8 args=1,2,3 epoch=0 failure=0 result=ok cursor=1'
} >odd_logs/a.expect
TMPDIR=$PWD/tmp expect 1 odd_logs
closes_with '1 passed, 10 failed, 0 skipped'
rmdir tmp || fail "a temporary folder was left behind"
TMPDIR=$PWD/tmp expect 1 odd_logs
closes_with '0 passed, 11 failed, 0 skipped'

# names WHERE TEXT: requires a line in `out` that begins with WHERE and holds TEXT.
names() {
    grep -q "^$1: .*$2" out || fail "no line of $1 says '$2'"
}

# A cache that cannot be made fails its case with the records that need the cache. The next case runs.
mkdir caches
{
    for budget in 'shards=0' 'shards=300' 'shards=4294967296' 'shards=x' 'no_shards=1'; do
        echo "rec=case name=bad kind=trace keys=1 $budget max_entries_per_shard=4 max_bytes_per_shard=64"
    done
    echo 'rec=case name=bad kind=trace keys=4294967295 shards=1 max_entries_per_shard=4 max_bytes_per_shard=64'
    echo 'rec=case name=bad kind=trace keys=4000000 shards=256 max_entries_per_shard=-1 max_bytes_per_shard=64'
    echo 'rec=get k=0 result=miss'
    echo 'rec=put k=0 len=1 tag=1 result=stored evicted=0 evicted_bytes=0'
    echo 'rec=metrics phase=end lookups=0'
    echo 'rec=case name=good kind=trace keys=1 shards=1 max_entries_per_shard=4 max_bytes_per_shard=64'
    echo 'rec=get k=0 result=miss'
    echo 'rec=get k=1 result=miss'
    echo 'rec=put k=0 len=99999999999 tag=1 result=rejected evicted=0 evicted_bytes=0'
    echo 'rec=key k=0 hex=00'
    echo 'rec=put k=0 len=1 tag=1 result=stored evicted=0 evicted_bytes=0'
} >caches/a.trace
expect 1 caches
closes_with '2 passed, 13 failed, 0 skipped'
names caches/a.trace:1 'shards: expected 0'
names caches/a.trace:2 'shards: expected a cache of these budgets, got STK_E_ARG'
names caches/a.trace:6 'keys: expected 268435456 bytes at most, got 137438953440'
names caches/a.trace:8 'expected a cache, got none'
names caches/a.trace:13 'k: expected a key of the case'

# Files that cannot be used as a whole are refused.
mkdir -p files/folder.case
: >files/empty.case
printf '# nothing but words\n' >files/comment.table
printf 'rec=opcode op=1\0rec=probe' >files/nul.table
printf 'rec=opcode op=9 user=ok publish=ok is_system=0 is_builtin=0 msg=\355\240\200\n' >files/surrogate.table
printf '\377\376rec=opcode op=9' >files/utf16.table
mkfifo files/pipe.case
ln -s nowhere files/dangling.case
expect 1 files
closes_with '0 passed, 7 failed, 0 skipped'
names files/empty.case:1 'no record'
names files/comment.table:1 'no record'
names files/nul.table:1 'NUL'
names files/surrogate.table:1 'no UTF-8'
names files/utf16.table:1 'no UTF-8'
grep -q '^files/pipe.case: cannot be read' out || fail "the pipe is not named"
grep -q '^files/dangling.case: cannot be read' out || fail "the link is not named"

# The last line needs no end, and the message may hold any text.
mkdir whole
offsets='rec=priority_offsets total_slots=8 offsets=0,1,2,6,7,8'
printf '%s\n%s msg=\303\244 = \360\237\230\200' "$offsets" "$offsets" >whole/a.table
expect 0 whole
closes_with '2 passed, 0 failed, 1 skipped'

# Each record with impossible values is one failure with its line. The file goes on.
mkdir each
many=$(i=0; while [ $i -lt 70 ]; do printf ' f%d=0' $i; i=$((i + 1)); done)
cat >each/a.table <<END
rec=transition from=0 to=nowhere result=err class=QueueFull allowed=0 after=0
rec=transition to=publish result=ok allowed=1 after=1
rec=task action=juggle before=- result=err class=Backend
rec=task action=fault before=1,2,x
rec=sketch_bucket depth=2 width=0 key=1 buckets=0,0
rec=sketch_bucket depth=4000000000 width=1 key=1 buckets=0
rec=write_priority_offsets buffer_len=18446744073709551615 total_slots=1 result=err after_fnv1a64=0 tail_hex=-
rec=write_priority_offsets buffer_len=18446744073709551616 total_slots=1 result=err after_fnv1a64=0 tail_hex=-
rec=hit_rate i=0 lookups=one hits=1 result=ok value=0
rec=host_copy
rec=opcode$many
rec=opcode op
no record at all
END
cat >each/b.case <<'END'
rec=case name=none
rec=case name=ring kind=ring
rec=encode_empty_ring slots=18446744073709551616 result=ok len=0
rec=load len=4 hex=0
rec=load len=4 hex=ABCD
rec=load hex=00
rec=load len=8 hex=00
rec=truncate len=18446744073709551615
rec=set_word idx=4611686018427387903 value=1
rec=publish_slot slot=0 tenant=1 opcode=9 args=1,,2 result=ok
rec=publish_slot slot=0 tenant=1 opcode=9 args=4294967296 result=ok
rec=publish_packed slot=0 tenant=1 ops=5 count=1 result=err class=QueueFull
rec=publish_packed slot=0 tenant=1 ops=300:1 count=1 result=err class=QueueFull
rec=batch_publish start=0 tenant=1 tag=1 items=x:1 count=1 result=err class=QueueFull
rec=transition slot=0 to=sideways result=err class=QueueFull
rec=publish_work_items start=0 tenant=1 items=1:2:3 count=0 result=err class=QueueFull
rec=words_load words=1;2
rec=case name=io kind=io
rec=io_validate len=99999999999999 result=err class=Backend
rec=io_view_zeroed len=99999999999999
rec=io_complete items=1:1:1 result=err class=QueueFull
rec=io_request i=18446744073709551615
rec=case name=host kind=host
rec=host_read slot=0 out_len=99999999999999 result=err class=QueueFull
rec=host_publish slot=0 len=1 hex=0g result=err class=QueueFull
rec=case name=constants kind=constants
rec=const value=1
rec=case name=tenant kind=tenant
rec=ring_zeroed slots=4294967295
rec=register label=a quota=1,2 result=ok id=1
rec=select_concurrent adj=x active=0 selected=-
rec=global_opcode id=0 local=1 result=ok
rec=case name=tasks kind=task_queue
rec=task_slot words=1,2
rec=case name=sketch kind=sketch
rec=sketch_new depth=4000000000 width=4000000000 result=ok counters=0
rec=sketch_point which=c key=1 value=18446744073709551615
rec=sketch_clear
rec=case name=telemetry kind=sequence
rec=snapshot snap=0 control_file=none.bin control_len=640 ring_file=none.bin ring_len=64 window_opcodes=-
rec=snapshot snap=0 control_file=a.table control_len=99999999999999 ring_file=. ring_len=64 window_opcodes=1,2,
rec=sketch_estimate snap=0 table=none key=1 value=1
rec=case name=edges kind=malformed
rec=decode_zeroed control_len=99999999999999 ring_len=99999999999999 window_opcodes=- result=err class=Backend
END
expect 1 each
closes_with '0 passed, 48 failed, 0 skipped'
grep -v '^each/[ab][.][a-z]*:[0-9]*: ' out | grep -v passed && fail "a line names no place"
for line in 1 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 19 20 21 22 24 25 27 29 30 31 32 34 36 37 38 40 41 42 44; do
    names each/b.case:$line ''
done
for line in 1 2 3 4 5 6 7 8 9 10 11 12 13; do
    names each/a.table:$line ''
done
[ ! -s err ] || fail "something was said outside the records"

# A wait for the greatest number of spins must end, though nobody drains meanwhile.
mkdir waits
{
    echo 'rec=case name=wait kind=tenant'
    echo 'rec=register label=a quota=unbounded result=ok id=1 base_opcode=1074790400'
    echo 'rec=tenant_publish id=1 slot=0 local=1 args=- result=ok'
    echo 'rec=quiesce id=1 max_spins=18446744073709551615 result=err class=QuiesceTimeout outstanding=1 tenant_id=1'
} >waits/a.case
expect 0 waits
closes_with '3 passed, 0 failed, 0 skipped'
