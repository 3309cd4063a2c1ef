#!/bin/sh
# run.sh CMAKE BUILD WORK CC LIBDIR: install BUILD, build the program with the package of core alone, and run it. The
# program links no port. It prints one record for each of its three starts.
set -eu
cmake=$1 build=$2 work=$3 cc=$4 libdir=$5
here=$(cd "$(dirname "$0")" && pwd)

rm -rf "$work"
"$cmake" --install "$build" --prefix "$work/prefix" >"$work.log"
# Word splitting is what flags are for.
# shellcheck disable=SC2046
"$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror "$here/main.c" \
    $(PKG_CONFIG_PATH=$work/prefix/$libdir/pkgconfig pkg-config --cflags --libs stoker) -o "$work/program"
"$work/program" | tee "$work/out"
[ "$(grep -c '^record .*: boot [123], [123]000 ns$' "$work/out")" = 3 ]
