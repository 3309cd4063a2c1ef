#!/usr/bin/env python3
"""planted.py: checks that the gates over the text of the tree find the faults that they look for. Each case has a gate,
a small tree, changes of this tree, and all lines that the gate must print. A case without lines must pass the gate."""
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

ROOMS = {
    "core/src/rooms.txt": "base:\nring: base\nstream: base ring\nheader odd.h base\n",
    "core/src/base/err.c": '#include "stoker/err.h"\n',
    "core/src/ring/ring.c": '#include <stddef.h>\n#include "base/le.h"\n#include "stoker/ring.h"\n',
    "core/src/stream/stream.c": '#include "ring/words_of.h"\n#include "stoker/ring.h"\n#include "stoker/odd.h"\n',
    "core/src/base/le.h": "#include <stdint.h>\n",
    "core/src/ring/words_of.h": '#include "stoker/words.h"\n',
    "core/include/stoker/err.h": "",
    "core/include/stoker/odd.h": "",
    "core/include/stoker/ring.h": '#include "stoker/err.h"\n#include "stoker/port/clock.h"\n',
    "core/include/stoker/port/clock.h": "",
    "core/include/stoker/stoker.h": '#include "stoker/ring.h"\n',
    "kernels/include/stoker/words.h": "",
    "kernels/loop.h": '#include "stoker/words.h"\n',
    "port/sim/include/stoker/port/sim.h": '#include "stoker/port/clock.h"\n',
    "port/sim/sim.c": '#include <fcntl.h>\n#include "stoker/port/sim.h"\n#include "loop.h"\n'
                      '#include "stoker/port/os.h"\n',
    "port/include/stoker/port/os.h": "",
    "port/file/file.c": '#include "stoker/port/os.h"\n',
    "tools/cli.h": "",
    "test/rig.h": "",
}

LONG = "x" * 100 + " " + "y" * 20

PAGES = {
    "core/SPEC.md": "# Wire\n\n## 1. Ring\n\n### 1.1 Slot\n\nSee section 2.\n\n## 2. Control `buffer`: words\n",
    "core/a.h": "/* As SPEC.md section 1.1 and\n * SPEC.md, \"Control\n * buffer\" have it; "
                "and the table of SPEC.md, 2. */\n",
    "README.md": "[SPEC.md](core/SPEC.md), sections 1, 1.1 and 2; a paper's section 9.\n",
}

SHARES = {
    "tools/comment-shares.txt": "# percent\nport/x 50\n",
    "port/x/a.c": "/* why */\nint a;\n",
}

CASES = [
    ("check-includes", ROOMS, {}, []),
    ("check-includes", ROOMS, {"core/src/base/err.c": '#include "stoker/err.h"\n#include "ring/words_of.h"\n'},
     ["core/src/base/err.c:2: includes ring/words_of.h of ring, which base may not use (core/src/rooms.txt)"]),
    ("check-includes", ROOMS, {"core/include/stoker/err.h": '# include "stoker/ring.h"\n'},
     ["core/include/stoker/err.h:1: includes stoker/ring.h of ring, which base may not use (core/src/rooms.txt)"]),
    ("check-includes", ROOMS, {"core/include/stoker/err.h": '#include "base/le.h"\n'},
     ["core/include/stoker/err.h:1: includes base/le.h, and a public header includes no private one"]),
    ("check-includes", ROOMS, {"core/src/base/err.c": '#include "stoker/stoker.h"\n'},
     ["core/src/base/err.c:1: includes stoker/stoker.h, which includes everything"]),
    ("check-includes", ROOMS, {"core/src/base/err.c": '#include <string.h>\n#include <math.h>\n'},
     ["core/src/base/err.c:1: includes string.h, which is not freestanding",
      "core/src/base/err.c:2: includes math.h, which is not freestanding"]),
    ("check-includes", ROOMS,
     {"core/src/base/err.c": '#include "stoker/port/sim.h"\n#include "../../../tools/cli.h"\n'},
     ["core/src/base/err.c:1: includes stoker/port/sim.h, which is nowhere that core/ may look",
      "core/src/base/err.c:2: includes ../../../tools/cli.h, which is nowhere that core/ may look"]),
    ("check-includes", ROOMS, {"core/src/base/err.c": '#include <stoker/port/sim.h>\n#include "loop.h"\n'},
     ["core/src/base/err.c:1: includes stoker/port/sim.h, which is nowhere that core/ may look",
      "core/src/base/err.c:2: includes loop.h, which is nowhere that core/ may look"]),
    ("check-includes", ROOMS, {"kernels/loop.h": '#include "stoker/err.h"\n#include <stdio.h>\n'},
     ["kernels/loop.h:1: includes stoker/err.h, which is nowhere that kernels/ may look",
      "kernels/loop.h:2: includes stdio.h, which is not freestanding"]),
    ("check-includes", ROOMS, {"port/file/file.c": '#include "stoker/port/sim.h"\n#include "ring/words_of.h"\n'},
     ["port/file/file.c:1: includes stoker/port/sim.h, which is nowhere that port/ may look",
      "port/file/file.c:2: includes ring/words_of.h, which is nowhere that port/ may look"]),
    ("check-includes", ROOMS, {"port/file/file.c": '#include "../../test/rig.h"\n#include "../sim/sim.c"\n'},
     ["port/file/file.c:1: includes ../../test/rig.h, which is nowhere that port/ may look",
      "port/file/file.c:2: includes ../sim/sim.c, which is nowhere that port/ may look"]),
    ("check-includes", ROOMS, {"core/src/attic/old.c": "", "core/include/stoker/new.h": ""},
     ["core/src/attic: core/src/rooms.txt has no such room",
      "core/include/stoker/new.h: has no room (core/src/rooms.txt)",
      "core/src/attic/old.c: has no room (core/src/rooms.txt)"]),
    ("check-includes", ROOMS, {"core/src/rooms.txt": "base: ring\nring: base\nstream: base ring\nheader odd.h base\n"},
     ["core/src/rooms.txt:1: base may use ring, which no line above names"]),
    ("check-includes", ROOMS, {"core/src/rooms.txt": ROOMS["core/src/rooms.txt"] + "\nheader new.h\n"},
     ["core/src/rooms.txt:6: 'header new.h' is no home of a header: write header NAME ROOM"]),
    ("check-columns", {"a.h": "/* " + "x" * 114 + " */\n", "a.md": "x" * 120 + "\n"}, {}, []),
    ("check-columns", {},
     {"a.h": "/* " + LONG + " */\n", "b.c": "\n// " + LONG + "\n", "k.cl": "/*\n" + LONG + "\n*/\n",
      "c.cpp": "int a; // " + LONG + "\n"},
     ["a.h:1: 127 columns", "b.c:2: 124 columns", "c.cpp:1: 131 columns", "k.cl:2: 121 columns"]),
    ("check-columns", {},
     {"a.md": f"{LONG}\n* {LONG}\n```\n{LONG}\n```\n| {LONG} |\nsee [a page]({'z' * 120})\n\n    {LONG}\n"},
     ["a.md:1: 121 columns", "a.md:2: 123 columns"]),
    # Scripts are known by the end of the name, by the whole name, or by their first line. Data may be wide.
    ("check-columns", {"a.sh": "x" * 120 + "\n", "data.txt": LONG + "\n", "case": LONG + "\n"}, {}, []),
    ("check-columns", {},
     {"a.sh": "# " + LONG + "\n", "b.py": "\n# " + LONG + "\n", "c.cmake": LONG + "\n", "CMakeLists.txt": LONG + "\n",
      "d.pml": "/* " + LONG + " */\n", "e.awk": LONG + "\n", "CMakePresets.json": "{\n" + LONG + "\n}\n",
      "tool": "#!/bin/sh\n" + LONG + "\n"},
     ["CMakeLists.txt:1: 121 columns", "CMakePresets.json:2: 121 columns", "a.sh:1: 123 columns",
      "b.py:2: 123 columns", "c.cmake:1: 121 columns", "d.pml:1: 127 columns", "e.awk:1: 121 columns",
      "tool:2: 121 columns"]),
    ("check-comments", SHARES, {}, []),
    ("check-comments", SHARES,
     {"port/x/a.c": "/* why\n * so */\n\n" + "int a;\n" * 3 + "char s[] = \"/*\";\nint b; /* c\n */\n/* d */ int e;\n",
      "port/x/include/a.h": "int a;\n"},
     ["port/x: 44.4 %, 4 of 9 lines: below 50 %, say why where a reader would ask", "all of port: 44.4 %"]),
    ("check-comments", {}, {"core/src/ring/a.c": "// why\n" + "int a;\n" * 15, "tools/x/a.c": "int a;\n"},
     ["core/src/ring: 6.2 %, 1 of 16 lines: below 15 %, say why where a reader would ask",
      "tools/x: 0.0 %, 0 of 1 lines: below 8 %, say why where a reader would ask",
      "core/src/ring/a.c: 6.2 % are comments, 1 of 16 lines", "tools/x/a.c: 0.0 % are comments, 0 of 1 lines",
      "all of core: 6.2 %", "all of tools: 0.0 %"]),
    ("check-comments", SHARES, {"tools/comment-shares.txt": "port/x 50\nport/y 15\n"},
     ["port/x: 50.0 %, 1 of 2 lines", "tools/comment-shares.txt: there is no folder port/y with sources",
      "all of port: 50.0 %"]),
    ("check-comments", SHARES, {"tools/comment-shares.txt": "port/x 50\nport\nport/x many\nport/x 1 2\n"},
     ["port/x: 50.0 %, 1 of 2 lines", "tools/comment-shares.txt:2: 'port' is no limit: write FOLDER PERCENT",
      "tools/comment-shares.txt:3: 'port/x many' is no limit: write FOLDER PERCENT",
      "tools/comment-shares.txt:4: 'port/x 1 2' is no limit: write FOLDER PERCENT", "all of port: 50.0 %"]),
    ("check-sections", PAGES, {}, []),
    ("check-sections", PAGES, {"core/a.h": "/* As in SPEC.md\n * section 1.2, or core/SPEC.md, \"Rings\". */\n"},
     ["core/a.h:1: core/SPEC.md has no section 1.2", "core/a.h:2: core/SPEC.md has no section \"Rings\""]),
    ("check-sections", PAGES, {"core/SPEC.md": "## 1. Ring\n## 3. Log\n## 2. Control buffer\n### 1.1 Slot\nSection 4.\n"
                                               "section 5\n"},
     ["core/SPEC.md: section 3 stands before 2", "core/SPEC.md: section 2 stands before 1.1",
      "core/SPEC.md:5: core/SPEC.md has no section 4", "core/SPEC.md:6: core/SPEC.md has no section 5"]),
    ("check-sections", PAGES, {"core/a.h": "/* the slot table of SPEC.md, and NONE.md, 2 */\n// SPEC.md, 1\n"},
     ["core/a.h:1: there is no page NONE.md", "core/a.h:1: names a table of SPEC.md, not its section"]),
]


def run(gate, files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        said = subprocess.run([sys.executable, ROOT / "tools" / gate, folder], capture_output=True, text=True)
    return said.returncode, said.stdout.splitlines(), said.stderr


def main():
    failed = 0
    for gate, tree, changes, want in CASES:
        status, lines, errors = run(gate, {**tree, **changes})
        right = sorted(lines) == sorted(want) and status == 1 if want else status == 0
        if not right:
            failed += 1
            print(f"{gate}, {sorted(changes)}: expected", *want, "got", status, *lines, errors, sep="\n  ")
    print(f"{len(CASES)} trees, {failed} not judged as they should be")
    sys.exit(1 if failed else 0)


main()
