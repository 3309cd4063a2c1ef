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
seed = crc32c(bytes(log[8:16] + log[40:44]), 0)  # id, lap, format number


def checksum(at):
    return struct.pack("<I", crc32c(bytes(log[at:at + 60]), seed))


def seal(at):
    log[at + 60:at + 64] = checksum(at)


def publish(at, slot, opcode, number):
    struct.pack_into("<IQIII4IIQII", log, at,
                     PUBLISH | 2 << 16, 0, slot, 0, opcode, 0, 0, 0, 0, 0, 0, number, boot << 1)
    seal(at)


block = struct.unpack_from("<I", log, 24)[0]
used = [at for at in range(CELL, block, CELL) if log[at + 60:at + 64] == checksum(at) and any(log[at + 52:at + 60])]
start = next(at for at in used if log[at] & 15 == START)
sequence, boot = struct.unpack_from("<II", log, start + 52)
boot >>= 1
struct.pack_into("<I", log, start + 32, payload)
seal(start)
for at in used:
    if at > start:
        log[at:at + CELL] = bytes(CELL)
if sys.argv[3:] == ["never"]:
    publish(start + CELL, 0, 0xFFFFFFFF, sequence + 1)
    publish(start + 2 * CELL, 1, 0, sequence + 2)
open(path, "wb").write(log)
