"""without_uring.py ERRNO[:CALL] COMMAND...: runs it where a system call fails with that number, by a seccomp filter. CALL is
setup (io_uring_setup, also when it is not given), enter or register."""
import ctypes
import os
import struct
import sys

LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06  # BPF: load the system call's number, compare, return
ALLOW, FAIL = 0x7FFF0000, 0x00050000
CALLS = {"setup": 425, "enter": 426, "register": 427}  # on every architecture
NO_NEW_PRIVS, SET_SECCOMP, FILTER = 38, 22, 2

errno, _, call = sys.argv[1].partition(":")
code = struct.pack("HBBI" * 4, LOAD, 0, 0, 0, EQUAL, 0, 1, CALLS[call or "setup"], RETURN, 0, 0, FAIL | int(errno),
                   RETURN, 0, 0, ALLOW)
buffer = ctypes.create_string_buffer(code)
program = struct.pack("HxxxxxxP", 4, ctypes.addressof(buffer))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or libc.prctl(SET_SECCOMP, FILTER, program, 0, 0) != 0:
    sys.exit(f"no seccomp here: {os.strerror(ctypes.get_errno())}")
os.execvp(sys.argv[2], sys.argv[2:])
