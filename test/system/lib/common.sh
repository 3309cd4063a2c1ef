# Helpers of the system tests; each sources this as . "$(dirname "$0")/lib/common.sh"
lib=$(dirname "$0")/lib

# No test leaves a file in the cache folder of who runs the tests; store_default.sh has a folder of its own.
export STOKER_STORE=

# The scans of the tests run on an OpenCL device where there is one; scan_late.sh has those that choose by themselves.
if [ "$(ls /etc/OpenCL/vendors 2>/dev/null)" ]; then
    export STOKER_DEVICE="${STOKER_DEVICE-opencl}"
fi

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

# code N COMMAND...: runs it with stdout in `out` and stderr in `err`; its exit code must be N.
code() {
    want=$1
    shift
    got=0
    "$@" >out 2>err || got=$?
    [ "$got" -eq "$want" ] || {
        cat err >&2
        fail "exit code $got, not $want: $*"
    }
}

# said N WORDS: `err` has N lines, one of them with WORDS.
said() {
    [ "$(wc -l <err)" -eq "$1" ] || {
        cat err >&2
        fail "not $1 line(s) on stderr"
    }
    grep -q -- "$2" err || {
        cat err >&2
        fail "stderr does not say '$2'"
    }
}

# refused WORDS COMMAND...: runs COMMAND, and fails unless it exits with code 2, prints nothing on stdout, and prints
# one line on stderr that has WORDS, and an advice after a colon.
refused() {
    words=$1
    shift
    code 2 "$@"
    [ ! -s out ] || fail "a refusal printed: $(head -c 200 out)"
    said 1 "$words"
    grep -q '^stoker: .*: [a-z]' err || fail "no advice in: $(cat err)"
}

# has_opencl: succeeds if there is a device for the resident kernel.
has_opencl() {
    "$STOKER" info | grep -q '^  residency   RESIDENT: handshake'
}

# has_open PID FILE: waits until the process has the file in the present folder open.
has_open() {
    for _ in $(seq 1000); do
        readlink /proc/$1/fd/* 2>/dev/null | grep -qx "$PWD/$2" && return
        sleep 0.1
    done
    fail "$2 was not opened"
}

# as_nobody COMMAND...: runs COMMAND as user 65534 where root runs the tests, else as the user who runs the tests.
as_nobody() {
    if [ "$(id -u)" -eq 0 ]; then
        python3 -c 'import os, sys
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
os.execvp(sys.argv[1], sys.argv[1:])' "$@"
    else
        "$@"
    fi
}
