#!/usr/bin/env python3
"""stklog.py FILE...: prints the records of replay logs, oldest first.

A second reader, written from core/SPEC.md alone (section 6 for logs on flash, "Replay log v1 files" for the others), so
that a mistake in the library's own reader shows. It prints what `stoker log dump` prints: a line for each record, and
the counts on stderr. Exit code: 0 the log is whole, 1 something in it is corrupt, 2 it is no log or cannot be read.
"""
import os
import stat
import struct
import sys

CELL = 64
MAGIC = b"STKLOG02"
SEARCH = 1 << 28  # bytes in which the header of a log on flash is looked for
UNIT_MAX = 16384
BOOT_MAX = 0x7FFFFFFE
CELLS_MAX = 1 << 28  # of a log
REACH = 64  # blocks in a row that may fail, beside the longest run that a header tells
KINDS = ["publish", "failure", "more", "input", "epoch", "start", "result"]
U32 = 1 << 32


class NotALog(Exception):
    """The file cannot be read as a log; says why."""


class Log:
    """The records that were read, as dicts, and the counts."""

    def __init__(self):
        self.records, self.corrupt, self.torn, self.trouble = [], 0, 0, None

    def counts(self):
        first, last = ("-", "-") if not self.records else (self.records[0]["sequence"], self.records[-1]["sequence"])
        return "records=%d first=%s last=%s corrupt=%d torn=%d unreadable=0" % (
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


def page_of(unit):
    """6: bytes of a page, which is the smallest number of whole program units that holds a cell."""
    return (CELL + unit - 1) // unit * unit


def header(cell):
    """SPEC.md, 6.1: returns the fields of a header if the cell is a whole header of a flash that a log can use, else
    None. The flash may be any."""
    words = struct.unpack("<8s14I", cell)
    if words[0] != MAGIC or crc32c(cell[:60], 0) != words[14] or any(words[12:14]):
        return None
    keys = ("id", "lap", "sequence", "block", "block_bytes", "blocks", "unit", "erased", "format", "boot", "reach")
    h = dict(zip(keys, words[1:12]))
    if not 1 <= h["unit"] <= UNIT_MAX or h["erased"] not in (0, 255) or h["block_bytes"] % h["unit"]:
        return None
    page_cells = page_of(h["unit"]) // CELL
    cells = h["block_bytes"] // page_of(h["unit"]) * page_cells
    if h["blocks"] < (4 if page_cells > 1 else 3) or not 2 <= cells <= CELLS_MAX // h["blocks"]:
        return None
    if not 1 <= h["boot"] <= BOOT_MAX or h["reach"] >= h["blocks"]:
        return None
    return h if h["block"] < h["blocks"] else None


class Flash:
    """An image with the geometry that a header tells. A block's state is its header, or CELLS or NOTHING (6.6)."""

    CELLS, NOTHING = "cells", "nothing"

    def __init__(self, data, like):
        self.data, self.like = data, like
        self.blocks, self.block_bytes = like["blocks"], like["block_bytes"]
        self.page = page_of(like["unit"])
        self.page_cells = self.page // CELL
        self.cells = self.block_bytes // self.page * self.page_cells
        self.blank = bytes([like["erased"]]) * CELL
        self.marker = bytes([like["erased"] ^ 255]) * CELL

    def cell(self, block, cell):
        at = block * self.block_bytes + cell // self.page_cells * self.page + cell % self.page_cells * CELL
        return self.data[at:at + CELL]

    def page_is(self, block, cell, what):
        """Returns True if every cell of the page that begins with cell `cell` is `what`."""
        return all(self.cell(block, cell + i) == what for i in range(self.page_cells))

    def header(self, block):
        """Returns the header of a block if the header is whole, of any log; else None."""
        h = header(self.cell(block, 0))
        same = ("block_bytes", "unit", "erased")
        return h if h and h["block"] == block and all(h[k] == self.like[k] for k in same) else None

    def record(self, block, cell, seed):
        """SPEC.md, 6.2: returns the fields of a cell if the cell is whole and belongs to the use of the block with this
        seed, else None."""
        found = self.cell(block, cell)
        kind, body, sequence, boot, crc = struct.unpack("<I48s3I", found)
        if not 1 <= boot >> 1 <= BOOT_MAX or crc != crc32c(found[:60], seed):
            return None
        return {"sequence": sequence, "boot": boot >> 1, "resumed": boot & 1, "kind": kind, "body": body}

    def last_in(self, block, cell, seed):
        """Returns the last record of the page that begins with cell `cell`, or None."""
        for i in range(cell + self.page_cells - 1, max(cell, 1) - 1, -1):
            found = self.record(block, i, seed)
            if found:
                return found
        return None


class Search:
    """6.6: finds the block with the last record. As far as that is known: its index, its lap, and the header that names
    the log; and how many pages were read for it."""

    def __init__(self, flash):
        self.flash, self.block, self.lap, self.of, self.first, self.last = flash, 0, 0, None, 0, None
        self.pages = 0

    def seed(self, lap):
        """6.2: the seed of the checksums of the cells that were written to a block in lap `lap`."""
        return crc32c(struct.pack("<III", self.of["id"], lap, self.of["format"]), 0)

    def is_use(self, found, lap):
        """Is the header that of a block of this log in its use in `lap`?"""
        return found["lap"] == lap and all(found[k] == self.of[k] for k in ("id", "format"))

    def place(self, block):
        """6.4: the lap that the block's place asks for."""
        return self.lap if block <= self.block else (self.lap - 1) % U32

    def next_header(self, block):
        """6.4, condition 5: the next header in use behind the block. None: a page holds one cell, the block is the
        newest, or no block behind has such a header."""
        while self.flash.page_cells > 1 and block != self.block:
            block = (block + 1) % self.flash.blocks
            h = self.flash.header(block)
            if h and self.is_use(h, self.place(block)):
                return h
        return None

    def look(self, block, lap):
        """The header of a block, or what is in it without one, for its use in `lap`."""
        flash = self.flash
        h = flash.header(block)
        self.pages += 1
        if h or self.of is None:
            return h or flash.NOTHING
        shared = flash.page_cells > 1  # records share the header's page, which a cut may have left unsure
        more = shared or not flash.page_is(block, 0, flash.blank)
        for cell in range(0, flash.cells, flash.page_cells):
            if cell != 0:
                self.pages += 1
                marked = shared and flash.page_is(block, cell, flash.marker)
                more = marked or (more and cell != flash.page_cells)
            if flash.last_in(block, cell, self.seed(lap)):
                return flash.CELLS
            if not more:
                break
        return flash.NOTHING

    def take(self, block, lap, found):
        self.block, self.lap = block, lap
        if isinstance(found, dict):
            if self.of is None or found["format"] != self.of["format"]:
                self.first = found["lap"]
            self.of, self.lap = found, found["lap"]

    def is_newer(self, found, lap):
        if not isinstance(found, dict):
            return found == self.flash.CELLS
        if found["format"] != self.of["format"]:
            return found["format"] > self.of["format"]
        return found["id"] == self.of["id"] and not after(lap, found["lap"]) and not after(self.first, found["lap"])

    def take_newer(self, block, lap):
        found = self.look(block, lap)
        if self.is_newer(found, lap):
            self.take(block, lap, found)
            return True
        return False

    def halve(self):
        end = self.flash.blocks
        while end - self.block > 1:
            middle = self.block + (end - self.block) // 2
            if not self.take_newer(middle, self.lap):
                end = middle

    def search_range(self):
        return min(self.flash.blocks - 1, REACH + 1 + self.of["reach"])

    def look_past(self):
        """Takes newer blocks behind the newest one so far. Returns True if it is time to halve again."""
        at, lap, since = self.block, self.lap, 0
        for _ in range(self.flash.blocks - 1):
            if since >= self.search_range():
                break
            at, lap = (0, (lap + 1) % U32) if at + 1 == self.flash.blocks else (at + 1, lap)
            since += 1
            if self.take_newer(at, lap):
                if self.pages < self.flash.blocks // 2:
                    return True
                lap, since = self.lap, 0
        return False

    def find_newest(self):
        for block in range(self.flash.blocks):
            found = self.look(block, 0)
            if isinstance(found, dict):
                self.take(block, 0, found)
                break
        else:
            raise NotALog("no block has a whole header")
        self.halve()
        while self.look_past():
            self.halve()

    def cells_used(self):
        """Cells of the pages that were begun: a page is blank for good only when the next one is, too."""
        flash, low, high = self.flash, 0, self.flash.cells
        middle = flash.page_cells
        while high - low > flash.page_cells:
            two = range(middle, min(middle + 2 * flash.page_cells, flash.cells))
            if all(flash.cell(self.block, i) == flash.blank for i in two):
                high = middle
            else:
                low = middle
            middle = low + (high - low) // flash.page_cells // 2 * flash.page_cells
        return high

    def find_last(self, header):
        """The last record of the block, or None. `header`: that of the block; None: it is not whole."""
        flash = self.flash
        for cell in range(self.cells_used() - flash.page_cells, -1, -flash.page_cells):
            found = flash.last_in(self.block, cell, self.seed(self.lap))
            if found and not (header and after(header["sequence"], found["sequence"])):
                return found
        return None

    def step_back(self):
        """Goes to the block before. Returns True if it belongs to the log."""
        if self.block == 0:
            self.block, self.lap = self.flash.blocks, (self.lap - 1) % U32
        self.block -= 1
        found = self.look(self.block, self.lap)
        if isinstance(found, dict):
            return self.is_use(found, self.lap)
        return found == self.flash.CELLS

    def find_last_block(self):
        """Sets `last` to the last record of the log, and block and lap to those of its block. Without a record they
        stay those of the newest block."""
        newest, header = (self.block, self.lap), self.flash.header(self.block)
        last = self.find_last(header)
        older = older_header = None
        tries = self.search_range()
        while older is None and tries > 0 and (self.lap, self.block) != (1, 0):
            tries -= 1
            if self.step_back():
                older_header = self.flash.header(self.block)
                older = self.find_last(older_header)
        same = header and older_header and header["sequence"] == older_header["sequence"]
        if older and (last is None or (after(older["sequence"], last["sequence"]) and not same)):
            self.last = older
        else:
            self.last, (self.block, self.lap) = last, newest


def read_flash(data, like):
    """6.4: every record in order, and what is missing."""
    flash, log = Flash(data, like), Log()
    search = Search(flash)
    search.find_newest()
    if search.of["blocks"] != flash.blocks:
        raise NotALog("its newest header tells of %d blocks" % search.of["blocks"])
    search.find_last_block()
    b, lap = search.block, search.lap
    newest = search.last["sequence"] if search.last else (search.of["sequence"] - 1) % U32
    last, bad = None, 0
    for block in [*range(b + 1, flash.blocks if lap != 1 else 0), *range(b + 1)]:
        h = flash.header(block)
        if h and not search.is_use(h, search.place(block)):
            continue
        seed, behind = search.seed(search.place(block)), search.next_header(block)
        for at in range(1, flash.cells):
            found = flash.record(block, at, seed)
            if found is None:
                bad += flash.cell(block, at) != flash.blank
            elif after(found["sequence"], newest):
                continue
            elif behind and not after(behind["sequence"], found["sequence"]) and found["boot"] <= behind["boot"]:
                continue
            elif h and after(h["sequence"], found["sequence"]):
                continue
            elif last is None or after(found["sequence"], last):
                known = last is not None and not found["resumed"]
                missing = (found["sequence"] - last - 1) % U32 if known else 0
                log.corrupt += missing
                log.torn += max(0, bad - missing)
                last, bad = found["sequence"], 0
                log.records.append(decoded(found))
    log.torn += bad
    return log


def decoded(found):
    """SPEC.md, 6.3: returns the fields of a replay record. A cell of another writer has bit 3 of its kind set, and is
    returned as it is."""
    kind = found["kind"]
    if kind >> 3 & 1:
        return found
    (stamp, slot, tenant, opcode, a, b, c, d, epoch, digest) = struct.unpack("<Q3I4IIQ", found["body"])
    return {
        "sequence": found["sequence"], "boot": found["boot"], "resumed": found["resumed"], "kind": kind & 7,
        "timestamp_ns": stamp, "slot": slot, "tenant": tenant, "opcode": opcode, "args": (a, b, c, d), "epoch": epoch,
        "status": kind >> 8 & 255, "failure": kind >> 4 & 15, "error": (kind >> 16 ^ 0x8000) - 0x8000, "digest": digest,
    }


def find_header(data):
    """The header that tells the geometry. Of all whole ones that lie where they say, those of the newest format count,
    and of these the one with the most blocks, since a log only grows."""
    best = None
    at = data.find(MAGIC, 0, SEARCH)
    while at >= 0:
        h = header(data[at:at + CELL]) if at + CELL <= len(data) else None
        if h and h["block"] * h["block_bytes"] == at:
            if best is None or (h["format"], h["blocks"]) > (best["format"], best["blocks"]):
                best = h
        at = data.find(MAGIC, at + 1, SEARCH)
    return best


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
        "sequence": place, "boot": 0, "resumed": 0, "kind": int(any((status, failure, error, digest))),
        "timestamp_ns": stamp, "slot": slot, "tenant": tenant, "opcode": opcode, "args": (a, b, c, d), "epoch": epoch,
        "status": status, "failure": min(failure, 4), "error": error, "digest": digest,
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
    """Yields a line of text for each record."""
    form = ("sequence=%d boot=%d resumed=%d kind=%s timestamp_ns=%d slot=%d tenant=%d opcode=%d args=%d,%d,%d,%d "
            "epoch=%d status=%d failure=%d error=%d digest=%016x")
    for r in log.records:
        if "body" in r:
            yield "sequence=%d boot=%d resumed=%d kind=%08x body=%s" % (
                r["sequence"], r["boot"], r["resumed"], r["kind"], r["body"].hex())
            continue
        kind = KINDS[r["kind"]] if r["kind"] < len(KINDS) else str(r["kind"])
        yield form % (r["sequence"], r["boot"], r["resumed"], kind, r["timestamp_ns"], r["slot"], r["tenant"],
                      r["opcode"], *r["args"], r["epoch"], r["status"], r["failure"], r["error"], r["digest"])


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
    if sys.argv[1:2] in (["-h"], ["--help"]):
        print("usage: " + __doc__.strip())
        return 0
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        print("usage: stklog.py FILE...", file=sys.stderr)
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
