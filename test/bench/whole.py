#!/usr/bin/env python3
"""Times whole processes in paired runs: stoker scan beside ripgrep and Hyperscan, or stoker's own devices over sizes.

    whole.py peers [OPTION]...   the made sets of patterns: stoker with default options and on the interpreter, rg and
                                 hs_scan, on a quiet machine and with busy loops beside them
    whole.py sizes [OPTION]...   files of 1 KB to 1 GB: default options, interpreter and OpenCL device, and first starts
                                 with empty caches

      --set NAME       one set of stoker bench scan (peers: all; sizes: frequent76); several times
      --bytes BYTES    of the text in peers (128M), and of the largest file in sizes (1000000000)
      --runs N         runs of each program (9)
      --state NAME     quiet or busy, one of the two states alone
      --loops N        busy loops of the busy state (2)
      --wait SECONDS   wait at most so long for a load below 0.3 before a quiet row (0)
      --stoker FILE    the command (build/host/bin/stoker of this tree); hs_scan is looked for beside it
      --device NAME    the OpenCL device in sizes (opencl, or 0 where the command knows no such name)
      --folder FOLDER  keep text and sets in FOLDER, and take them from there when they are there

Every run is a process from start to exit; each round runs every program once, in an order that changes from round to
round. Times are medians of the rounds in seconds, and a ratio is the median of the ratios in a round: above 1 stoker is
faster. An unmeasured round goes before, so that the file is in the page cache and stoker has its store; stoker and the
driver keep these in a folder of their own here. A row says busy when the load average was 0.3 or more, or when others
used a tenth of the CPUs in the second before the row. Counts of stoker and Hyperscan are compared with an independent
count; the exit status is 1 when one differs, whatever the times. rg is run as `rg -F -c`, its fastest way: it counts
lines, and knows no overlaps, so that its count is not compared.
"""
import argparse
import collections
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SETS = ("frequent76", "frequent926", "rare76", "rare2500")
QUIET_LOAD = 0.3
OTHERS_MAX = 0.1  # part of the CPUs that others may use on a quiet machine
SIZES = [10**n for n in range(3, 10)]
COPY_BYTES = 1 << 20


class Program:
    """A command line; `exact`: it counts every occurrence of every pattern."""

    def __init__(self, name, argv, exact=True, fresh=False):
        self.name, self.argv, self.exact, self.fresh = name, argv, exact, fresh
        self.wall, self.cpu = [], []


# --- The machine ---


def cpu_times():
    with open("/proc/stat", encoding="ascii") as file:
        ticks = [int(n) for n in file.readline().split()[1:9]]
    return sum(ticks), ticks[3] + ticks[4]  # all; idle and waiting


def state_word(wait):
    """Waits up to `wait` seconds for a quiet machine. Returns "quiet" or "busy" and the load, for a row of results."""
    end = time.monotonic() + wait
    while True:
        all_before, idle_before = cpu_times()
        time.sleep(1)
        all_after, idle_after = cpu_times()
        load = os.getloadavg()[0]
        used = 1 - (idle_after - idle_before) / max(1, all_after - all_before)
        quiet = load < QUIET_LOAD and used < OTHERS_MAX
        if quiet or time.monotonic() >= end:
            return f"{'quiet' if quiet else 'busy'} {load:.2f}"


class Loops:
    """Processes that use a CPU each, as long as the block lasts."""

    def __init__(self, count):
        self.count, self.loops = count, []

    def __enter__(self):
        for _ in range(self.count):
            self.loops.append(subprocess.Popen(["sh", "-c", "while :; do :; done"]))

    def __exit__(self, *_):
        for loop in self.loops:
            loop.kill()
            loop.wait()


# --- Running ---


class Bench:
    def __init__(self, options, folder):
        self.options, self.folder, self.wrong = options, folder, 0
        self.stoker = os.path.abspath(options.stoker)
        beside = os.path.join(os.path.dirname(self.stoker), "hs_scan")
        self.hs_scan = beside if os.access(beside, os.X_OK) else shutil.which("hs_scan")
        self.rg = shutil.which("rg")
        self.caches = os.path.join(folder, "caches")
        self.out = os.path.join(folder, "out")

    def environment(self, caches):
        return dict(os.environ, XDG_CACHE_HOME=caches, POCL_CACHE_DIR=os.path.join(caches, "pocl"))

    def run_once(self, program):
        """Returns wall time, CPU time and the count that was printed."""
        caches = tempfile.mkdtemp(dir=self.folder) if program.fresh else self.caches
        os.makedirs(os.path.join(caches, "pocl"), exist_ok=True)
        with open(self.out, "wb") as out, open(self.out + ".err", "wb") as err:
            start = time.perf_counter()
            child = subprocess.Popen(program.argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                     env=self.environment(caches))
            _, status, used = os.wait4(child.pid, 0)
            wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if program.fresh:
            shutil.rmtree(caches)
        if child.returncode != 0 and (program.exact or child.returncode != 1):
            with open(self.out + ".err", encoding="utf-8", errors="replace") as err:
                sys.exit(f"whole.py: {' '.join(program.argv)}: exit code {child.returncode}\n{err.read()}")
        with open(self.out, encoding="ascii") as out:
            return wall, used.ru_utime + used.ru_stime, int(out.read().strip() or 0)

    def rounds(self, programs, expected):
        for round_number in range(self.options.runs + 1):
            turn = round_number % len(programs)
            order = programs[turn:] + programs[:turn]
            for program in order if round_number % 2 else reversed(order):
                wall, cpu, count = self.run_once(program)
                if program.exact and count != expected:
                    self.wrong += 1
                    print(f"WRONG: {program.name} counts {count} matches where {expected} are: "
                          f"{' '.join(program.argv)}")
                if round_number > 0:
                    program.wall.append(wall)
                    program.cpu.append(cpu)

    def scan(self, name, patterns, text, *more, fresh=False):
        return Program(name, [self.stoker, "scan", "-f", patterns, "--count", *more, text], fresh=fresh)

    def states(self):
        """For each state that is wanted: its loops, and a function that returns the word for a row."""
        if self.options.state != "busy":
            yield Loops(0), lambda: state_word(self.options.wait)
        if self.options.state != "quiet":
            yield Loops(self.options.loops), lambda: f"{self.options.loops} loops"


# --- Text, sets and the independent count ---


def make_files(stoker, folder, size):
    done = os.path.join(folder, "text")
    if not os.path.exists(done):
        subprocess.run([stoker, "bench", "scan", "--write", folder, "--bytes", size], check=True)
    return done


def words_of(path, size):
    """How often each word stands in the first `size` bytes; a word ends at white space, which no pattern has."""
    words, rest = collections.Counter(), b""
    with open(path, "rb") as file:
        while size > 0:
            block = file.read(min(size, 16 * COPY_BYTES))
            if not block:
                break
            size -= len(block)
            parts = (rest + block).split()
            rest = parts.pop() if not block[-1:].isspace() else b""
            words.update(parts)
    words[rest] += 1
    return words


def independent_count(words, path):
    """Looks each part of each word up among the patterns."""
    with open(path, "rb") as file:
        patterns = collections.Counter(file.read().split(b"\n")[:-1])
    lengths = sorted({len(p) for p in patterns})
    assert not any(c.isspace() for p in patterns for c in p.decode("latin-1"))
    total = 0
    for word, times in words.items():
        total += times * sum(patterns.get(word[i:i + n], 0) for n in lengths for i in range(len(word) - n + 1))
    return total


# --- Tables ---


def median(values):
    return f"{statistics.median(values):.3f}"


def ratio(theirs, ours):
    return f"{statistics.median([a / b for a, b in zip(theirs.wall, ours.wall)]):.2f}"


def row(cells, widths):
    print("  ".join(str(c).ljust(w) if i < 2 else str(c).rjust(w) for i, (c, w) in enumerate(zip(cells, widths))),
          flush=True)


def peers(bench):
    options = bench.options
    text = make_files(bench.stoker, bench.folder, options.bytes or "128M")
    size = os.path.getsize(text)
    words = words_of(text, size)
    sets = {name: os.path.join(bench.folder, name) for name in options.set or SETS}
    expected = {name: independent_count(words, path) for name, path in sets.items()}
    for name, there in (("rg", bench.rg), ("hs_scan", bench.hs_scan)):
        if not there:
            print(f"no column of {name}: " + ("install ripgrep" if name == "rg" else
                                              "install libhyperscan-dev and build the target hs_scan"))
    print(f"{size} bytes, medians of {options.runs} runs in seconds; cpu: user and system time of the default; "
          "rg counts lines and no overlaps")
    widths = (11, 10, 7, 7, 7, 7, 9, 9, 9, 10, 10)
    row(("set", "machine", "default", "cpu", "interp", "rg", "hyperscan", "rg/def", "hs/def", "hs/interp", "matches"),
        widths)
    for loops, word in bench.states():
        with loops:
            for name, patterns in sets.items():
                says = word()
                ours, interp = bench.scan("stoker", patterns, text), bench.scan("interp", patterns, text,
                                                                                "--device", "interp")
                rg = Program("rg", [bench.rg, "--no-config", "-F", "-c", "-f", patterns, text], exact=False)
                hs = Program("hyperscan", [bench.hs_scan, "--count", patterns, text])
                there = [p for p in (ours, interp, rg, hs) if p.argv[0]]
                bench.rounds(there, expected[name])
                row((name, says, median(ours.wall), median(ours.cpu), median(interp.wall),
                     *(median(p.wall) if p in there else "-" for p in (rg, hs)),
                     *(ratio(p, ours) if p in there else "-" for p in (rg, hs)),
                     ratio(hs, interp) if hs in there else "-", expected[name]), widths)


def first_bytes(source, path, size):
    with open(source, "rb") as text, open(path, "wb") as out:
        while size > 0:
            size -= out.write(text.read(min(size, COPY_BYTES)))


def device_name(bench, patterns):
    """The name of the OpenCL device for --device; None where there is no such device."""
    for name in (bench.options.device,) if bench.options.device else ("opencl", "0"):
        argv = bench.scan("", patterns, patterns, "--device", name).argv
        if subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return name
    return None


def behind(ours, others):
    """The median of the seconds by which `ours` is behind the fastest of the others in a round."""
    return statistics.median([wall - min(p.wall[i] for p in others) for i, wall in enumerate(ours.wall)])


def sizes(bench):
    options = bench.options
    most = int(options.bytes or SIZES[-1])
    text = make_files(bench.stoker, bench.folder, str(max(most, 4096)))
    names = options.set or SETS[:1]
    device = device_name(bench, os.path.join(bench.folder, names[0]))
    if not device:
        print("no column of a device: none opens")
    print(f"medians of {options.runs} runs in seconds; behind: the default against the faster of interp and device, "
          "the first start with empty caches against interp")
    widths = (11, 10, 10, 7, 7, 7, 7, 7, 7, 10)
    row(("set", "machine", "bytes", "default", "interp", "device", "behind", "first", "behind", "matches"), widths)
    for loops, word in bench.states():
        with loops:
            for size in [s for s in SIZES if s <= most]:
                part = os.path.join(bench.folder, "part")
                first_bytes(text, part, size)
                words = words_of(part, size)
                for name in names:
                    patterns = os.path.join(bench.folder, name)
                    expected, says = independent_count(words, patterns), word()
                    ours, interp = bench.scan("stoker", patterns, part), bench.scan("interp", patterns, part,
                                                                                    "--device", "interp")
                    first = bench.scan("first start", patterns, part, fresh=True)
                    others = [interp] + ([bench.scan("device", patterns, part, "--device", device)] if device else [])
                    bench.rounds([ours, first] + others, expected)
                    row((name, says, size, median(ours.wall), median(interp.wall),
                         median(others[1].wall) if device else "-", f"{behind(ours, others):+.3f}", median(first.wall),
                         f"{behind(first, [interp]):+.3f}", expected), widths)


def main():
    parser = argparse.ArgumentParser(usage=__doc__, add_help=False)
    parser.add_argument("mode", choices=("peers", "sizes"))
    parser.add_argument("--set", action="append", choices=SETS)
    parser.add_argument("--bytes")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--state", choices=("quiet", "busy"))
    parser.add_argument("--loops", type=int, default=2)
    parser.add_argument("--wait", type=float, default=0)
    parser.add_argument("--stoker", default=os.path.join(ROOT, "build", "host", "bin", "stoker"))
    parser.add_argument("--device")
    parser.add_argument("--folder")
    if set(sys.argv) & {"-h", "--help"}:
        print(__doc__)
        return 0
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stoker-whole-") as temporary:
        folder = os.path.abspath(options.folder or temporary)
        bench = Bench(options, folder)
        (peers if options.mode == "peers" else sizes)(bench)
    if bench.wrong:
        print(f"whole.py: {bench.wrong} counts differ", file=sys.stderr)
    return 1 if bench.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
