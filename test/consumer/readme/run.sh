#!/bin/sh
# run.sh CMAKE BUILD WORK CC LIBDIR: installs BUILD. Then builds the program in README.md with the flags of pkg-config,
# and the same program with the handler that README.md shows. Runs both programs without an OpenCL driver and on an
# OpenCL device. The output must be the output that README.md shows, but for the name of the device and the numbers of
# its handshake. Where there is no OpenCL device, the test runs the programs without a driver and counts as skipped.
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

# The second block is the file of handlers; what README.md says to change in the program is changed.
cp "$work/block2.c" "$work/my_handlers.h"
{
    grep '^#include' "$work/block1.c"
    echo '#include <stoker/handlers.h>'
    echo 'extern const struct stk_handlers my_handlers;'
    sed -e '/^#include/d' -e 's/STK_OP_SUM64/0x20001/' -e 's/\.payload_bytes = 4096/&, \
        .opencl = {STK_HANDLERS_OPENCL(my_handlers)}, .interp = {STK_HANDLERS_INTERP(my_handlers)}/' "$work/block1.c"
} >"$work/handler.c"
[ "$(grep -c 'STK_HANDLERS_INTERP\|= 0x20001, ' "$work/handler.c")" = 2 ]

# make_handlers: as README.md says.
make_handlers() {
    sh "$(PKG_CONFIG_PATH=$work/prefix/$libdir/pkgconfig pkg-config --variable=handlers stoker)" my_handlers \
        "$work/my_handlers.h" "$work/my_handlers.c"
    links handler "$work/prefix" my_handlers
}

# masked FILE: prints FILE without the name of the device, its numbers of workers and lanes, and the numbers of the
# handshake.
masked() {
    sed -e '1s/^.* (opencl/DEVICE (opencl/' -e '1,2s/[0-9][0-9]*/N/g' \
        -e '1s/N workers* of N lanes*/N workers of N lanes/' "$1"
}

links program "$work/prefix"
make_handlers

# hash K: prints the line that my_hash has to print for 1,024 bytes of the value K.
hash() {
    x=0
    for _ in $(seq 1024); do
        x=$(((x * 31 + $1) % 0x100000000))
    done
    echo "STK_OK: $x"
}
for k in 1 2 3 4; do
    hash $k
done >"$work/hashes"

# Without a driver the interpreter runs both programs.
nodev="env OCL_ICD_VENDORS=/nonexistent OCL_ICD_FILENAMES="
$nodev "$work/program" >"$work/out"
same "$work/interp"
{ sed -n 1,2p "$work/interp"; cat "$work/hashes"; } >"$work/want"
$nodev "$work/handler" >"$work/out"
same "$work/want"

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

"$work/handler" | sed 1,2d >"$work/out"
same "$work/hashes"

# Where the device's compiler refuses the text, the interpreter takes over, and the log has the place in the file.
printf '#ifdef __OPENCL_C_VERSION__\nno_such_type x;\n#endif\n' >>"$work/my_handlers.h"
line=$(grep -n no_such_type "$work/my_handlers.h" | cut -d : -f 1)
make_handlers
"$work/handler" >"$work/out" 2>/dev/null
grep '^interpreter ' "$work/out"
grep "^my_handlers.h:$line:" "$work/out"
