#!/bin/sh
# run.sh CMAKE BUILD WORK CC LIBDIR: install BUILD; each header compiles alone, as C11 and as C++17, with gcc and clang.
set -eu
cmake=$1 build=$2 work=$3
here=$(cd "$(dirname "$0")" && pwd)

rm -rf "$work"
"$cmake" --install "$build" --prefix "$work/prefix" >"$work.log"
mkdir "$work/units"
include=$work/prefix/include
(cd "$include" && find stoker -name '*.h') | while read -r header; do
    # A header that only defines numbers declares nothing, but a C file needs a declaration.
    printf '#include <%s>\nextern int one;\n' "$header" >"$work/units/$(echo "$header" | tr / _).c"
done
[ "$(find "$work/units" -name '*.c' | wc -l)" -ge 50 ]

# compiles LANGUAGE STANDARD COMPILER: compiles the headers, and a program that uses them and copies words both ways.
compiles() {
    command -v "$3" >/dev/null || return 0
    set -- "$3" -x "$1" -std="$2" -Wall -Wextra -Wpedantic -Werror -I"$include"
    "$@" -fsyntax-only "$work"/units/*.c
    for way in -USTK_COPY_BY_WORD -DSTK_COPY_BY_WORD; do
        "$@" $way "$here/uses.c" -o "$work/uses"
        "$work/uses"
    done
    echo "$*: compiled"
}
compiles c c11 gcc
compiles c c11 clang
compiles c++ c++17 g++
compiles c++ c++17 clang++
