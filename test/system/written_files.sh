# Files that a command writes. A command never writes a file that it also reads or writes otherwise, nor a file that
# stoker did not make. One process writes a file at a time, and no file is left half done.
set -eu
. "$(dirname "$0")/lib/common.sh"

printf 'ab\n' >p
seq 1 100000 | sed s/1/ab/g >in
cp in in.kept
cp p p.kept
scan="$STOKER scan --device interp --count -f p"

# untouched WORDS COMMAND...: checks that COMMAND is refused with WORDS, and leaves every file of the folder as it was.
untouched() {
    find . -type f ! -name err ! -name out ! -name sums -exec cksum {} + | sort >sums
    refused "$@"
    find . -type f ! -name err ! -name out ! -name sums -exec cksum {} + | sort | cmp - sums || fail "changed: $*"
}

# A command must not write a file that it reads, by any name of the file.
ln in hard
ln -s in soft
ln -s nothing dangling
cp in log.tables
untouched '--record in: is also read, as in: ' $scan --record in in
untouched '--record p: is also read, as p: ' $scan --record p in
untouched '--record in.*is also read' $scan --record in soft
untouched '--record hard.*is also read, as in' $scan --record hard in
untouched '--record soft.*is also read, as in' $scan --record soft in
untouched '--record /dev/fd/5.*is also read' sh -c "$scan --record /dev/fd/5 in 5<>in"
untouched '--record in: is also read, as -: ' sh -c "$scan --record in - <in"
untouched '--record log.tables: is also read' $scan --record log in log.tables
untouched '--store in: is also read' $scan --store in in
untouched 'standard output: is also read, as in' sh -c "exec $scan in >>in"
cmp in in.kept
code 2 sh -c "exec $scan in 2>>in" # only the line of the command itself is added
tail -n 1 in | grep -q 'standard error: is also read, as in'
cp in.kept in

# Two outputs cannot go to one file, whether the file exists or not.
untouched '--record new: is also written, as --store new: ' $scan --record new --store new in
untouched '--record new: is also written, as --store ./new: ' $scan --record new --store ./new in
untouched '--record new.tables: is also written, as --store' $scan --record new --store new.tables in
code 2 sh -c "$scan --record told in >told"
grep -q 'told: is also written, as standard output' err
[ ! -s told ]
code 0 sh -c "$scan in >told 2>&1" # the usual way to have both

# --record must refuse files that stoker did not make, and names that are no regular file.
untouched '--record in: is no recording' $scan --record in p
untouched '--record log.tables: is no file of tables' $scan --record log p
untouched '--record dangling: is a link to a file that does not exist' $scan --record dangling in
untouched '--record /dev/null: is no regular file: .*leave --record out' $scan --record /dev/null in
untouched '--record .: is no regular file' $scan --record . in
untouched '--record no/such: No such file' $scan --record no/such in
untouched '--record : No such file' $scan --record '' in
head -c 1000000 /dev/zero >zeros
untouched '--record zeros: is no recording' $scan --record zeros in
rm log.tables

# The log of an older run is replaced, also through a link. An empty file is replaced too.
: >log
chmod 640 log
code 0 $scan --record log in
[ "$(stat -c %a log)" = 640 ]
ln -s log link
cp log older
code 0 $scan --record link --chunk 4K in
[ -L link ]
cmp -s log older && fail "the older recording is still there"
code 0 "$STOKER" replay --on interp --against recorded --input 0=in --tables link.tables log
untouched 'is also read, as log' $scan --record log log
untouched 'is also read, as log' sh -c "exec $STOKER log dump log >>log"
untouched 'is also read, as in' sh -c "exec $STOKER replay --on interp --input 0=in log >>in"
untouched 'is also read, as p' sh -c "exec $STOKER bench scan --file in -f p >>p"
code 2 sh -c "exec python3 $lib/../../../tools/stklog.py log >>log"
grep -q 'log: is also written' err
code 2 sh -c "exec python3 $lib/../../../tools/stklog.py log >/dev/full"
grep -q '^stklog: standard output could not be written' err
code 0 python3 "$lib/../../../tools/stklog.py" log

# A command that fails leaves the old file.
untouched 'missing: No such file' $scan --record log missing
code 1 $scan --record new missing in
said 1 'missing: No such file'
code 0 "$STOKER" replay --on interp --against recorded --input 1=in --tables new.tables new
rm new new.tables
untouched 'no OpenCL device named nonesuch' "$STOKER" scan --device nonesuch -f p --record new in
untouched '--reader nonesuch' $scan --reader nonesuch --record new in
untouched '--reader nonesuch' $scan --reader nonesuch --record log in

# Writes without space, and beyond a limit on the size of files. The message must name the reason, and no file may be
# left.
limit='import resource, os, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (4000000, 4000000))
os.execvp(sys.argv[1], sys.argv[1:])'
untouched '--record new: File too large: .*ulimit -f' python3 -c "$limit" $scan --record new in
untouched '--record log: File too large: .*ulimit -f' python3 -c "$limit" $scan --record log in
for number in 28 122; do # ENOSPC, EDQUOT
    for call in fallocate pwrite64 fsync fdatasync; do
        failing="python3 $lib/failing_call.py $call $number"
        untouched '--record new: .*: free space there' $failing $scan --record new in
        untouched '--record log: .*: free space there' $failing $scan --record log in
    done
done

# Works on a file system that has only rename and link.
code 0 python3 "$lib/failing_call.py" renameat2 22 $scan --record plain in
code 0 "$STOKER" replay --on interp --against recorded --input 0=in plain

# One process at a time: of two that begin together one is refused, and the file of the other is whole.
rm -f race race.tables
for there in no yes; do
    before=$(stat -c %i race 2>/dev/null) || before=none
    mkfifo hold
    $scan --record race - <hold >first 2>first.err &
    first=$!
    exec 6>hold
    tries=0
    until now=$(stat -c %i race 2>/dev/null) && [ "$now" != "$before" ]; do
        tries=$((tries + 1))
        [ $tries -lt 1200 ] || fail "nothing records: $(cat first.err)"
        sleep 0.05
    done
    refused '--record race: is in use by another process' $scan --record race p
    cat in >&6
    exec 6>&-
    wait $first
    code 0 "$STOKER" replay --on interp --against recorded --input 0=in race
    rm hold
done
for round in 1 2 3 4 5; do
    rm -f race race.tables
    $scan --record race in >one 2>one.err &
    first=$!
    other=0
    $scan --record race in >two 2>two.err || other=$?
    mine=0
    wait $first || mine=$?
    [ $((mine + other)) -eq 0 ] || grep -q 'is in use by another process' one.err two.err ||
        fail "$(cat one.err two.err)"
    code 0 "$STOKER" replay --on interp --against recorded --input 0=in race
done

# On a file system without locks the message must name this reason.
for number in 37 38; do # ENOLCK, ENOSYS
    failing="python3 $lib/failing_call.py flock $number"
    untouched "--record race: it cannot be locked: flock: " $failing $scan --record race in
    untouched "--record new: it cannot be locked: flock: " $failing $scan --record new in
    grep -q 'another process' err && fail "no other process has a lock"
done
[ -z "$(find . -name '.stoker-*')" ]

# A file that a killed process left under the temporary name is removed; the file of a live process stays.
name=.stoker-$(PYTHONPATH=$lib/../../../tools python3 -B -c 'import stklog; print("%08x" % stklog.crc32c(b"new", 0))')
printf rest >"$name"
flock "$name" "$STOKER" scan --device interp -f p --record new in >out 2>err && fail "took what another process makes"
grep -q -- '--record new: is in use by another process' err
[ "$(cat "$name")" = rest ]
code 0 $scan --record new in
[ ! -e "$name" ] || fail "a temporary file is left"
