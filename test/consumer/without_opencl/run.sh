#!/bin/sh
# run.sh CMAKE BUILD WORK CC LIBDIR: builds and installs the sources as on a machine without OpenCL, and runs the
# program in README.md with that package. The program prints why it takes the interpreter. All other output stays the
# same.
set -eu
# shellcheck disable=SC2034
cmake=$1 work=$3 cc=$4 libdir=$5
root=$(cd "$(dirname "$0")/../../.." && pwd)
. "$root/test/consumer/readme/lib.sh"

rm -rf "$work"
mkdir -p "$work"
"$cmake" -S "$root" -B "$work/build" -G Ninja -DCMAKE_C_COMPILER="$cc" -DCMAKE_DISABLE_FIND_PACKAGE_OpenCL=ON \
    -DSTK_BUILD_TOOLS=OFF -DSTK_BUILD_TESTS=OFF -DSTK_WERROR=ON -DCMAKE_INSTALL_LIBDIR="$libdir" >"$work/log"
"$cmake" --build "$work/build" >>"$work/log"
"$cmake" --install "$work/build" --prefix "$work/prefix" >>"$work/log"
split_readme
links program "$work/prefix"
"$work/program" >"$work/out"
sed -i 's/^no OpenCL device was found$/this build of stoker has no OpenCL port/' "$work/interp"
same "$work/interp"
cat "$work/out"
