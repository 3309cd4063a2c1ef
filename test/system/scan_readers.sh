# Several readers give the counts and matches of one reader. Tests also the number of readers, and what bounds a scan.
set -eu
. "$(dirname "$0")/lib/common.sh"

stat() {
    python3 -c 'import json, sys; print(json.load(open("out"))["stats"][sys.argv[1]])' "$1"
}

seed=7
python3 "$lib/make_case.py" $seed 4096
python3 "$lib/naive.py" patterns f? >want.json
for reader in posix uring; do
    [ $reader = posix ] || "$STOKER" info | grep -q '^io_uring      .*fixed buffers' || continue
    for readers in 2 3 16; do
        code 0 "$STOKER" scan -f patterns --json --stats --quiet --device interp --reader $reader --readers $readers \
            --chunk 4097 --depth 5 f?
        python3 "$lib/expect.py" want.json <out || fail "$readers readers of $reader"
        [ "$(stat readers)" -eq $readers ] || fail "not $readers readers of $reader: $(stat readers)"
    done
done
code 0 "$STOKER" scan -f patterns --json --quiet --readers 3 --chunk 4K f?
python3 "$lib/expect.py" want.json <out || fail "three readers on the first device"
code 0 "$STOKER" scan -f patterns --count --stats --device interp --reader posix --readers 3 f?
grep -q '^reader        posix, 3 readers with a thread each$' err || fail "no line of three readers: $(cat err)"
code 0 "$STOKER" scan -f patterns --count --stats --device interp --reader posix f?
grep -q '^reader        posix, 1 reader$' err || fail "a small file has more than one reader: $(cat err)"

# A large file gets several readers where the device leaves CPUs free. The scan of a large file succeeds on any number
# of CPUs.
head -c 68000000 /dev/zero >large
printf 'needle' >>large
printf 'needle\n' >needle
code 0 "$STOKER" scan -f needle --json --stats --device interp large
cpus=$("$STOKER" info | sed -n 's/^readers .*(\([0-9]*\) CPU.*/\1/p')
[ "$(stat readers)" -ge 1 ] && [ "$(stat readers)" -le "$cpus" ]
[ "$cpus" -le 2 ] || [ "$(stat readers)" -ge 2 ] || fail "one reader for a large file on $cpus CPUs"
python3 -c 'import json; assert json.load(open("out"))["total"] == 1'

# In a file where every line matches, the one worker needs far longer for a byte than the reader.
yes needle | head -c 68000000 >dense
code 0 "$STOKER" scan -f needle --json --stats --device interp --workers 1 dense
[ "$(stat bounded_by)" = device ] || fail "the interpreter does not bound the scan of a file: $(cat out)"
rm dense

# A pipe that is slow bounds the scan.
slow() {
    for i in 1 2 3; do
        echo 'a needle'
        sleep 0.2
    done
}
slow | "$STOKER" scan -f needle --json --stats --device interp - >out
[ "$(stat bounded_by)" = reading ] || fail "a slow pipe does not bound its scan: $(cat out)"
slow | "$STOKER" scan -f needle --count --stats --device interp --readers 3 - >out 2>err
[ "$(cat out)" -eq 3 ]
grep -q '^bounded by    reading (reading [0-9]* %, device' err || fail "a slow pipe through three readers: $(cat err)"

# Rings of io_uring that may lock too little memory read without registered memory. Without io_uring there are posix
# readers.
cp "$STOKER" stoker
chmod 755 . stoker
locked() {
    bytes=$1
    shift
    as_nobody python3 -c 'import os, resource, sys
resource.setrlimit(resource.RLIMIT_MEMLOCK, (int(sys.argv[1]), int(sys.argv[1])))
os.execvp(sys.argv[2], sys.argv[2:])' "$bytes" ./stoker "$@"
}
if as_nobody ./stoker info 2>/dev/null | grep -q 'io_uring      .*fixed buffers'; then
    for limit in '65536 256K' '8388608 1M'; do
        for readers in 1 3; do
            code 0 locked ${limit% *} scan --device interp --chunk ${limit#* } --readers $readers -f needle \
                --count large
            why='io_uring cannot register .* bytes .*`ulimit -l` is too low)'
            said 1 "$why: it reads into memory that is not registered"
            [ "$(cat out)" -eq 1 ]
        done
    done
    # Kernels that count the rings themselves have no room for them; the others register nothing.
    code 0 locked 0 scan --device interp -f needle --count large
    said 1 '`ulimit -l` is too low'
    [ "$(cat out)" -eq 1 ]
    refused 'raise .ulimit -l., use a smaller --chunk' locked 65536 scan --device interp --reader uring -f needle large
fi
for errno in 1 38; do
    without="python3 $lib/failing_call.py io_uring_setup $errno"
    if $without true; then
        code 0 $without "$STOKER" scan --device interp --readers 3 -f needle --json --stats large
        said 1 'files are read with pread'
        [ "$(stat reader) $(stat readers)" = 'posix 3' ]
    fi
done

refused '--readers 0: give a whole number from 1 to 16' "$STOKER" scan -f needle --readers 0 large
refused '--readers 17: give' "$STOKER" scan -f needle --readers 17 large
