# Without an OpenCL device the interpreter runs the slots. Without io_uring the posix reader reads. The result is the
# same, and one line on stderr and the statistics report the change.
set -eu
. "$(dirname "$0")/lib/common.sh"

python3 "$lib/make_case.py" 7 4096
python3 "$lib/naive.py" patterns f? >want.json

# fell NOTE FIELD VALUE COMMAND...: requires that the scan is right, prints NOTE once on stderr and in the statistics,
# and has VALUE in FIELD.
fell() {
    note=$1 field=$2 value=$3
    shift 3
    code 0 "$@" "$STOKER" scan $options -f patterns --json --stats f?
    said 1 "$note"
    python3 "$lib/expect.py" want.json <out || fail "$note"
    python3 - "$note" "$field" "$value" <<'PYTHON' || fail "$note"
import json, sys
note, field, value = sys.argv[1:]
stats = json.load(open("out"))["stats"]
assert stats[field] == value, stats
assert len(stats["notes"]) == 1 and note in stats["notes"][0], stats
assert "stoker: " + stats["notes"][0] + "\n" == open("err").read()
assert stats["bounce_bytes"] == 0
PYTHON
    code 0 "$@" "$STOKER" scan $options -f patterns --count --stats f?
    [ "$(grep -c "^note          .*$note" err)" -eq 1 ] || fail "--stats does not say: $note"
    [ "$(grep -c "^stoker: .*$note" err)" -eq 1 ] || fail "stderr does not say: $note"
    code 0 "$@" "$STOKER" scan $options -f patterns --count --quiet f?
    [ ! -s err ] || fail "--quiet said: $(cat err)"
}

nodev="env STOKER_DEVICE=auto OCL_ICD_VENDORS=/nonexistent OCL_ICD_FILENAMES="
options='--lanes 1' # which only an OpenCL device has
fell 'no OpenCL device was found' dispatch interp $nodev

for errno in 1 38; do # EPERM, ENOSYS
    without="python3 $lib/failing_call.py io_uring_setup $errno"
    if $without true; then
        if has_opencl; then
            options=''
            fell 'files are read with pread' reader posix $without
        fi
        # With neither OpenCL nor io_uring there are two lines.
        code 0 $without $nodev "$STOKER" scan --lanes 1 -f patterns --json --stats f?
        python3 "$lib/expect.py" want.json <out
        said 2 'the interpreter runs the kernel'
        said 2 'files are read with pread'
        # A scan that asks for the reader uring fails with a message.
        refused 'uring' $without "$STOKER" scan -f patterns --reader uring --device interp f1
        code 0 $without "$STOKER" info
        grep -q 'io_uring      not available' out
    fi
done

# Without a descriptor for a ring of io_uring, the note names the limit to raise.
without="python3 $lib/failing_call.py io_uring_setup 24"
if $without true; then
    code 0 $without "$STOKER" scan --device interp -f patterns --json --stats f?
    python3 "$lib/expect.py" want.json <out
    said 1 'Too many open files, errno 24): files are read with pread: raise .ulimit -n.'
    refused 'Too many open files.*raise .ulimit -n.' \
        $without "$STOKER" scan -f patterns --reader uring --device interp f1
fi

# When some calls of io_uring fail, stoker takes the next way to read, and the note names the system call.
if python3 "$lib/failing_call.py" io_uring_enter 1 true; then
    for refusal in 1:enter 11:enter 1:register 12:setup 24:setup; do
        without="python3 $lib/failing_call.py io_uring_${refusal#*:} ${refusal%:*}"
        code 0 $without "$STOKER" scan --device interp -f patterns --json --stats f?
        python3 "$lib/expect.py" want.json <out || fail "$refusal"
        said 1 "io_uring does not work here (io_uring_${refusal#*:}.*errno ${refusal%:*}): files are read with pread"
    done
    refused 'io_uring does not work here (io_uring_setup: .*errno 24' $without \
        "$STOKER" scan --device interp --reader uring -f patterns f1
    code 0 python3 "$lib/failing_call.py" io_uring_enter 1 "$STOKER" info
    grep -q 'io_uring      not available: forbidden' out
fi

# A device and a reader that the options name are no fallback, so there is no note.
code 0 "$STOKER" scan -f patterns --count --device interp --reader posix f?
[ ! -s err ] || fail "a note about what was asked for: $(cat err)"
