#!/usr/bin/env python3
"""Makes the input of `stoker bench scan`: a text of dictionary words and files of patterns out of the same dictionary.

    make_text.py text FILE [BYTES]      lines of 6 to 14 words, 256,000,000 bytes unless said
    make_text.py patterns FILE COUNT    COUNT words of 4 letters or more, spread over the dictionary

The same dictionary gives the same bytes every time.
"""
import os
import random
import re
import sys

DICTIONARY = os.environ.get("DICTIONARY", "/usr/share/dict/words")
SEED = 20261121
LINES_AT_ONCE = 100_000


def dictionary():
    with open(DICTIONARY, encoding="utf-8") as file:
        return file.read().split()


def write_text(path, size):
    words, rng, left = dictionary(), random.Random(SEED), size
    with open(path, "wb") as out:
        while left > 0:
            lines = (" ".join(rng.choices(words, k=rng.randint(6, 14))) for _ in range(LINES_AT_ONCE))
            block = ("\n".join(lines) + "\n").encode()[:left]
            out.write(block)
            left -= len(block)


def write_patterns(path, count):
    words = sorted({w for w in dictionary() if re.fullmatch("[A-Za-z]{4,}", w)})
    with open(path, "w", encoding="utf-8") as out:
        out.writelines(words[i * len(words) // count] + "\n" for i in range(count))


def main(argv):
    if len(argv) in (3, 4) and argv[1] == "text":
        write_text(argv[2], int(argv[3]) if len(argv) == 4 else 256_000_000)
    elif len(argv) == 4 and argv[1] == "patterns":
        write_patterns(argv[2], int(argv[3]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv)
