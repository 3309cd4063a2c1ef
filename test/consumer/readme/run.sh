#!/bin/sh
# run.sh CMAKE BUILD WORK CC LIBDIR: install BUILD, then build the program in README.md with pkg-config's flags and run
# it: without an OpenCL driver, on an OpenCL device, and there with the handler that README.md shows after it. The output
# must be what README.md shows, but for the name of the device and the figures of its handshake. Where there is no OpenCL
# device, the test runs what it can and counts as skipped.
set -eu
# shellcheck disable=SC2034
cmake=$1 build=$2 work=$3 cc=$4 libdir=$5
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..
. "$here/lib.sh"

rm -rf "$work"
"$cmake" --install "$build" --prefix "$work/prefix" >"$work.log"
split_readme
lines=$(wc -l <"$work/program.c")
[ "$lines" -le 25 ] || { echo "the program in README.md has $lines lines, 25 is the most"; exit 1; }

# The second block goes before main; what README.md says to change is changed.
{
    grep '^#include' "$work/block1.c"
    cat "$work/block2.c"
    sed -e '/^#include/d' -e 's/\.payload_bytes = 4096/&, .opencl = {.pieces = \&my_hash, .piece_count = 1}/' \
        -e 's/STK_OP_SUM64/0x20001/' "$work/block1.c"
} >"$work/handler.c"
[ "$(grep -c 'my_hash, .piece_count\|= 0x20001, ' "$work/handler.c")" = 2 ]

# masked FILE: without the name of the device, its workers, and the figures of the handshake.
masked() {
    sed -e '1s/^.* (opencl/DEVICE (opencl/' -e '1,2s/[0-9][0-9]*/N/g' -e '1s/N workers* of N lanes*/N workers of N lanes/' "$1"
}

links program "$work/prefix"
links handler "$work/prefix"

# Without a driver: the sums are the same, and the handler, which has no row for the interpreter, says what is missing.
nodev="env OCL_ICD_VENDORS=/nonexistent OCL_ICD_FILENAMES="
$nodev "$work/program" >"$work/out"
same "$work/interp"
! $nodev "$work/handler" >"$work/out" || { echo "the handler ran without an OpenCL device"; exit 1; }
grep -q 'no handler for opcode 0x20001' "$work/out"

# On the device.
"$work/program" >"$work/out"
cat "$work/out"
if grep -q '^interpreter ' "$work/out"; then
    [ -n "${STK_REQUIRE_DEVICE-}" ] || exit 77
fi
masked "$work/text1" >"$work/want"
masked "$work/out" >"$work/out.masked"
mv "$work/out.masked" "$work/out"
same "$work/want"

# hash K: what my_hash says of 1,024 bytes K.
hash() {
    x=0
    for _ in $(seq 1024); do
        x=$(((x * 31 + $1) % 0x100000000))
    done
    echo "STK_OK: $x"
}
"$work/handler" | sed 1,2d >"$work/out"
for k in 1 2 3 4; do
    hash $k
done >"$work/want"
same "$work/want"

# A handler that does not compile: the program prints the log, with the place in the handler's own text.
sed -i 's/ x = 0;/ x = nothing;/' "$work/handler.c"
links handler "$work/prefix"
! "$work/handler" >"$work/out" 2>/dev/null || { echo "the handler compiled"; exit 1; }
grep '^my_hash.cl:2:.*nothing' "$work/out"
