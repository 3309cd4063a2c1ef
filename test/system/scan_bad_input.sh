# Bad input: one line on stderr with what to do about it, exit code 2, nothing on stdout.
set -eu
. "$(dirname "$0")/lib/common.sh"

printf 'the\nhe\n' >p
printf 'the then he\n' >f
: >empty
printf 'the\n\nhe\n' >gap
printf '\n' >blank
head -c 4097 /dev/zero | tr '\0' x >long
mkdir dir
scan="$STOKER scan --device interp"

# Files and pattern files.
refused "missing: No such file.*: name a file" $scan -f p missing
refused "missing: No such file.*: name a readable pattern file" $scan -f missing f
refused "dir: is a directory: use -r" $scan -f p dir
refused "dir: is a directory" $scan -f dir f
refused "missing: No such file.*: name a readable pattern file" $scan -f p -f missing f
printf 'the\n\n\n' >ends
refused "ends:2: empty pattern" $scan -f ends f
refused "is a directory" sh -c "$scan -f p - <dir"
refused "empty: the pattern file is empty" $scan -f empty f
refused "gap:2: empty pattern" $scan -f gap f
refused "blank:1: empty pattern" $scan -f blank f
refused "pattern 1 has 4097 bytes, more than a chunk of 4096" $scan -f long --chunk 4K f
refused "standard input is closed" sh -c "$scan -f p - <&-"
refused "ghost.x0A.x1B.0m: No such file" $scan -f p "$(printf 'ghost\n\033[0m')"
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
refused "socket: is a socket" $scan -f p socket
code 0 $scan -f long --chunk 8K f

# Without rights: files of others, and too little locked memory.
cp "$STOKER" stoker
chmod 755 . stoker
if as_nobody sh -c './stoker --version' >version 2>/dev/null; then
    cp f secret
    cp p secret-patterns
    chmod 000 secret secret-patterns
    refused "secret: Permission denied" as_nobody ./stoker scan --device interp -f p secret
    refused "secret-patterns: Permission denied" as_nobody ./stoker scan --device interp -f secret-patterns f
    locked='import os, resource, sys
resource.setrlimit(resource.RLIMIT_MEMLOCK, (65536, 65536))
os.execvp(sys.argv[1], sys.argv[1:])'
    if as_nobody "$STOKER" info 2>/dev/null | grep -q 'io_uring      .*fixed buffers'; then
        code 0 as_nobody python3 -c "$locked" ./stoker scan --device interp -f p f
        said 1 "io_uring cannot register .* bytes .*it reads into memory that is not registered"
        refused "raise .ulimit -l." as_nobody python3 -c "$locked" ./stoker scan --device interp --reader uring -f p f
    fi
    code 0 as_nobody python3 -c "$locked" ./stoker scan --device interp --reader posix -f p f
    code 0 as_nobody python3 -c "$locked" ./stoker scan --device interp --chunk 4K --depth 1 -f p f
fi

# Standard input can be read only once.
refused "standard input is named 2 times" sh -c "$scan -f - - <p"
refused "standard input is named 2 times" sh -c "$scan -f p - - <f"
refused "standard input is named 2 times" sh -c "cat p | $scan -f /dev/stdin -"

# A FIFO that nobody writes into is no pattern file.
mkfifo fifo
refused "fifo: no process has it open for writing" $scan -f fifo f

# Options with a value that are given twice: the second value would silently replace the first.
refused "--chunk is given twice: give it once" $scan -f p --chunk 4K --chunk 8K f
refused "--offsets is given twice" $scan -f p --offsets 2 --json --offsets 3 f
refused "--on is given twice" "$STOKER" replay --on interp --on recorded log
refused "--store is given twice" "$STOKER" info --store a --store b
refused "--runs is given twice" "$STOKER" bench scan --runs 1 --runs 2
refused "--input 0=b: input 0 is a already" "$STOKER" replay --input 0=a --input 1=b --input 0=b log
code 0 $scan --json --json -f p f

# Options.
refused "no OpenCL device named nonesuch: .*stoker info" "$STOKER" scan -f p --device nonesuch f
refused "no OpenCL device named 99" "$STOKER" scan -f p --device 99 f
refused "--reader nonesuch: use auto" $scan -f p --reader nonesuch f
for value in 0 4097 -1 1.5 0x10 '' 8x 99999999999999999999; do
    refused "--depth $value: give a whole number" $scan -f p --depth "$value" f
done
for value in 0 4095 2G 1025M 4k '' K 4KK -4K 18446744073709551616 17592186044416M; do
    refused "--chunk $value: give 4K to 1G" $scan -f p --chunk "$value" f
done
refused "--store and --no-store: .*leave one of them out" $scan -f p --store kept --no-store f
refused "--lanes is for OpenCL devices" $scan -f p --lanes 4 f
for option in --workers --lanes --offsets; do
    refused "$option 0: give a whole number from 1" $scan -f p $option 0 f
    refused "$option ten: give a whole number" $scan -f p $option ten f
done
refused "4 GiB is the most" $scan -f p --chunk 1G --depth 4096 f
refused "4 GiB is the most" $scan -f p --chunk 1G --depth 4 f
refused "no patterns" $scan f
refused "no file to scan" $scan -f p
refused "no file to scan" $scan -f p --
refused "no option --nonesuch" $scan -f p --nonesuch f
refused "no option -x" $scan -f p -x f
refused "no option --de: did you mean --device or --depth?" $scan -f p --de 3 f
refused "f needs a value" $scan f -f
refused "--depth needs a value" $scan -f p f --depth
refused "takes no value" $scan -f p --count=3 f
refused "no command 'nonesuch'" "$STOKER" nonesuch
refused "takes no 'x'" "$STOKER" info x
code 2 "$STOKER"
[ ! -s out ]
