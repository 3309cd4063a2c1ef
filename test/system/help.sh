# Help, versions, and the nearest name for one that is misspelt.
set -eu
. "$(dirname "$0")/lib/common.sh"

# Every command has its help in all forms, in 80 columns, with a line for each of its options.
code 0 "$STOKER" --help
cp out all
commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' all)
[ "$(echo $commands)" = "scan info bench replay log conform help" ] || fail "commands: $commands"
for command in '' $commands; do
    code 0 "$STOKER" help $command
    cp out want
    for form in --help -h; do
        code 0 "$STOKER" $command $form
        cmp want out || fail "stoker $command $form"
    done
    grep -q "^usage: stoker $command" want || fail "the help of '$command' has no usage"
    awk 'length > 79 { print; bad = 1 } END { exit bad }' want || fail "stoker help $command is wider than 80 columns"
    awk '/[ \t]$/ { print; bad = 1 } END { exit bad }' want ||
        fail "stoker help $command has blanks at the end of a line"
    grep -q '^Exit codes:' want || fail "stoker help $command names no exit codes"
done
code 0 "$STOKER" -h
cmp all out
code 0 "$STOKER" bench rtt --help
grep -q '^  rtt ' out
grep -q '^  slots ' out && fail "the help of one case shows another"
for form in -V --version; do
    code 0 "$STOKER" $form
    grep -Eq '^stoker [0-9]+\.[0-9]+\.[0-9]+$' out
done
code 2 "$STOKER"
[ ! -s out ]
cmp all err

# Names that are nearly right, and names that are not.
printf 'he\n' >p
refused "no command 'scna': did you mean scan?" "$STOKER" scna
refused "no command 'inf': did you mean info?" "$STOKER" inf
refused "no command 'nonesuch': use scan, info, " "$STOKER" nonesuch
refused "no command 'nonesuch': use scan" "$STOKER" help nonesuch
refused "no command 'beench': did you mean bench?" "$STOKER" help beench
refused 'bench fiar: did you mean fair?' "$STOKER" bench fiar
refused 'bench nope: name a case: ' "$STOKER" bench nope # two of four letters are another word
refused 'help takes one command' "$STOKER" help scan info
refused 'no option --versoin: did you mean --version?' "$STOKER" --versoin
refused 'no option --ofsets: did you mean --offsets?' "$STOKER" scan -f p --ofsets 3 p
refused 'no option --ofsets=3: did you mean --offsets?' "$STOKER" scan -f p --ofsets=3 p
refused 'no option --colour: did you mean --color?' "$STOKER" scan -f p --colour p
refused 'no option --re: did you mean --recursive, --residency, ' "$STOKER" scan -f p --re p
refused 'no option --nonesuch: see stoker scan --help' "$STOKER" scan -f p --nonesuch p
refused 'no option -x: see stoker scan --help' "$STOKER" scan -f p -x p
refused 'no option --porbe: did you mean --probe?' "$STOKER" info --porbe
refused 'no option --agianst: did you mean --against?' "$STOKER" replay --agianst interp log
refused 'no option --sicne: did you mean --since?' "$STOKER" log dump p --sicne 3
refused 'no option --hepl: did you mean --help?' "$STOKER" conform --hepl
refused 'bench rtr: did you mean rtt?' "$STOKER" bench rtr
refused 'bench nonesuch: name a case: rtt, slots' "$STOKER" bench nonesuch
refused 'bench: name a case: rtt' "$STOKER" bench
refused 'bench core takes no --count: see' "$STOKER" bench core --count 3
refused 'log dmup: did you mean dump?' "$STOKER" log dmup p
refused 'log: use dump, verify' "$STOKER" log

# A long option may be cut short where it stays the only one.
code 0 "$STOKER" scan --device interp -f p --cou p
[ "$(cat out)" = 1 ]
