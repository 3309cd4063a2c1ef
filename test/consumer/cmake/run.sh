#!/bin/sh
# run.sh CMAKE BUILD WORK CC LIBDIR: install BUILD, move the prefix, build and run this project there.
set -eu
cmake=$1 build=$2 work=$3 cc=$4
here=$(cd "$(dirname "$0")" && pwd)

rm -rf "$work"
"$cmake" --install "$build" --prefix "$work/first" >"$work.log"
mv "$work/first" "$work/moved"
"$cmake" -S "$here" -B "$work/build" -G Ninja -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$work/moved"
"$cmake" --build "$work/build"
"$work/build/consumer"
