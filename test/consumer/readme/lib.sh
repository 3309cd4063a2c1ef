# shellcheck shell=sh disable=SC2154
# Sourced by the tests of the program in README.md, which set root, work, cc and libdir.

# The programs become block1.c and block2.c, the outputs text1 and text2.
split_readme() {
    awk -v work="$work" '
        /^```/ {
            to = ""
            if ($0 == "```c") to = work "/block" ++c ".c"
            if ($0 == "```text") to = work "/text" ++t
            next
        }
        to != "" { print >to }' "$root/README.md"
    [ ! -e "$work/block3.c" ] || { echo "README.md has a third program that nobody builds"; exit 1; }
    [ ! -e "$work/text3" ] || { echo "README.md has a third output that nobody compares"; exit 1; }
    cp "$work/block1.c" "$work/program.c"
    { cat "$work/text2"; sed 1,2d "$work/text1"; } >"$work/interp" # what it prints on the interpreter
}

# links NAME PREFIX [OTHER]: builds NAME.c, and OTHER.c, with the package in PREFIX.
links() {
    # Word splitting is what flags are for.
    # shellcheck disable=SC2046
    "$cc" -std=c11 -Wall -Wextra -Werror "$work/$1.c" ${3+"$work/$3.c"} \
        $(PKG_CONFIG_PATH=$2/$libdir/pkgconfig pkg-config --cflags --libs stoker-linux) -o "$work/$1"
}

# same WANT: what was printed last is the file WANT.
same() {
    diff "$1" "$work/out" || { echo "the program prints the second of these, README.md has the first"; exit 1; }
}
