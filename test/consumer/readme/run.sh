#!/bin/sh
# run.sh CMAKE BUILD WORK CC LIBDIR: install BUILD, then build the program in README.md with pkg-config's flags and run it.
# Where there is no OpenCL device it has nothing to run on, and says so.
set -eu
cmake=$1 build=$2 work=$3 cc=$4 libdir=$5
here=$(cd "$(dirname "$0")" && pwd)

rm -rf "$work"
"$cmake" --install "$build" --prefix "$work/prefix" >"$work.log"
sed -n '/^```c$/,/^```$/p' "$here/../../../README.md" | sed '/^```/d' >"$work/program.c"
PKG_CONFIG_PATH=$work/prefix/$libdir/pkgconfig
export PKG_CONFIG_PATH
# Word splitting is what flags are for.
# shellcheck disable=SC2046
"$cc" -std=c11 -Wall -Wextra -Werror "$work/program.c" $(pkg-config --cflags --libs stoker-linux) -o "$work/program"
answer=$("$work/program") || { [ "$answer" = "STK_E_NODEV: sum 0" ]; echo "$answer"; exit 77; }
echo "$answer"
[ "$answer" = "STK_OK: sum $((0x01010101 * 1024 % 0x100000000))" ] # the low word
