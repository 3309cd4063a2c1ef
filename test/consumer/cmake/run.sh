#!/bin/sh
# run.sh CMAKE BUILD WORK CC LIBDIR: installs BUILD and moves the prefix. Builds and runs this project against the
# prefix and against BUILD itself, with C alone and with C++ alone.
set -eu
cmake=$1 build=$2 work=$3 cc=$4
here=$(cd "$(dirname "$0")" && pwd)

rm -rf "$work"
"$cmake" --install "$build" --prefix "$work/first" >"$work.log"
mv "$work/first" "$work/moved here"

# finds LANGUAGE OPTION: the project configures, builds and runs.
finds() {
    rm -rf "$work/build"
    "$cmake" -S "$here" -B "$work/build" -G Ninja -DCMAKE_C_COMPILER="$cc" -DLANGUAGE="$1" "$2"
    "$cmake" --build "$work/build"
    "$work/build/consumer"
}
for language in C CXX; do
    finds $language -DCMAKE_PREFIX_PATH="$work/moved here"
    finds $language -Dstoker_DIR="$build"
done
