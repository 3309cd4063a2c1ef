# A file past 4 GiB: the device counts in 32 bits and every byte of this file is a match.
set -eu
. "$(dirname "$0")/lib/common.sh"

truncate -s 4400M huge # a hole: zeros that take no room
python3 - <<'PYTHON'
file = open("huge", "r+b")
for at in [(1 << 31) - 2, (1 << 32) - 3, (1 << 32) + 5, 4400 * (1 << 20) - 4]:
    file.seek(at)
    file.write(b"need")
PYTHON
printf '\0\nneed\n' >p
printf '%s\t\\x00\n         4\tneed\n' $((4400 * 1048576 - 16)) >want
"$STOKER" scan -f p --quiet huge | cmp - want

printf 'need\n' >p
printf '4\nhuge:2147483646:need\nhuge:4294967293:need\nhuge:4294967301:need\nhuge:4613734396:need\n' >want
"$STOKER" scan -f p --quiet --count --offsets 9 huge | cmp - want
rm huge
