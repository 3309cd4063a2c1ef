"""naive.py PATTERNS FILE...: counts every occurrence of each pattern, overlaps included, by comparing at every byte.
Prints the counts as JSON for lib/expect.py, which compares a scan with them."""
import collections
import json
import os
import sys

KEPT = 20000  # matches to compare offsets with


def lines(path):
    text = open(path, "rb").read()
    return (text[:-1] if text.endswith(b"\n") else text).split(b"\n")


def starts(data, pattern):
    at = data.find(pattern)
    while at >= 0:
        yield at
        at = data.find(pattern, at + 1)


patterns, names = lines(sys.argv[1]), sys.argv[2:]
datas = [open(name, "rb").read() for name in names]
matches = sorted((f, at, p, len(pattern)) for f, data in enumerate(datas) for p, pattern in enumerate(patterns)
                 for at in starts(data, pattern))
by_file = collections.Counter(m[0] for m in matches)
by_pattern = collections.Counter(m[2] for m in matches)
json.dump({
    "total": len(matches),
    "patterns": [(pattern.hex(), by_pattern[p]) for p, pattern in enumerate(patterns)],
    "files": [(os.fsencode(name).hex(), len(datas[f]), by_file[f]) for f, name in enumerate(names)],
    "matches": matches[:KEPT],
}, sys.stdout)
