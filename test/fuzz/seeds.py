#!/usr/bin/env python3
"""Writes the seed corpus of the fuzz targets into corpus/, beside this file."""
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))


def seed(target, name, data):
    folder = os.path.join(HERE, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as out:
        out.write(data)


def words(*values):
    return struct.pack("<%dI" % len(values), *values)


def slot(status, opcode, tenant=0, priority=2, args=()):
    return words(status, opcode, tenant, priority, *(list(args) + [0] * (12 - len(args))))


def main():
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
    seed("slots", "packed", words(1, 0x80000001, 0, 2) + packed.ljust(48, b"\0") + slot(1, 0xFFFFFFFF) + slot(1, 1 << 31) * 2)
    seed("slots", "scan", b"".join(slot(1, op, args=[0, 64, 0, 64, 128, 0, 8]) for op in (0x10001, 0x10002, 0x10003, 8)))
    seed("automaton", "words", b"\3\2he\3she\4hersushers and hers")
    seed("automaton", "runs", b"\3\1a\2aa\4aaaa" + b"a" * 200)
    seed("automaton", "empty_pattern", b"\2\1a\0text")
    seed("automaton", "none", b"\0")
    seed("automaton", "bytes", b"\4\2\0\xff\1\0\3\xff\xff\xff\1\x80" + bytes(range(256)))
    head = struct.pack(">HB", 512, 3) + words(8, 9, 0x40000000, 8)
    seed("telemetry", "whole", head + b"".join(slot(i, 8 + i % 2, args=[i // 3, i % 3]) for i in range(8)) + b"\0" * 640)
    seed("telemetry", "short_control", head + every + b"\0" * 100)
    seed("telemetry", "odd_ring", head[:1] + b"\1" + head[2:] + every + b"\0" * 1000)
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
