# Tests --store. The second start takes the program and the handshake from the file. A message reports a problem with
# the file. A file that is no store is left alone.
set -eu
. "$(dirname "$0")/lib/common.sh"

printf 'sea shells\n' >text
printf 'shell\n' >patterns

# A file that is no store is not changed.
code 0 sh -c "seq 1 100000 >numbers"
cp numbers before
refused 'is no store: name a file that does not exist' "$STOKER" scan --store numbers -f patterns text
refused 'is no store: name a file that does not exist' "$STOKER" info --store text
cmp numbers before
head -c 16777216 /dev/zero >zeros
refused 'is no store' "$STOKER" info --store zeros
cmp zeros /dev/zero -n 16777216
code 0 "$STOKER" scan --device interp --record log -f patterns text
cp log log.before
refused 'is no store' "$STOKER" info --store log
cmp log log.before
refused 'is no regular file' "$STOKER" info --store /dev/null
refused '--store no/such/folder: No such file or directory' "$STOKER" scan --store no/such/folder -f patterns text
refused 'leave one of them out' "$STOKER" info --probe --store kept
[ ! -e kept ]

# Only the user can read and write a new store. Stoker takes no programs from a file that another user could have
# written.
(umask 0 && code 0 "$STOKER" info --store mine)
[ "$(stat -c %a mine)" = 600 ]
for mode in 620 602; do
    chmod $mode mine
    refused 'mine: others may write to it.*chmod go-w' "$STOKER" info --store mine
done
chmod 644 mine
code 0 "$STOKER" info --store mine
if [ "$(id -u)" -eq 0 ]; then
    chown 65534 mine
    refused 'mine: is a file of user 65534' "$STOKER" info --store mine
    code 0 env STOKER_STORE=mine "$STOKER" scan -f patterns text
    [ "$(cat out)" = "$(printf '1\tshell')" ]
fi
: >given
chmod 666 given
code 0 "$STOKER" info --store given
[ "$(stat -c %a given)" = 600 ]

# The limit on the size of files is too small: there is no store, and no file is left. When the environment named the
# store, the command still succeeds.
limit='import resource, os, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (4000000, 4000000))
os.execvp(sys.argv[1], sys.argv[1:])'
refused '--store long: File too large: .*ulimit -f' python3 -c "$limit" "$STOKER" info --store long
code 0 env STOKER_STORE=long python3 -c "$limit" "$STOKER" info
grep -q 'STOKER_STORE long: File too large: .*; goes on without it' err
code 0 env STOKER_STORE=long python3 -c "$limit" "$STOKER" scan -f patterns text
for call in pwrite64 fallocate fsync; do
    code 0 env STOKER_STORE=long python3 "$lib/failing_call.py" $call 28 "$STOKER" scan -f patterns text
    [ "$(cat out)" = "$(printf '1\tshell')" ]
    refused '--store long: No space left on device: free space' \
        python3 "$lib/failing_call.py" $call 28 "$STOKER" info --store long
done
[ ! -e long ]
[ -z "$(find . -name '.stoker-*')" ]

# On a file system without locks the message must name this reason, and the store is not used.
for number in 37 38; do # ENOLCK, ENOSYS
    code 0 python3 "$lib/failing_call.py" flock $number "$STOKER" info --store given
    grep -q 'given: it cannot be locked: flock: .*; goes on without it' err
    grep -q 'another process' err && fail "no other process has a lock"
done

# When the environment named the file, the message is a note and the command succeeds.
code 0 env STOKER_STORE=numbers "$STOKER" scan -f patterns text
[ "$(cat out)" = "$(printf '1\tshell')" ]
if "$STOKER" info | grep -q '^device 0'; then
    grep -q 'STOKER_STORE numbers: is no store' err
fi

if has_opencl; then
    # The driver's own cache is empty at each start, so a faster start comes from the store.
    start() {
        rm -rf driver
        mkdir driver
        code 0 env POCL_CACHE_DIR="$PWD/driver" "$STOKER" "$@"
    }
    start info --device 0 --store kept
    grep -q '^  kept        program: compiled, handshake: probed$' out
    grep -Eq '^store         2 records, [0-9]+ bytes, in kept ' out
    start info --device 0 --store kept
    grep -q '^  kept        program: store, handshake: store$' out
    grep -q '^  residency   RESIDENT: as an earlier handshake found' out
    start scan --store kept --stats -f patterns text
    grep -q '^program       store; handshake: probed$' err # another ring, another outcome
    start scan --store kept --stats --json -f patterns text
    grep -q '"program": "store"' out
    grep -q '"handshake": "store"' out
    start bench rtt --store kept --count 100
    code 0 env STOKER_STORE=kept "$STOKER" scan --stats -f patterns text
    grep -q '^program       store; handshake: store$' err

    # A store that is damaged, except in the headers of its blocks, works as an empty store, and the start mends it.
    python3 - <<'P'
data = bytearray(open("kept", "rb").read())
for at in range(0, len(data), 61):
    data[at] ^= at % 65536 >= 64
open("kept", "r+b").write(data)
P
    code 0 "$STOKER" scan --store kept --stats -f patterns text
    grep -q '^program       compiled; handshake: probed$' err
    code 0 "$STOKER" scan --store kept --stats -f patterns text
    grep -q '^program       store; handshake: store$' err
    # A file whose headers are damaged too is no store.
    python3 - <<'P'
data = bytearray(open("kept", "rb").read())
for at in range(0, len(data), 31):
    data[at] ^= 1
open("kept", "r+b").write(data)
P
    refused 'is no store' "$STOKER" scan --store kept -f patterns text
    rm kept
    code 0 "$STOKER" scan --store kept --stats -f patterns text
    grep -q '^program       compiled; handshake: probed$' err

    # A store that another process uses is not used.
    flock kept sh -c "\"$STOKER\" scan --store kept --stats -f patterns text >out 2>err"
    grep -q 'kept: is in use by another process.*; goes on without it' err
    grep -q '^program       compiled; ' err
fi
