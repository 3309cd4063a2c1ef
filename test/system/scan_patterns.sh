# Pattern files: the patterns of several files count, stoker waits for streams, and notes mention invisible bytes.
set -eu
. "$(dirname "$0")/lib/common.sh"

printf 'the then he\r\n' >f
scan="$STOKER scan --device interp"

# counts WANT COMMAND...: the output is WANT, and standard error is empty.
counts() {
    printf "$1" >want
    shift
    code 0 "$@"
    cmp want out || fail "$*"
    [ ! -s err ] || fail "$*: $(cat err)"
}

# The patterns of all files, in their order; the last line feed is optional in each.
printf 'then\nhe' >a
printf 'the\n' >b
counts '1\tthen\n3\the\n2\tthe\n' $scan -f a -f b f
counts '2\tthe\n1\tthen\n3\the\n' $scan --patterns b -f a f
counts '2\tthe\n1\tthen\n3\the\n' sh -c "$scan -f b -f - f <a"

# One empty line at the end is no pattern.
printf 'the\n\n' >ends
counts '2\tthe\n' $scan -f ends f

# Stoker waits for a pipe that its owner made non-blocking, and for a FIFO whose writer comes later.
{ sleep 0.3 && printf 'the\n' && sleep 0.3 && printf 'he\n'; } |
    python3 -c 'import os, sys; os.set_blocking(0, False); os.execvp(sys.argv[1], sys.argv[1:])' $scan -f - f >out
printf '2\tthe\n3\the\n' | cmp - out
mkfifo fifo
{ sleep 0.3 && cat a; } >fifo &
counts '1\tthen\n3\the\n' $scan -f fifo f
wait

# Bytes that an editor left behind are part of the pattern, and a note mentions them.
printf 'the\r\nhe\r\n' >crlf
code 0 $scan --json --stats -f crlf f
said 1 'crlf: 2 of 2 patterns end with a carriage return'
python3 -c 'import json; o = json.load(open("out")); assert o["total"] == 1 and "carriage return" in o["stats"]["notes"][-1], o'
printf '\357\273\277the\n' >bom
code 0 $scan -f bom f
said 1 'bom: begins with a byte order mark (BOM), which is part of the first pattern'
printf '\377\376t\000h\000\n\000' >utf16
code 0 $scan -f utf16 f
said 1 'utf16: begins as UTF-16 does'
counts '0\n' $scan --quiet --count -f bom f
