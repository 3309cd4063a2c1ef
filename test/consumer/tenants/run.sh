#!/bin/sh
# run.sh CMAKE BUILD WORK CC LIBDIR: install BUILD, build the program with two tenants, and run it on the interpreter,
# without any OpenCL driver, and on the device that it finds. Both print the same results.
set -eu
cmake=$1 build=$2 work=$3 cc=$4 libdir=$5
here=$(cd "$(dirname "$0")" && pwd)
PKG_CONFIG_PATH=$work/prefix/$libdir/pkgconfig
export PKG_CONFIG_PATH

rm -rf "$work"
"$cmake" --install "$build" --prefix "$work/prefix" >"$work.log"
sh "$(pkg-config --variable=handlers stoker)" my_handlers "$here/my_handlers.h" "$work/my_handlers.c"
# Word splitting is what flags are for.
# shellcheck disable=SC2046
"$cc" -std=c11 -Wall -Wextra -Werror "$here/main.c" "$work/my_handlers.c" \
    $(pkg-config --cflags --libs stoker-linux) -o "$work/program"
"$work/program" >"$work/out"
cat "$work/out"
env OCL_ICD_VENDORS=/nonexistent OCL_ICD_FILENAMES= "$work/program" >"$work/interp"
grep -q '^interpreter ' "$work/interp"
sed -i 1,2d "$work/out" "$work/interp"
diff "$work/interp" "$work/out"
