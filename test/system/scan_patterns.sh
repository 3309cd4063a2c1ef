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

# Patterns of the command line count with those of files, in the order of the options; lines are patterns of their own.
counts '3\the\n1\tthen\n3\the\n2\tthe\n' $scan -e he -f a -e the f
counts '2\tthe\n1\tthen\n' $scan -e 'the
then' f
counts '1\t-e\n' sh -c "printf %s '-e' | $scan -e -e -"
refused '-e: the pattern is empty' $scan -e '' f
refused '-e:2: empty pattern' $scan -e 'the

he' f
refused 'no patterns: give one with -e PATTERN' $scan f
refused 'pattern 1 has 4097 bytes' $scan -e "$(head -c 4097 /dev/zero | tr '\0' x)" --chunk 4K f

# If every line ends in CR LF, the CR is no part of the patterns. If only some lines end in CR LF, the CR is a part of
# their patterns. A note says which case stoker found.
printf 'the\r\nhe\r\n' >crlf
code 0 $scan --json --stats -f crlf f
said 1 'crlf: 2 lines end in CR LF: the CR is not part of the patterns'
python3 -c 'import json; o = json.load(open("out")); assert o["total"] == 5 and "CR LF" in o["stats"]["notes"][-1], o'
counts '2\tthe\n3\the\n' $scan --quiet -f crlf f
printf 'the\r\n\r\n' >crlf-ends
counts '2\tthe\n' $scan --quiet -f crlf-ends f
printf 'the\r\n\r\nhe\r\n' >crlf-gap
code 2 $scan -f crlf-gap f
grep -q 'crlf-gap:2: empty pattern' err || fail "an empty line between lines that end in CR LF: $(cat err)"
printf 'the\r\nhe' >crlf-cut
counts '2\tthe\n3\the\n' $scan --quiet -f crlf-cut f
printf 'the\nhe\r\nthen\n' >mixed
code 0 $scan -f mixed f
said 1 'mixed: 1 of 3 patterns ends with a carriage return (CR), which is part of the pattern'
printf '2\tthe\n1\the\\x0D\n1\tthen\n' | cmp - out
printf '\r\nthe\n' >return
counts '1\t\\x0D\n2\tthe\n' $scan -f return f
printf 'he\r' >bare
code 0 $scan -f bare f
printf '1\the\\x0D\n' | cmp - out

# Other bytes that an editor left behind are part of the pattern, and a note mentions them.
printf '\357\273\277the\n' >bom
code 0 $scan -f bom f
said 1 'bom: begins with a byte order mark (BOM), which is part of the first pattern'
printf '\377\376t\000h\000\n\000' >utf16
code 0 $scan -f utf16 f
said 1 'utf16: begins as UTF-16 does'
counts '0\n' $scan --quiet --count -f bom f
