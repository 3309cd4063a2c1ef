#!/bin/sh
# oclgrind_tiles.sh PROGRAM ARGUMENTS...: runs PROGRAM with each list of arguments in oclgrind; fails when it fails or
# oclgrind has anything to say about accesses, races and barriers.
set -u
program=$1
shift
log=oclgrind_tiles.$$.log
status=0
for arguments; do
    : >"$log"
    # Unoptimised: see oclgrind.sh. The arguments are several words.
    # shellcheck disable=SC2086
    oclgrind --build-options -cl-opt-disable --check-api --data-races --uninitialized --log "$log" \
        "$program" $arguments || status=1
    if [ -s "$log" ]; then
        echo "oclgrind, $arguments:" >&2
        head -n 60 "$log" >&2
        status=1
    fi
done
rm -f "$log"
exit $status
