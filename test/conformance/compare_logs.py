#!/usr/bin/env python3
"""compare_logs.py STOKER STKLOG FOLDER...: compares two readers of logs on every .img and .vrrl file in the folders.
The readers are `stoker log dump`, which uses the library, and tools/stklog.py, which is written from core/SPEC.md
alone. Both must print the same text."""
import importlib.util
import io
import os
import subprocess
import sys


def load(path):
    spec = importlib.util.spec_from_file_location("stklog", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def by_stoker(stoker, path):
    done = subprocess.run([stoker, "log", "dump", path], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def by_stklog(stklog, path):
    out, err = io.StringIO(), io.StringIO()
    code = stklog.dump(path, out, err)
    return code, out.getvalue(), err.getvalue()


def difference(ours, theirs):
    """None, or the first difference. The reason of a refusal is worded by each in its own way."""
    if ours[0] != theirs[0]:
        return "exit codes %d and %d: %s / %s" % (ours[0], theirs[0], ours[2].strip(), theirs[2].strip())
    if ours[0] == 2:
        return None
    counts = ours[2].splitlines()[-1], theirs[2].splitlines()[-1]
    if counts[0] != counts[1]:
        return "counts: %s / %s" % counts
    for number, pair in enumerate(zip(ours[1].splitlines(), theirs[1].splitlines())):
        if pair[0] != pair[1]:
            return "line %d:\n  %s\n  %s" % (number + 1, *pair)
    return None if ours[1] == theirs[1] else "one of them prints more"


def main():
    stoker, stklog = sys.argv[1], load(sys.argv[2])
    files = sorted(
        os.path.join(folder, name)
        for folder in sys.argv[3:] for name in os.listdir(folder) if name.endswith((".img", ".vrrl")))
    differ = records = refused = 0
    for path in files:
        ours, theirs = by_stoker(stoker, path), by_stklog(stklog, path)
        what = difference(ours, theirs)
        if what:
            print("%s: %s" % (path, what))
            differ += 1
        records += theirs[1].count("\n")
        refused += theirs[0] == 2
    print("%d images compared, %d records, %d refused by both, %d differ" % (len(files), records, refused, differ))
    return 1 if differ or not records else 0


if __name__ == "__main__":
    sys.exit(main())
