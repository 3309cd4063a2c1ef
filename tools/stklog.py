#!/usr/bin/env python3
"""stklog.py FILE...: prints the records of replay logs, oldest first.

A second reader, written from core/SPEC.md alone (section 6 for logs on flash, "Replay log v1 files" for the others), so
that a mistake in the library's own reader shows. It prints what `stoker log dump` prints: a line for each record, and the
counts on stderr. Exit code: 0 the log is whole, 1 something in it is corrupt, 2 it is no log or cannot be read.
"""
import os
import stat
import struct
import sys

CELL = 64
SEARCH = 1 << 28  # bytes in which the header of a log on flash is looked for
KINDS = ["publish", "failure", "more", "input", "epoch", "start"]
U32 = 1 << 32


class NotALog(Exception):
    """The file cannot be read as a log; says why."""


class Log:
    """What was read: records as dicts, and the counts."""

    def __init__(self):
        self.records, self.corrupt, self.torn, self.trouble = [], 0, 0, None

    def counts(self):
        first, last = ("-", "-") if not self.records else (self.records[0]["sequence"], self.records[-1]["sequence"])
        return "records=%d first=%s last=%s corrupt=%d torn=%d" % (
            len(self.records), first, last, self.corrupt, self.torn)


def crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = crc_table()


def crc32c(data, seed):
    crc = seed ^ 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ TABLE[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def after(a, b):
    """Does the free-running number a come after b?"""
    return 0 < (a - b) % U32 < U32 // 2


# Logs on flash: section 6.


def header(cell):
    """The header's fields when the cell is one, whatever the flash; else None."""
    words = struct.unpack("<8s14I", cell)
    if words[0] != b"STKLOG01" or crc32c(cell[:60], 0) != words[14] or any(words[9:14]):
        return None
    keys = ("id", "lap", "sequence", "block", "block_bytes", "blocks", "unit", "erased")
    h = dict(zip(keys, words[1:9]))
    unit = h["unit"]
    if not 1 <= unit <= 4096 or unit & (unit - 1) or h["erased"] not in (0, 255) or h["blocks"] < 3:
        return None
    if h["block_bytes"] % max(CELL, unit) or h["block_bytes"] < 2 * CELL or h["block"] >= h["blocks"]:
        return None
    return h


def record(cell, seed):
    """The record when the cell is one, else None."""
    if cell[:4] != b"\xEF\xBE\xAD\xDE":
        return None
    if crc32c(cell[:60], seed) != struct.unpack_from("<I", cell, 60)[0]:
        return None
    (stamp, slot, tenant, opcode, a, b, c, d, epoch, sequence, kind, error, digest) = struct.unpack_from(
        "<Q3I4I2IHhQ", cell, 4)
    return {
        "sequence": sequence, "resumed": kind >> 3 & 1, "kind": kind & 7, "timestamp_ns": stamp, "slot": slot,
        "tenant": tenant, "opcode": opcode, "args": (a, b, c, d), "epoch": epoch, "status": kind >> 8,
        "failure": kind >> 4 & 15, "error": error, "digest": digest,
    }


class Flash:
    """An image with the geometry that its headers tell."""

    def __init__(self, data, like):
        self.data, self.like = data, like
        self.id, self.block_bytes, self.blocks = like["id"], like["block_bytes"], like["blocks"]
        self.cells = self.block_bytes // CELL
        self.page = max(CELL, like["unit"])
        self.blank_cell = bytes([like["erased"]]) * CELL
        self.headers = {}

    def cell(self, block, cell):
        at = block * self.block_bytes + cell * CELL
        return self.data[at:at + CELL]

    def header(self, block):
        """The block's header, "blank" or "damaged"."""
        if block not in self.headers:
            self.headers[block] = self.look(block)
        return self.headers[block]

    def look(self, block):
        h = header(self.cell(block, 0))
        same = ("block_bytes", "blocks", "unit", "erased")
        if h is not None and h["block"] == block and all(h[k] == self.like[k] for k in same):
            return h if h["id"] == self.id else "foreign"
        at = block * self.block_bytes
        start = self.data[at:at + min(2 * self.page, self.block_bytes)]
        return "blank" if start == self.blank_cell[:1] * len(start) else "damaged"

    def whole(self, block):
        return isinstance(self.header(block), dict)

    def record(self, block, cell):
        return record(self.cell(block, cell), self.id)

    def records(self, block, begin=1, end=None):
        found = (self.record(block, cell) for cell in range(begin, end or self.cells))
        return [r for r in found if r is not None]


def first_whole(flash):
    """6.5, step 1."""
    for block in range(flash.blocks):
        if flash.whole(block):
            return block
    raise NotALog("no block has a whole header")


def later(lap, first, than):
    """6.5, step 1: returns True if the lap counts and is after the lap `than`."""
    return not after(first, lap) and after(lap, than)


def halve(flash, b, lap, first):
    """6.5, step 2: the last block and its lap."""
    high = flash.blocks
    while high - b > 1:
        middle = (b + high) // 2
        if flash.whole(middle) and later(flash.header(middle)["lap"], first, (lap - 1) % U32):
            b, lap = middle, flash.header(middle)["lap"]
        else:
            high = middle
    return b, lap


def behind(flash, b, lap, begun, first):
    """6.5, step 3: a newer block behind b, its lap, and what no later record may come before; or None."""
    sound = 0
    for step in range(1, flash.blocks):
        block = (b + step) % flash.blocks
        place = (lap - 1) % U32 if block > b else lap  # the lap of a block that waits for its next use
        h = flash.header(block)
        if isinstance(h, dict) and later(h["lap"], first, place):
            return block, h["lap"], h["sequence"]
        if h == "damaged" and sound == 0 and step + 1 < flash.blocks:
            records = flash.records(block)
            if records and not after(begun, records[-1]["sequence"]):
                return block, (place + 1) % U32, (records[-1]["sequence"] + 1) % U32
        sound += h != "damaged"
        if sound == 3:
            break
    return None


def newest(flash):
    """6.5: the newest block and its lap."""
    b = first_whole(flash)
    lap = first = flash.header(b)["lap"]
    for _ in range(flash.blocks):
        at, lap = halve(flash, b, lap, first)
        if at != b or flash.whole(b):
            begun = flash.header(at)["sequence"]
        b, found = at, behind(flash, at, lap, begun, first)
        if found is None:
            break
        b, lap, begun = found
    if not flash.records(b) and (lap != 1 or b != 0):
        return ((b - 1) % flash.blocks, (lap - 1) % U32 if b == 0 else lap)
    return b, lap


def belongs(flash, block, b, lap):
    """6.3: does the block hold records of the log?"""
    h = flash.header(block)
    if isinstance(h, dict):
        return h["lap"] == (lap if block <= b else (lap - 1) % U32)
    return h != "foreign"


def read_flash(data, like):
    """6.3: every record in order, and what is missing."""
    flash, log = Flash(data, like), Log()
    b, lap = newest(flash)
    end = flash.records(b)
    last, bad = None, 0
    for block in [*range(b + 1, flash.blocks if lap != 1 else 0), *range(b + 1)]:
        if not belongs(flash, block, b, lap):
            continue
        for at in range(1, flash.cells):
            found = flash.record(block, at)
            if found is None:
                bad += flash.cell(block, at) != flash.blank_cell
            elif end and after(found["sequence"], end[-1]["sequence"]):
                continue
            elif last is None or after(found["sequence"], last):
                known = last is not None and not found["resumed"]
                missing = (found["sequence"] - last - 1) % U32 if known else 0
                log.corrupt += missing
                log.torn += max(0, bad - missing)
                last, bad = found["sequence"], 0
                log.records.append(found)
    log.torn += bad
    return log


def find_header(data):
    """The header that tells the geometry: the first whole one that lies where it says."""
    at = data.find(b"STKLOG01", 0, SEARCH)
    while at >= 0:
        h = header(data[at:at + CELL]) if at % CELL == 0 and at + CELL <= len(data) else None
        if h and h["block"] * h["block_bytes"] == at:
            return h
        at = data.find(b"STKLOG01", at + 1, SEARCH)
    return None


# Files of version 1.


def read_v1(data):
    """A header of 32 bytes, then the ring."""
    if len(data) < 32:
        raise NotALog("the header of a v1 log is cut short")
    version, _flags, capacity, cursor = struct.unpack_from("<IIQQ", data, 8)
    if version != 1:
        raise NotALog("version %d of VRRL is not known" % version)
    if not 1 <= capacity <= 1 << 20:
        raise NotALog("capacity %d is not in 1 to 1048576" % capacity)
    log = Log()
    for step in range(capacity):
        place = (cursor + step) % capacity
        cell = data[32 + CELL * place:][:CELL]
        if len(cell) < CELL:
            log.corrupt, log.trouble = 1, "record %d: the file ends before it" % place
            break
        magic = struct.unpack_from("<I", cell)[0]
        if magic not in (0, 0xDEADBEEF):
            log.corrupt, log.trouble = 1, "record %d: magic 0x%08X" % (place, magic)
            break
        if magic:
            log.records.append(v1_record(cell, place))
    return log


def v1_record(cell, place):
    (stamp, slot, tenant, opcode, a, b, c, d, epoch, status, failure, error, digest) = struct.unpack_from(
        "<Q3I4I2IIiQ", cell, 4)
    return {
        "sequence": place, "resumed": 0, "kind": int(any((status, failure, error, digest))), "timestamp_ns": stamp,
        "slot": slot, "tenant": tenant, "opcode": opcode, "args": (a, b, c, d), "epoch": epoch, "status": status,
        "failure": min(failure, 4), "error": error, "digest": digest,
    }


# The command.


def read_log(data):
    if data.startswith(b"VRRL0001"):
        return read_v1(data)
    like = find_header(data)
    if like is None:
        raise NotALog("no replay log")
    if like["block_bytes"] * like["blocks"] > len(data):
        raise NotALog("the image is cut short")
    return read_flash(data, like)


def lines(log):
    """What is printed: a line for each record."""
    form = ("sequence=%d resumed=%d kind=%s timestamp_ns=%d slot=%d tenant=%d opcode=%d args=%d,%d,%d,%d epoch=%d "
            "status=%d failure=%d error=%d digest=%016x")
    for r in log.records:
        kind = KINDS[r["kind"]] if r["kind"] < len(KINDS) else str(r["kind"])
        yield form % (r["sequence"], r["resumed"], kind, r["timestamp_ns"], r["slot"], r["tenant"], r["opcode"],
                      *r["args"], r["epoch"], r["status"], r["failure"], r["error"], r["digest"])


def goes_to(stream, file):
    """Returns True if the descriptor `stream` writes to the file."""
    try:
        return os.path.samestat(os.fstat(stream), file)
    except OSError:
        return False  # it is closed


def read_file(path):
    try:
        with open(path, "rb", opener=lambda p, flags: os.open(p, flags | os.O_NONBLOCK)) as file:
            opened = os.fstat(file.fileno())
            if not stat.S_ISREG(opened.st_mode):
                raise NotALog("no regular file")
            if any(goes_to(stream, opened) for stream in (1, 2)):
                raise NotALog("is also written: send the output to another file")
            return file.read()
    except OSError as error:
        raise NotALog(error.strerror) from error


def dump(path, out, err):
    """Prints one file; returns the exit code."""
    try:
        log = read_log(read_file(path))
    except NotALog as error:
        print("stklog: %s: %s" % (path, error), file=err)
        return 2
    for line in lines(log):
        print(line, file=out)
    if log.trouble:
        print("stklog: %s: %s" % (path, log.trouble), file=err)
    print(log.counts(), file=err)
    return 1 if log.corrupt else 0


def main():
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    if sys.stdout is None:
        print("stklog: standard output is closed: send it to a file", file=sys.stderr)
        return 2
    try:
        code = max(dump(path, sys.stdout, sys.stderr) for path in sys.argv[1:])
        sys.stdout.flush()
    except OSError as error:
        print("stklog: standard output could not be written: %s" % error.strerror, file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # so that the interpreter does not try again as it ends
        code = 2
    return code


if __name__ == "__main__":
    sys.exit(main())
