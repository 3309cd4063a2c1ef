"""expect.py WANT < the output of stoker scan --json: exits 1 where it differs from what lib/naive.py wrote to WANT."""
import json
import sys


def hex_of(item, key):
    return item[key + "_hex"] if key + "_hex" in item else item[key].encode().hex()


def check(what, got, want):
    if got != want:
        sys.exit(f"{what}: {str(got)[:300]}, not {str(want)[:300]}")


want = json.load(open(sys.argv[1]))
got = json.load(sys.stdin)
check("total", got["total"], want["total"])
if "patterns" in got:
    check("patterns", [[hex_of(p, "pattern"), p["count"]] for p in got["patterns"]], want["patterns"])
check("files", [[hex_of(f, "file"), f["bytes"], f["count"]] for f in got["files"]], want["files"])
if "offsets" in got:
    listed = [[m["file"], m["offset"], m["pattern"], m["length"]] for m in got["offsets"]]
    asked = int(sys.argv[2])
    check("offsets", listed, want["matches"][:asked])
