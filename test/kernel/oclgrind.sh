#!/bin/sh
# oclgrind.sh PROGRAM LANES[/TILE]...: runs PROGRAM for each number of lanes, and of bytes of a tile, in oclgrind; fails
# when it fails or oclgrind has anything to say. Slots that run side by side and share words race for them by intent, so
# races are looked for where each slot is alone.
set -u
program=$1
shift
log=oclgrind.$$.log
status=0
for shape; do
    lanes=${shape%/*}
    tile=0
    [ "$lanes" = "$shape" ] || tile=${shape#*/}
    for which in alone together; do
        : >"$log"
        races=--data-races
        [ $which = together ] && [ "$lanes" -gt 1 ] && races=
        # Unoptimised: oclgrind 21.10 does not know an intrinsic that the optimiser of its LLVM leaves behind.
        oclgrind --build-options -cl-opt-disable --check-api $races --uninitialized --log "$log" \
            "$program" "$lanes" $which "$tile" || status=1
        if [ -s "$log" ]; then
            echo "oclgrind, $lanes lanes, tiles of $tile bytes, $which:" >&2
            head -n 60 "$log" >&2
            status=1
        fi
    done
done
rm -f "$log"
exit $status
