#!/bin/sh
# run.sh CMAKE BUILD WORK CC LIBDIR: install BUILD, then build the program in README.md with pkg-config's flags and run it, alone
# and with the handler that README.md shows after it.
# Where there is no OpenCL device it has nothing to run on, and says so.
set -eu
cmake=$1 build=$2 work=$3 cc=$4 libdir=$5
here=$(cd "$(dirname "$0")" && pwd)

rm -rf "$work"
"$cmake" --install "$build" --prefix "$work/prefix" >"$work.log"
awk -v work="$work" '/^```/ { on = /^```c$/; blocks += on; next } on { print >(work "/block" blocks ".c") }' "$here/../../../README.md"
[ ! -e "$work/block3.c" ] || { echo "README.md has a third program that nobody builds"; exit 1; }
PKG_CONFIG_PATH=$work/prefix/$libdir/pkgconfig
export PKG_CONFIG_PATH

# The second block goes before main; what README.md says to change is changed.
cp "$work/block1.c" "$work/program.c"
{
    grep '^#include' "$work/block1.c"
    cat "$work/block2.c"
    sed -e '/^#include/d' -e 's/\.payload_bytes = 4096/&, .pieces = \&my_hash, .piece_count = 1/' \
        -e 's/STK_OP_SUM64/0x20001/' "$work/block1.c"
} >"$work/handler.c"
[ "$(grep -c 'my_hash, .piece_count\|{0x20001, ' "$work/handler.c")" = 2 ]

# answers NAME NUMBER: NAME.c builds, and its sum is NUMBER.
answers() {
    # Word splitting is what flags are for.
    # shellcheck disable=SC2046
    "$cc" -std=c11 -Wall -Wextra -Werror "$work/$1.c" $(pkg-config --cflags --libs stoker-linux) -o "$work/$1"
    answer=$("$work/$1") || { [ "$answer" = "STK_E_NODEV: sum 0" ]; echo "$answer"; exit 77; }
    echo "$1: $answer"
    [ "$answer" = "STK_OK: sum $2" ]
}
answers program $((0x01010101 * 1024 % 0x100000000)) # the low word
hash=0
for _ in $(seq 4096); do
    hash=$(((hash * 31 + 1) % 0x100000000))
done
answers handler $hash
