"""make_case.py SEED CHUNK: writes `patterns` and the files f0, f1, ... around chunk borders, full of matches."""
import random
import sys

seed, chunk = int(sys.argv[1]), int(sys.argv[2])
r = random.Random(seed)
BYTES = [b for b in range(256) if b != 10]
ALPHABETS = [b"ab", b"abc\0", bytes(BYTES)]


def word(length):
    return bytes(r.choice(r.choice(ALPHABETS)) for _ in range(length))


def relatives(p):
    """Prefixes, suffixes, inner parts and overlaps of a pattern."""
    k = r.randrange(1, len(p))
    return [p[:k], p[k:], p[k:] + p[:k], p[k // 2:k // 2 + 3] or p[:1], p + p[:k]]


def fill(size, patterns):
    data = bytearray()
    while len(data) < size:
        data += r.choice([r.choice(patterns), word(r.randrange(1, 40)), r.choice(patterns)[:5] * 2])
    for border in range(chunk, size, chunk):
        p = r.choice(patterns)
        at = max(0, border - r.randrange(len(p) + 1))
        data[at:at + len(p)] = p
    return bytes(data[:size])


base = [word(r.choice([2, 3, 8, 20])) for _ in range(6)] + [word(chunk - 700), word(chunk)]
patterns = base + [q for p in base for q in relatives(p)] + [b"a", b"aa", b"aaaa", b"\0", b"\xff", b"\r", b"\\x0A"]
patterns = [p[:chunk] for p in patterns]
patterns.append(base[0])  # a pattern twice counts twice
open("patterns", "wb").write(b"\n".join(patterns) + (b"\n" if seed % 2 else b""))
sizes = [0, 1, 2, chunk - 1, chunk, chunk + 1, 2 * chunk, 12 * chunk + 5, 16 * chunk]
for i, size in enumerate(sizes):
    open(f"f{i}", "wb").write(fill(size, patterns))
