#!/bin/sh
# run.sh CMAKE BUILD WORK CC LIBDIR: a program in C++ takes the sources in. It is built by makefiles, in a folder with
# a space in its name.
set -eu
cmake=$1 work="$3/a parent"
here=$(cd "$(dirname "$0")" && pwd)

rm -rf "$3"
mkdir -p "$work"
"$cmake" -S "$here" -B "$work/build" -G "Unix Makefiles" -DROOT="$here/../../.." >"$work/log"
"$cmake" --build "$work/build" -j2 --target parent >>"$work/log"
"$work/build/parent"

# A project that takes in the sources of stoker gets no tests of stoker, and installs no files of stoker.
[ ! -e "$work/build/CTestTestfile.cmake" ]
"$cmake" --install "$work/build" --prefix "$work/prefix" >>"$work/log"
[ "$(cd "$work/prefix" && find . -type f)" = ./bin/parent ]
