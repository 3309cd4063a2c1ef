#!/usr/bin/env python3
"""Writes the seed corpus of the fuzz targets into corpus/, beside this file."""
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))
from stklog import crc32c  # noqa: E402


def seed(target, name, data):
    folder = os.path.join(HERE, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as out:
        out.write(data)


def words(*values):
    return struct.pack("<%dI" % len(values), *values)


def slot(status, opcode, tenant=0, priority=2, args=()):
    return words(status, opcode, tenant, priority, *(list(args) + [0] * (12 - len(args))))


def sealed(cell, seed):
    return cell + words(crc32c(cell, seed))


LOG_ID = 7
# fuzz_log.c: the units that an input can name.
UNITS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 24, 48, 80, 96, 192, 528, 2112]


def page_of(unit):
    """core/SPEC.md 6"""
    return (64 + unit - 1) // unit * unit


def log_header(block, lap, sequence, block_bytes, blocks, unit=1, erased=0xFF, log_format=1, boot=1, reach=0):
    """core/SPEC.md 6.1"""
    fields = words(LOG_ID, lap, sequence, block, block_bytes, blocks, unit, erased, log_format, boot, reach, 0, 0)
    return sealed(b"STKLOG02" + fields, 0)


def log_cell(lap, sequence, kind, body, boot=1, resumed=0):
    """core/SPEC.md 6.2"""
    cell = words(kind) + body + words(sequence, boot << 1 | resumed)
    return sealed(cell, crc32c(words(LOG_ID, lap, 1), 0))


def log_record(lap, sequence, boot=1, resumed=0):
    """A replay record (core/SPEC.md 6.2) with the time in microseconds of its number."""
    body = struct.pack("<QIII4IIQ", 1000 * sequence, 1, 2, 8, 1, 2, 3, 4, 0, 0)
    return log_cell(lap, sequence, 0, body, boot, resumed)


def block_of(cells, pages, unit, erased):
    """The cells laid out in pages of the unit, the rest of each page and of the block blank."""
    page = page_of(unit)
    each = page // 64
    out = b""
    for at in range(0, pages * each, each):
        out += b"".join(cells[at:at + each]).ljust(page, bytes([erased]))
    return out


def log_image(blocks, pages, laps, newest, unit=1, erased=0xFF, left=0, boot_at=None, block_bytes=None):
    """Returns an image of a log whose block `newest` has `left` cells that are not written yet. The records from record
    `boot_at` on are of boot 2; the records before are of boot 1."""
    image, sequence = [], 0
    cells = pages * (page_of(unit) // 64)
    block_bytes = block_bytes or pages * page_of(unit)
    for step in range(1, blocks + 1):
        block = (newest + step) % blocks
        lap = laps if block <= newest else laps - 1
        used = cells - 1 - (left if block == newest else 0)
        own = []
        if lap:
            boot = 1 if boot_at is None or sequence < boot_at else 2
            own.append(log_header(block, lap, sequence, block_bytes, blocks, unit, erased, boot=boot))
            for number in range(sequence, sequence + used):
                later = boot_at is not None and number >= boot_at
                own.append(log_record(lap, number, 2 if later else 1, int(number == boot_at)))
            sequence += used
        body = block_of(own, pages, unit, erased)
        image.append((block, body.ljust(block_bytes, bytes([erased]))))
    return bytearray(b"".join(body for _, body in sorted(image)))


def log_seeds():
    def geometry(blocks, pages, unit=1, rewrite=2, lazy=0, erased=0xFF, read_unit=1):
        """The first four bytes of the input."""
        bits = rewrite | lazy << 2 | (0 if erased else 8) | 0xF0
        return bytes([UNITS.index(read_unit), UNITS.index(unit), bits, pages - 1 | blocks - 3 << 4])

    tail = bytes(range(1, 33))
    nor = geometry(8, 4)
    whole = log_image(8, 4, 3, 4, left=1)
    seed("log", "laps", nor + whole + tail)
    seed("log", "first_lap", nor + log_image(8, 4, 1, 2, left=2) + tail)
    seed("log", "once_lazy", geometry(8, 4, rewrite=0, lazy=1) + whole)
    seed("log", "boots", nor + log_image(8, 4, 3, 4, left=1, boot_at=12) + tail)
    torn = bytearray(whole)
    torn[256 * 4 + 192 + 10:256 * 4 + 192 + 40] = b"\0" * 30
    seed("log", "torn", nor + torn)
    marked = bytearray(whole)
    marked[256 * 4 + 192:256 * 5] = b"\0" * 64
    seed("log", "marker", nor + marked)
    for name, at in (("first_header", 0), ("newest_header", 256 * 4), ("middle_header", 256 * 2)):
        damaged = bytearray(whole)
        damaged[at + 17] ^= 1
        seed("log", name, nor + damaged)
    stale = bytearray(whole)
    stale[256 * 2:256 * 3] = log_image(8, 4, 2, 4)[256 * 2:256 * 3]
    seed("log", "block_not_erased", nor + stale)
    remnant = bytearray(whole)
    remnant[256 * 4 + 128:256 * 5] = log_image(8, 4, 2, 4)[256 * 4 + 128:256 * 5]
    seed("log", "remnant_of_a_lap", geometry(8, 4, rewrite=0, lazy=1) + remnant + tail)
    older = bytearray(whole)
    older[:64] = log_header(0, 9, 999, 256, 8, log_format=0)
    seed("log", "older_format", nor + older + tail)
    around = bytearray(whole)
    for block in range(8):
        around[256 * block:256 * block + 64] = log_header(block, 1 + block * 0x20000000, 3 * block, 256, 8)
    seed("log", "lap_wraps", nor + around + tail)
    seed("log", "page_256",
         geometry(4, 2, unit=256, erased=0) + log_image(4, 2, 2, 1, unit=256, erased=0, left=3) + tail)
    seed("log", "page_528", geometry(4, 1, unit=528) + log_image(4, 1, 2, 1, unit=528, left=5) + tail)
    seed("log", "page_72", geometry(4, 5, unit=24, read_unit=8) + log_image(4, 5, 2, 1, unit=24, left=1) + tail)
    seed("log", "page_4096", geometry(4, 1, unit=4096, rewrite=3) + log_image(4, 1, 2, 0, unit=4096)[:4000])
    bad = bytearray(geometry(3, 4))
    bad[2] = bad[2] & 0x0F | 1 << 4  # block 1 fails, so two blocks are left
    seed("log", "two_blocks_left", bytes(bad) + log_image(3, 4, 2, 2, left=1) + tail)
    seed("log", "short", nor + whole[:700])
    seed("log", "ahead", nor + log_image(8, 4, 3, 4, left=3) + tail)


def store_cell(sequence, kind, body, resumed=0):
    """core/SPEC.md 9.1 in a cell of the first lap"""
    return log_cell(1, sequence, kind, body, 1, resumed)


def store_artifact(sequence, name, data):
    """core/SPEC.md 9.2 and 9.3; the hash is zeros, so that it is read to its end and then refused."""
    key = bytes([name]) * 32
    cells = [store_cell(sequence, 9, key + words(len(data), sequence, 0, 0))]
    for at in range(0, len(data), 48):
        cells.append(store_cell(sequence + len(cells), 8, data[at:at + 48].ljust(48, b"\0")))
    cells.append(store_cell(sequence + len(cells), 10, bytes(32) + words(len(data), sequence, 0, 0)))
    return cells


def store_image(records, blocks, cells):
    """The records in the first lap of a store with pages of one cell."""
    body = b""
    for block in range(blocks):
        own = records[block * (cells - 1):(block + 1) * (cells - 1)]
        if own:
            body += log_header(block, 1, block * (cells - 1), 64 * cells, blocks) + b"".join(own)
            body += b"\xff" * (64 * (cells - 1 - len(own)))
        else:
            body += b"\xff" * (64 * cells)
    return body


def store_seeds():
    nor, lazy = bytes([0, 0, 0xF2, 3 | 8 << 4]), bytes([0, 0, 0xF4, 3 | 8 << 4])
    tail = bytes(range(1, 65))
    records = store_artifact(0, 1, b"x" * 50) + store_artifact(4, 2, b"") + store_artifact(6, 3, bytes(range(200)))
    gone = store_cell(13, 11, b"\1" * 32 + bytes(16))
    whole = store_image(records + [gone], 12, 4)
    seed("store", "whole", nor + whole + tail)
    seed("store", "lazy", lazy + whole + tail)
    seed("store", "torn", nor + store_image(records[:-1], 12, 4) + tail)
    seed("store", "torn_then_whole", nor + store_image(records[:8] + store_artifact(8, 4, b"abc"), 12, 4) + tail)
    seed("store", "large",
         nor + store_image(store_artifact(0, 1, b"y" * 1200) + store_artifact(27, 2, b"z"), 12, 4) + tail)
    seed("store", "large_torn",
         nor + store_image(store_artifact(0, 1, b"y" * 1200)[:-1] + store_artifact(26, 2, b"z"), 12, 4))
    seed("store", "vast",
         nor + store_image([store_cell(0, 9, b"\1" * 32 + words(0xFFFFFFFF, 0, 0, 0))] * 3, 12, 4) + tail)
    many = [cell for i in range(9) for cell in store_artifact(2 * i, i, b"")]
    seed("store", "too_many", nor + store_image(many, 12, 4) + tail)
    versions = [cell for i in range(5) for cell in store_artifact(3 * i, 1, bytes([i] * 40))]
    seed("store", "versions", nor + store_image(versions + [store_cell(15, 11, b"\2" * 32 + bytes(16))], 12, 4) + tail)
    seed("store", "a_log", nor + store_image([store_cell(i, 0, bytes(48)) for i in range(5)], 12, 4) + tail)


def main():
    log_seeds()
    store_seeds()
    every = b"".join(slot(s, 0x40000000 + s) for s in range(8))
    seed("ring", "empty", b"\0" * 128)
    seed("ring", "every_status", every)
    seed("ring", "load_miss", slot(1, 0xFFFD, args=[7, 1]) * 2)
    seed("ring", "short", every[:100])
    control = words(0, 5, 3, *[0xFFFFFFFF] * 29) + b"\0" * 384 + words(*range(64))
    seed("control", "whole", words(0) + control)
    seed("control", "short", words(3) + control[:100])
    seed("control", "odd", words(128) + control[:517])
    seed("debug_log", "two", words(8, 1, 2, 3, 4, 5, 6, 7, 8))
    seed("debug_log", "past_end", words(12, 1, 2, 3, 4))
    seed("debug_log", "torn", words(3, 1, 2, 3, 4))
    request = words(1, 2, 3, 4, 5, 6, 1, 8)
    done = words(1, 2, 3, 4, 5, 6, 0x10, 8)
    seed("io_queue", "mixed", request + done + b"\0" * 32)
    seed("io_queue", "full", request * 64)
    seed("io_queue", "odd", request[:30])
    table = words(*range(16))
    seed("slots", "builtins", b"".join(slot(1, op, args=[160, 161, 3, 2]) for op in range(1, 5)) + table)
    seed("slots", "more", b"".join(slot(1, op, args=[160, 162, 4, 1]) for op in (5, 6, 7, 0xFFFE)))
    seed("slots", "load_miss", slot(1, 0xFFFD, args=[1, 0]) + slot(4, 0xFFFD, args=[1, 0, 1]) + slot(6, 0) + slot(5, 9))
    packed = struct.pack("<BBBBBBxx", 2, 4, 1, 0, 2, 2) + words(9, 160, 1, 161)
    seed("slots", "packed",
         words(1, 0x80000001, 0, 2) + packed.ljust(48, b"\0") + slot(1, 0xFFFFFFFF) + slot(1, 1 << 31) * 2)
    seed("slots", "scan",
         b"".join(slot(1, op, args=[0, 64, 0, 64, 128, 0, 8]) for op in (0x10001, 0x10002, 0x10003, 8)))
    seed("automaton", "words", b"\3\2he\3she\4hersushers and hers")
    seed("automaton", "runs", b"\3\1a\2aa\4aaaa" + b"a" * 200)
    seed("automaton", "empty_pattern", b"\2\1a\0text")
    seed("automaton", "none", b"\0")
    seed("automaton", "bytes", b"\4\2\0\xff\1\0\3\xff\xff\xff\1\x80" + bytes(range(256)))
    head = struct.pack(">HB", 512, 3) + words(8, 9, 0x40000000, 8)
    seed("telemetry", "whole",
         head + b"".join(slot(i, 8 + i % 2, args=[i // 3, i % 3]) for i in range(8)) + b"\0" * 640)
    seed("telemetry", "short_control", head + every + b"\0" * 100)
    seed("telemetry", "odd_ring", head[:1] + b"\1" + head[2:] + every + b"\0" * 1000)
    def ask(slot_index, io_slot, resource, wait=200):
        return bytes([5, slot_index, io_slot, resource, wait])

    seed("miss", "served", b"".join(ask(i, i, i) for i in range(4)) + bytes([4, 200, 0, 255]) * 4)
    seed("miss", "shared", ask(0, 0, 1, 0) + ask(1, 1, 1, 0) + ask(2, 2, 1, 255))
    seed("miss", "cancelled", ask(0, 0, 2, 0) + bytes([0, 0, 255]) + ask(0, 1, 2) + bytes([0, 0, 0]))
    seed("miss", "refused", ask(5, 3, 4) + bytes([2, 96 + 7, 19, 0]) + bytes([2, 96 + 6, 1, 255]))
    seed("miss", "recovered", ask(0, 0, 1, 0) + bytes([2, 96 + 6, 4, 0, 1, 0]) + ask(0, 0, 1))
    place = words(0xDEADBEEF, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10) + b"\0" * 20
    failed = place[:44] + words(7, 1, 0xFFFFFFFF, 5, 6)
    log = b"VRRL0001" + words(1, 0) + struct.pack("<QQ", 3, 2)
    seed("vrrl", "whole", b"\1\0" + log + place + failed + b"\0" * 64)
    seed("vrrl", "short", b"\0\x80" + log + place + failed[:50])
    seed("vrrl", "damaged", b"\3\1" + log + place + b"\1" + failed[1:] + place)
    seed("vrrl", "cursor", b"\2\0" + log[:24] + b"\xff" * 8 + place * 3)
    seed("vrrl", "header", b"\0\0" + log[:31])


if __name__ == "__main__":
    main()
