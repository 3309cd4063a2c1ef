# stoker conform: what it accepts, what it prints, how it ends.
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
[ "$(tail -n 1 out | cut -d' ' -f1)" -gt 3000 ] || fail "too few records passed"

# One altered value: both are shown, with file and line, and nothing else fails.
cp -R "$vectors/sched" altered
sed 's/partition_slots=3 worker_width=2147483648 probe_count=1/partition_slots=3 worker_width=2147483648 probe_count=77/
    s/partition_slots=100 worker_width=3 probe_count=34/partition_slots=100 worker_width=3 probe_count=35/' \
    "$vectors/sched/probe.table" >altered/probe.table
cmp -s "$vectors/sched/probe.table" altered/probe.table && fail "nothing was altered"
expect 1 altered
grep -qE 'altered/probe.table:[0-9]+: probe: probe_count: expected 35, got 34' out || fail "the difference is not shown"
tail -n 1 out | grep -qE ' 1 failed,' || fail "not exactly one failed"

# Another directory in the same format: nested, with files that are no vectors and texts that are no contract.
mkdir -p foreign/a/b
echo 'not a vector' >foreign/README.md
printf '# a table\nrec=priority_offsets total_slots=8 offsets=0,1,2,6,7,8\n' >foreign/one.table
{
    echo 'rec=case name=mine kind=ring'
    echo 'rec=encode_empty_ring slots=1 result=ok len=64 all_zero=1'
    echo 'rec=publish_slot slot=0 tenant=1 opcode=9 args=- result=ok'
    echo 'rec=publish_slot slot=0 tenant=1 opcode=9 args=- result=err class=QueueFull queue=submission msg=any words = here'
    echo 'rec=something_new x=1'
} >foreign/a/b/two.case
{
    echo 'rec=case name=mine kind=written'
    echo 'rec=replay result=ok count=0'
} >foreign/a/three.expect
expect 0 foreign
closes_with '4 passed, 0 failed, 3 skipped'
grep -q 'replay log is not covered yet: 1 records' out || fail "the log is not mentioned"
grep -q '1 records of unknown kinds skipped, the first at foreign/a/b/two.case:5' out || fail "the unknown is not named"

# Text that is no record, a field that nothing compares, a number that is none.
mkdir broken
printf 'rec=probe partition_slots=1 worker_width=1 probe_count=1 active_lanes=1 probe_budget=1 extra=1\n' >broken/a.table
printf 'hello\nrec=probe partition_slots=-1 worker_width=x probe_count=1 active_lanes=1 probe_budget=1\n' >broken/b.table
printf 'rec=case name=x kind=ring\nrec=load len=4 hex=zz0\n' >broken/c.case
expect 1 broken
closes_with '0 passed, 4 failed, 0 skipped'
