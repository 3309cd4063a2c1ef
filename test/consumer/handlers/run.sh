#!/bin/sh
# run.sh CMAKE BUILD WORK CC LIBDIR: install BUILD and move the prefix; build the program with handlers of its own
# against the prefix, with CMake in C and in C++ alone and with make and pkg-config, and against BUILD itself. Each
# program runs on the interpreter, without any OpenCL driver, and on an OpenCL device.
# Exit code 77: all is well but for the OpenCL device, which this machine lacks. STK_REQUIRE_DEVICE=1 forbids that.
set -eu
cmake=$1 build=$2 work=$3 cc=$4 libdir=$5
here=$(cd "$(dirname "$0")" && pwd)
device=1

rm -rf "$work"
"$cmake" --install "$build" --prefix "$work/first" >"$work.log"
mv "$work/first" "$work/moved"
mkdir "$work/no drivers"
PKG_CONFIG_PATH=$work/moved/$libdir/pkgconfig
export PKG_CONFIG_PATH

# says WHAT COMMAND...: the command succeeds, so the results are right, and its line begins with WHAT.
says() {
    what=$1
    shift
    said=$("$@") || { echo "FAIL: $*: $said"; exit 1; }
    echo "$said"
    case $said in
    "$what: hash "*) ;;
    *) echo "FAIL: not by $what: $*"; exit 1 ;;
    esac
}

# runs PROGRAM: the three ways to run it. A driver may be there without a device, so the device is asked for by name.
runs() {
    says interp "$1" interp
    says interp env OCL_ICD_VENDORS="$work/no drivers" OCL_ICD_FILENAMES= "$1" 2>"$work/why"
    grep -q "no OpenCL device was found" "$work/why"
    if [ "$device" = 1 ] && ! "$1" opencl >"$work/line" 2>"$work/why" && grep -q '^STK_E_NODEV' "$work/why"; then
        device=0
    fi
    [ "$device" = 0 ] || says opencl "$1" opencl
}

# builds LANGUAGE OPTION: with CMake.
builds() {
    rm -rf "$work/build"
    "$cmake" -S "$here" -B "$work/build" -G Ninja -DCMAKE_C_COMPILER="$cc" -DLANGUAGE="$1" "$2" >"$work/log" &&
        "$cmake" --build "$work/build" >>"$work/log" || { cat "$work/log"; exit 1; }
    echo "CMake, $1, $2:"
    runs "$work/build/program"
}
for language in C CXX; do
    builds $language -DCMAKE_PREFIX_PATH="$work/moved"
    builds $language -Dstoker_DIR="$build"
done

# makes: with make and pkg-config, in a folder of its own.
makes() {
    make -C "$work/make" CC="$cc" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
}
mkdir "$work/make"
cp "$here/Makefile" "$here/main.c" "$here/my_handlers.h" "$work/make"
makes
echo "make and pkg-config:"
runs "$work/make/program"

# An error that only the driver's compiler sees is shown with the file and the line in which it stands.
printf '#ifdef __OPENCL_C_VERSION__\nno_such_type x;\n#endif\n' >>"$work/make/my_handlers.h"
line=$(grep -n no_such_type "$work/make/my_handlers.h" | cut -d : -f 1)
makes
says interp "$work/make/program" interp
if [ "$device" = 1 ]; then
    ! "$work/make/program" opencl 2>"$work/why"
    grep "^my_handlers.h:$line:1: error:" "$work/why" || { cat "$work/why"; exit 1; }
fi

# A file that is no file of handlers must be refused before a compiler sees it.
script=$(pkg-config --variable=handlers stoker)
for bad in 'no_file' '9name' 'not_ascii'; do
    printf '/* \302\265 */\n' >"$work/not_ascii"
    ! sh "$script" "$bad" "$work/$bad" "$work/out.c" 2>"$work/why"
    grep "^stoker-handlers: .*$bad" "$work/why"
    [ ! -e "$work/out.c" ]
done

if [ "$device" = 0 ]; then
    echo "no OpenCL device"
    [ "${STK_REQUIRE_DEVICE:-0}" != 1 ] || exit 1
    exit 77
fi
