"""announce.py LOG PAYLOAD [never]: changes a recording in place. Its START announces PAYLOAD bytes, and nothing
follows. With `never` a SHUTDOWN follows, and behind it a NOP that no worker takes. core/SPEC.md, sections 6 and 8, has
the layout."""
import os
import struct
import sys

sys.path.insert(0, os.environ["STKLOG_DIR"])
from stklog import crc32c  # noqa: E402

CELL, PUBLISH, START = 64, 0, 5
path, payload = sys.argv[1], int(sys.argv[2])
log = bytearray(open(path, "rb").read())
ident = struct.unpack_from("<I", log, 8)[0]
used = [at for at in range(CELL, len(log), CELL) if log[at:at + 4] == b"\xef\xbe\xad\xde"]
start = next(at for at in used if struct.unpack_from("<H", log, at + 48)[0] & 7 == START)
sequence = struct.unpack_from("<I", log, start + 44)[0]


def seal(at):
    struct.pack_into("<I", log, at + 60, crc32c(bytes(log[at:at + 60]), ident))


def publish(at, slot, opcode, number):
    struct.pack_into("<IQIII4III", log, at, 0xDEADBEEF, 0, slot, 0, opcode, 0, 0, 0, 0, 0, number)
    struct.pack_into("<HhQ", log, at + 48, PUBLISH, 2, 0)
    seal(at)


struct.pack_into("<I", log, start + 32, payload)
seal(start)
for at in used:
    if at > start:
        log[at:at + CELL] = bytes(CELL)
if sys.argv[3:] == ["never"]:
    publish(start + CELL, 0, 0xFFFFFFFF, sequence + 1)
    publish(start + 2 * CELL, 1, 0, sequence + 2)
open(path, "wb").write(log)
