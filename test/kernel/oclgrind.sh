#!/bin/sh
# oclgrind.sh PROGRAM LANES...: runs PROGRAM for each number of lanes in oclgrind; fails when it fails or oclgrind has
# anything to say.
set -u
program=$1
shift
log=oclgrind.$$.log
status=0
for lanes; do
    : >"$log"
    # Unoptimised: oclgrind 21.10 does not know an intrinsic that the optimiser of its LLVM leaves behind.
    oclgrind --build-options -cl-opt-disable --check-api --data-races --uninitialized --log "$log" "$program" "$lanes" || status=1
    if [ -s "$log" ]; then
        echo "oclgrind, $lanes lanes:" >&2
        head -n 60 "$log" >&2
        status=1
    fi
done
rm -f "$log"
exit $status
