# Tests the files of a scan: messages about files that cannot be read, while the others are scanned; folders; counts of
# each file; colours.
set -eu
. "$(dirname "$0")/lib/common.sh"

scan="$STOKER scan --device interp -e he"

# printed TEXT: the output.
printed() {
    printf "$1" | cmp - out || fail "printed: $(cat -A out)"
}

mkdir -p tree/b/deep tree/empty other
printf 'the then he\n' >tree/a
printf 'he\n' >tree/b/c
printf 'the\n' >tree/b/deep/d
printf 'nothing\n' >tree/b-
printf 'he' >other/z

# Files that cannot be read, one of them among others, all of them.
code 1 $scan --count tree/a missing tree/b tree/b/c
said 2 'missing: No such file or directory: name a file that exists and can be read'
grep -q '^stoker: tree/b: is a directory: use -r' err
printed '4\n'
code 1 $scan --json missing tree/a tree
python3 - <<'PYTHON'
import json
got = json.load(open("out"))
assert got["total"] == 3, got
missing, read, folder = got["files"]
assert missing == {"file": "missing", "bytes": 0, "count": None, "error": "STK_E_NOENT", "os_error": 2}, missing
assert read == {"file": "tree/a", "bytes": 12, "count": 3}, read
assert folder["file"] == "tree" and folder["error"] == "STK_E_ISDIR" and folder["count"] is None, folder
PYTHON
code 2 $scan missing tree
said 2 'tree: is a directory'
[ ! -s out ]
code 1 sh -c "$scan --count - tree/a <&-"
said 1 'standard input is closed'
printed '3\n'

# Each file: count, bytes and name in columns, or FILE:COUNT.
head -c 5000 /dev/zero >tree/b/zero
code 1 $scan --by-file tree/a missing tree/b/zero
printed '3\t  12\ttree/a\n-\t   -\tmissing\n0\t5000\ttree/b/zero\n'
code 1 $scan --by-file --count tree/a missing tree/b/c
printed 'tree/a:3\ntree/b/c:1\n'
head -c 30 /dev/zero | sed 's/./hehehe/g' >many
code 0 $scan --by-file tree/a many
printed ' 3\t 12\ttree/a\n90\t180\tmany\n'
code 0 $scan -e nothing tree/a tree/b- many
printed '93\the\n 1\tnothing\n'
rm tree/b/zero

# Scans folders. The files must come in the order of their names, not in the order of the directory. Links and special
# files are left out.
ln -s ../.. tree/b/deep/up
ln -s a tree/link
ln -s . tree/self
mkfifo tree/fifo
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("tree/socket")'
code 0 $scan -r --by-file --count tree other
[ ! -s err ]
printed 'tree/a:3\ntree/b/c:1\ntree/b/deep/d:1\ntree/b-:0\nother/z:1\n'
code 0 $scan --recursive --by-file --count tree/ many
printed 'tree/a:3\ntree/b/c:1\ntree/b/deep/d:1\ntree/b-:0\nmany:90\n'
ln -s tree named
code 0 $scan -r --count named
printed '5\n'
cd tree
code 0 $scan -r --by-file --count
rm out err
cd ..
(cd tree && $scan -r --by-file --count >../out)
printed 'a:3\nb/c:1\nb/deep/d:1\nb-:0\n'
code 0 $scan -r --count tree/empty
printed '0\n'

# A file that the command itself writes must not be scanned.
code 0 sh -c "cd tree && $scan -r --by-file --count . >written"
grep -q 'written: is written by this command: left out' err
grep -q written tree/written && fail "a scan that reads its own output"
rm tree/written

# A folder and a file without rights.
chmod 000 tree/b/deep tree/b/c
if ! as_nobody ls tree/b/deep >list 2>&1; then
    cp "$STOKER" stoker
    chmod 755 . stoker
    code 1 as_nobody ./stoker scan --device interp -e he -r --by-file --count tree
    said 2 'tree/b/deep: Permission denied'
    grep -q '^stoker: tree/b/c: Permission denied' err
    printed 'tree/a:3\ntree/b-:0\n'
fi
chmod 755 tree/b/deep tree/b/c

# More files than descriptors, and a path that is longer than the system takes.
python3 - <<'PYTHON'
import os
os.mkdir("wide")
for i in range(300):
    open(f"wide/{i:03}", "w").write("he")
os.mkdir("far")
os.chdir("far")
for i in range(30):
    os.mkdir("d" * 200)
    os.chdir("d" * 200)
open("end", "w").write("he")
PYTHON
code 0 sh -c "ulimit -n 40 && $scan -r --count wide"
printed '300\n'
for reader in posix uring; do
    [ $reader = posix ] || "$STOKER" info | grep -q '^io_uring      .*fixed buffers' || continue
    code 0 sh -c "ulimit -n 40 && $scan -r --count --reader $reader wide"
    printed '300\n'
done
printf he >far/near
code 1 $scan -r --count far
said 1 'File name too long'
printed '1\n'
python3 -c 'import shutil; shutil.rmtree("far")'

# Colours on a terminal alone, and as --color says.
has_colour() {
    grep -q "$(printf '\033')" out
}
on_terminal() {
    python3 -c 'import os, pty, sys; os._exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' "$@" >out </dev/null
}
code 0 $scan --offsets 2 tree/a
has_colour && fail "colours in a file"
code 0 $scan --count --offsets 1 --color always tree/a
printed '3\n\033[35mtree/a\033[0m:\033[32m1\033[0m:\033[1;31mhe\033[0m\n'
for option in --count --json; do
    code 0 $scan $option --color always tree/a
    has_colour && fail "colours with $option"
done
on_terminal env -u NO_COLOR TERM=xterm $scan tree/a
has_colour || fail "no colours on a terminal: $(cat out)"
for without in NO_COLOR=1 TERM=dumb; do
    on_terminal env -u NO_COLOR TERM=xterm $without $scan tree/a
    has_colour && fail "colours with $without"
done
on_terminal env NO_COLOR= TERM=xterm $scan tree/a
has_colour || fail "an empty NO_COLOR takes the colours away"
on_terminal env TERM=xterm $scan --color never tree/a
has_colour && fail "colours with --color never"
refused '--color maybe: give auto, always or never' $scan --color maybe tree/a
printf '\033[31m' >escape
code 0 $scan --offsets 1 -f escape --color always --count escape
grep -q '\\x1B' out || fail "a control byte of a pattern in the output: $(cat -v out)"
