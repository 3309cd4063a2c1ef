#!/usr/bin/env python3
"""stkframes.py FILE...: prints the frames that a board sent over its serial line, in their order.

A reader written from core/SPEC.md, section 11. It prints a line for each frame, and the counts on stderr. Exit code: 0
every byte belongs to a frame and no frame is missing, 1 bytes were passed over or frames are missing, 2 the file cannot
be read. A frame that the end of the file cuts off counts as passed over.
"""
import os
import struct
import sys

FIRST = b"\xA5\x5A"
HEAD = 8
DATA_MAX = 1024
SNAPSHOT, TEXT = 1, 2
STATUS_NAMES = ("empty", "published", "claimed", "done", "wait_io", "yield", "requeue", "fault", "unknown")
SNAPSHOT_NAMES = ("torn", "shutdown", "done_count", "epoch", "starvation", "tickets", "harvested", "workers",
                  "heartbeat", "faults", "priority_0", "priority_1", "priority_2", "priority_3", "priority_4")


def crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ TABLE[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


class Line:
    """The frames that were read from a serial line, as (sequence, type, data), and the counts."""

    def __init__(self, data):
        self.frames, self.missing, self.passed = [], 0, 0
        at = 0
        while at < len(data):
            length = self.frame_at(data, at)
            if length == 0:
                after = data.find(FIRST[:1], at + 1)
                after = len(data) if after < 0 else after
                self.passed += after - at
                at = after
            else:
                at += length

    def frame_at(self, data, at):
        """11.1: takes the frame that begins at byte `at`. Returns its bytes, 0 where none begins there."""
        if data[at:at + 2] != FIRST or at + HEAD + 4 > len(data):
            return 0
        length, kind, zero, sequence = struct.unpack_from("<HBBH", data, at + 2)
        end = at + HEAD + length
        if length > DATA_MAX or zero != 0 or end + 4 > len(data):
            return 0
        if struct.unpack_from("<I", data, end)[0] != crc32c(data[at + 2:end]):
            return 0
        # 11.2: a board that starts begins at 0 again, and nothing says what was sent before.
        if self.frames and sequence != 0:
            self.missing += (sequence - self.frames[-1][0] - 1) % 65536
        self.frames.append((sequence, kind, data[at + HEAD:end]))
        return HEAD + length + 4

    def counts(self):
        return "frames=%d missing=%d passed=%d" % (len(self.frames), self.missing, self.passed)


def snapshot(data):
    """11.3: the fields of a snapshot by their names, or None where the data has another length."""
    form = struct.Struct("<Q25I")
    if len(data) != form.size:
        return None
    numbers = form.unpack(data)
    return dict(zip(("time_ns", "slots") + STATUS_NAMES + SNAPSHOT_NAMES, numbers))


def text_of(kind, data):
    fields = snapshot(data) if kind == SNAPSHOT else None
    if fields:
        return "type=snapshot " + " ".join("%s=%d" % field for field in fields.items())
    if kind == TEXT:
        return "type=text " + ascii(data.decode("utf-8", "replace"))
    return "type=%d data=%s" % (kind, data.hex())


def dump(path):
    """Prints one file; returns the exit code."""
    try:
        with open(path, "rb") as file:
            line = Line(file.read())
    except OSError as error:
        print("stkframes: %s: %s" % (path, error.strerror), file=sys.stderr)
        return 2
    for sequence, kind, data in line.frames:
        print("sequence=%d %s" % (sequence, text_of(kind, data)))
    print(line.counts(), file=sys.stderr)
    return 1 if line.missing or line.passed else 0


def main():
    if sys.argv[1:2] in (["-h"], ["--help"]):
        print("usage: " + __doc__.strip())
        return 0
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        print("usage: stkframes.py FILE...", file=sys.stderr)
        return 2
    try:
        code = max(dump(path) for path in sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # so that the interpreter does not try again as it ends
        code = 2
    return code


if __name__ == "__main__":
    sys.exit(main())
