"""failing_call.py CALL[:FIRST-LAST] ERRNO COMMAND...: runs COMMAND under a seccomp filter that makes system call CALL
fail with ERRNO. With FIRST-LAST a call fails only where its fourth argument, which is the offset of a pread64 or a
pwrite64, lies in that range."""
import ctypes
import os
import platform
import struct
import sys

LOAD, EQUAL, NOT_BELOW, ABOVE, RETURN = 0x20, 0x15, 0x35, 0x25, 0x06  # BPF: load a word, compare, return
OFFSET = 40  # of the fourth argument's lower half in struct seccomp_data
ALLOW, FAIL = 0x7FFF0000, 0x00050000
CALLS = {  # on x86-64, and in the table that newer architectures share
    "fallocate": (285, 47),
    "fdatasync": (75, 83),
    "flock": (73, 32),
    "fsync": (74, 82),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "mkdir": (83, 34),  # mkdirat on newer architectures
    "pread64": (17, 67),
    "pwrite64": (18, 68),
    "renameat2": (316, 276),
}
NO_NEW_PRIVS, SET_SECCOMP, FILTER = 38, 22, 2

name, _, offsets = sys.argv[1].partition(":")
first, last = (int(number) for number in offsets.split("-")) if offsets else (0, 0xFFFFFFFF)
call = CALLS[name][platform.machine() != "x86_64"]
code = struct.pack("HBBI" * 7, LOAD, 0, 0, 0, EQUAL, 0, 4, call, LOAD, 0, 0, OFFSET, NOT_BELOW, 0, 2, first,
                   ABOVE, 1, 0, last, RETURN, 0, 0, FAIL | int(sys.argv[2]), RETURN, 0, 0, ALLOW)
buffer = ctypes.create_string_buffer(code)
program = struct.pack("HxxxxxxP", 7, ctypes.addressof(buffer))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or libc.prctl(SET_SECCOMP, FILTER, program, 0, 0) != 0:
    sys.exit(f"no seccomp here: {os.strerror(ctypes.get_errno())}")
os.execvp(sys.argv[3], sys.argv[3:])
