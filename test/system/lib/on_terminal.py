"""on_terminal.py COLUMNS COMMAND...: runs COMMAND with a terminal of COLUMNS columns as its standard output. Prints the
output of COMMAND and exits with its exit code."""
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

ours, theirs = pty.openpty()
fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
process = subprocess.Popen(sys.argv[2:], stdout=theirs)
os.close(theirs)
text = b""
try:
    while part := os.read(ours, 4096):
        text += part
except OSError:  # the other end is closed
    pass
sys.stdout.write(text.decode().replace("\r", ""))
sys.exit(process.wait())
