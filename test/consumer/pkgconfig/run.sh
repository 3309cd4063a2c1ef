#!/bin/sh
# run.sh CMAKE BUILD WORK CC LIBDIR: installs BUILD, moves the prefix, and builds and runs a program with the flags of
# pkg-config.
set -eu
cmake=$1 build=$2 work=$3 cc=$4 libdir=$5
here=$(cd "$(dirname "$0")" && pwd)

rm -rf "$work"
"$cmake" --install "$build" --prefix "$work/first" >"$work.log"
mv "$work/first" "$work/moved"
if [ -e "$work/moved/bin/stoker" ]; then
    for file in man/man1/stoker.1 man/man1/stoker-scan.1 bash-completion/completions/stoker \
        zsh/site-functions/_stoker; do
        [ -s "$work/moved/share/$file" ] || { echo "no share/$file" >&2; exit 1; }
    done
fi
PKG_CONFIG_PATH=$work/moved/$libdir/pkgconfig
export PKG_CONFIG_PATH
for package in stoker stoker-linux; do
    flags=$(pkg-config --cflags --libs "$package")
    echo "$package: $flags"
    # $flags has no quotes: the shell must split it into one argument for each flag.
    # shellcheck disable=SC2086
    "$cc" -std=c11 "$here/main.c" $flags -o "$work/$package"
    "$work/$package"
done
