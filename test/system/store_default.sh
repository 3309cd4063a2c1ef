# Tests the store without an option: it lies in the user's cache folder and serves many processes at once. Damage and
# missing rights change no result.
set -eu
. "$(dirname "$0")/lib/common.sh"

unset STOKER_STORE
export XDG_CACHE_HOME="$PWD/cache" POCL_CACHE_DIR="$PWD/driver"
mkdir driver
printf 'sea shells\n' >text
printf 'shell\n' >patterns
counts=$(printf '1\tshell')

# scanned COMMAND...: requires that the scan is right and writes nothing on stderr.
scanned() {
    code 0 "$@" "$STOKER" scan --device opencl -f patterns text
    [ "$(cat out)" = "$counts" ] || fail "counts: $(cat out)"
    [ ! -s err ] || fail "said: $(cat err)"
}

has_opencl || exit 0
rm -rf cache driver/*

# A scan on the interpreter makes no store.
code 0 "$STOKER" scan --device auto -f patterns text
[ ! -e cache ] || fail 'a scan on the interpreter made a store'

# The first start makes the store, for the user alone and of a bounded size. The second start uses the store.
scanned env
[ "$(stat -c %a cache cache/stoker cache/stoker/programs)" = '700
700
600' ] || fail "modes: $(stat -c %a cache cache/stoker cache/stoker/programs)"
[ "$(stat -c %s cache/stoker/programs)" -le 16777216 ]
rm -rf driver/*
code 0 "$STOKER" scan --device opencl --stats -f patterns text
grep -q '^program  *store; handshake: store$' err || fail "$(cat err)"
rm -rf driver/*
code 0 "$STOKER" scan --device opencl --stats --no-store -f patterns text
grep -q '^program  *compiled; handshake: probed$' err || fail "$(cat err)"
rm -rf driver/*
code 0 env STOKER_STORE= "$STOKER" scan --device opencl --stats -f patterns text
grep -q '^program  *compiled; handshake: probed$' err || fail "$(cat err)"

# A running scan does not keep other processes from the store. The scan has taken what it wants from the store once it
# reads the pipe.
mkfifo pipe
"$STOKER" scan --device opencl -f patterns --count - <pipe >count 2>&1 &
exec 3>pipe
echo >&3
python3 - <<'PYTHON'
import array, fcntl, sys, termios, time
unread = array.array("i", [1])
for _ in range(6000):
    fcntl.ioctl(3, termios.FIONREAD, unread)
    if unread[0] == 0:
        sys.exit(0)
    time.sleep(0.01)
sys.exit("the scan reads nothing")
PYTHON
rm -rf driver/*
code 0 "$STOKER" scan --device opencl --stats -f patterns text
grep -q '^program  *store; handshake: store$' err || fail "$(cat err)"
exec 3>&-
wait

# Many processes use an empty store at once.
rm -rf cache driver/*
for i in $(seq 20); do
    "$STOKER" scan --device opencl -f patterns text >out.$i 2>err.$i &
done
wait
for i in $(seq 20); do
    [ "$(cat out.$i)" = "$counts" ] || fail "process $i: $(cat out.$i err.$i)"
    [ ! -s err.$i ] || fail "process $i said: $(cat err.$i)"
done
[ -z "$(find cache -name '.stoker-*')" ] || fail 'a temporary file stayed'

# After a scan was killed at any point, the next scan is right. No temporary file stays for long.
for i in $(seq "${STOKER_TEST_KILLS:-12}"); do
    [ $((i % 5)) -ne 0 ] || rm -rf cache
    "$STOKER" scan --device opencl -f patterns text >out 2>err &
    pid=$!
    sleep "0.$(python3 -c 'import random, sys; print("%03d" % random.Random(int(sys.argv[1])).randrange(400))' "$i")"
    kill -9 $pid 2>/dev/null || :
    wait $pid 2>/dev/null || :
    [ $((i % 4)) -ne 0 ] || scanned env
done
scanned env

# Stoker uses no store and prints no message where the folder or the file belongs to another user, where others may
# write to the folder, and where there is no folder.
no_store() {
    why=$1
    shift
    scanned "$@"
    code 0 "$@" "$STOKER" info
    grep -q "^store  *$why" out || fail "info does not say '$why': $(grep '^store' out)"
}
chmod 777 cache/stoker
no_store 'no store: .*/cache/stoker: others may write to it' env
chmod 700 cache/stoker
if [ "$(id -u)" -eq 0 ]; then
    chown 65534 cache/stoker
    no_store 'no store: .*/cache/stoker: belongs to user 65534' env
    chown 0 cache/stoker
    chown 65534 cache/stoker/programs
    no_store 'store .*/cache/stoker/programs: is a file of user 65534' env
    chown 0 cache/stoker/programs
fi
: >blocked
no_store 'no store: .*/blocked: is no folder' env XDG_CACHE_HOME="$PWD/blocked"
no_store 'no store: neither XDG_CACHE_HOME nor HOME' env -u XDG_CACHE_HOME -u HOME
no_store 'no store: .*/nowhere/cache: No such file' env XDG_CACHE_HOME="$PWD/nowhere/cache"

# A full disk and a read-only home folder change no result.
rm -rf cache
for call in pwrite64 fallocate; do
    no_store 'store .*: No space left on device' python3 "$lib/failing_call.py" $call 28
done
if unshare -m true 2>/dev/null; then
    mkdir -p read-only
    no_store 'no store: .*/read-only/cache: Read-only file system' unshare -m sh -c '
        mount -t tmpfs -o ro none read-only
        exec env XDG_CACHE_HOME="$PWD/read-only/cache" "$@"' sh
fi

# A file that is no store is not changed.
mkdir -p cache/stoker
seq 1 1000 >cache/stoker/programs
cp cache/stoker/programs before
no_store 'store .*/programs: is no store' env
cmp cache/stoker/programs before
