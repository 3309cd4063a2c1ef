# A progress bar only on a terminal and only in long work; it fits the terminal and is gone at the end.
set -eu
. "$(dirname "$0")/lib/common.sh"

printf 'the\n' >p
yes 'the then he' | head -c 1000000 >known
rm -f fifo
mkfifo fifo

# slow BARS COMMAND...: runs it with a FIFO that takes 1.6 s, so the work is long. The FIFO takes up to 4 s more, until
# the screen has so many bars: on a machine with other work they come late.
slow() {
    rm -f screen
    python3 - "$1" <<'PYTHON' &
import os, sys, time
def bars():
    try:
        return open("screen", "rb").read().count(b"\r\x1b[K")
    except FileNotFoundError:
        return 0
out = os.open("fifo", os.O_WRONLY)
for i in range(39):
    os.write(out, b"the then he\n" * 400)
    time.sleep(0.04)
lines = 400
while lines > 1 and bars() < int(sys.argv[1]):
    os.write(out, b"the then he\n")
    lines -= 1
    time.sleep(0.01)
os.write(out, b"the then he\n" * lines)
PYTHON
    shift
    "$@"
    wait
}

# on_terminal COLUMNS COMMAND...: stderr is a terminal; the bytes it got go to `screen`.
on_terminal() {
    python3 - "$@" <<'PYTHON'
import fcntl, os, pty, struct, subprocess, sys, termios, threading
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
child = subprocess.Popen(sys.argv[2:], stdout=open("out", "wb"), stderr=slave)
os.close(slave)
screen = open("screen", "wb", 0)
while True:
    try:
        part = os.read(master, 65536)
    except OSError:
        break
    if not part:
        break
    screen.write(part)
sys.exit(child.wait())
PYTHON
}

# bar COLUMNS PATTERN: the screen had bars like PATTERN, none wider than the terminal, and nothing is left of them.
bar() {
    python3 - "$1" "$2" <<'PYTHON'
import re, sys
columns, pattern = int(sys.argv[1]), sys.argv[2]
text = open("screen", "rb").read().decode()
drawn = text.split("\r\x1b[K")
assert len(drawn) > 4, text
assert drawn[0] == "" and drawn[-1] == "", text  # nothing before the first, the last is wiped
for line in drawn[1:-1]:
    assert line == "" or re.fullmatch(pattern, line), line
    assert len(line) < columns and "\n" not in line, line
PYTHON
}

scan="$STOKER scan --device interp --chunk 4K -f p --count"
slow 5 on_terminal 80 $scan fifo
bar 80 '[0-9.]+ MB  [0-9.]+ GB/s  [0-9]+ s'
[ "$(cat out)" = 32000 ]
slow 5 on_terminal 120 $scan fifo known
bar 120 '\[[#.]{30}\] +[0-9]+%  [0-9.]+ of 1.[0-9] MB  [0-9.]+ GB/s  [0-9]+ s left'
slow 5 on_terminal 40 $scan fifo known
bar 40 '\[[#.]{30}\].*'

# There is no bar where stderr is no terminal, where an option forbids the bar, or where the work is short.
slow 0 sh -c "$scan fifo >out 2>err"
[ ! -s err ]
slow 0 on_terminal 80 $scan --quiet fifo
[ ! -s screen ]
on_terminal 80 $scan p
[ ! -s screen ]
