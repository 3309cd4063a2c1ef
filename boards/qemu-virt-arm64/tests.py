"""The tests that run in the guest: those of ctest whose program the cross build makes, and the scripts of tests/."""
import fcntl
import json
import os
import pathlib
import random
import re
import shlex
import sys
import time

import guest
import programs

PROGRAMS = str(guest.BUILD / "bin") + "/"
# Of the tests of the host: those of files, rings, sockets and devices, for which the guest has the real thing.
INPUT_OUTPUT = re.compile(r"(unit|contract|faults)\.(file|mtd|posix|uring|ingest|io_|nvme|pump|reader|serve|socket)"
                          r"|contract\.\w+_(ingest|flash)$|conformance$")
# Of label device those whose programs the guest compiles in the time that tools/check has, where none is kept yet:
# README.md, "Which tests run".
DEVICE = re.compile(r"unit\.(device|opencl_(alloc|cores|idle|io|log|threads|udp))$")
# Tests that fail in the guest for a reason outside this tree, each with the reason. These tests still run. When one of
# them passes, the tests fail, so that somebody takes the test off this list.
CANNOT_RUN = {}
# Environment of each test. The compiler of the guest is slow.
ENVIRONMENT = {"STK_REQUIRE_DEVICE": "1", "STOKER_OPEN_SECONDS": "1200", "STOKER_STORE": ""}
SHORT = {"STK_TEST_SHORT": "1", "STK_TEST_RESIDENCY": "resident"}
LONG = {"STK_TEST_SHORT": "1"}  # all modes; each case is kept, and repeated less often
SECONDS = 1200  # for a test, at least
DEVICE_SECONDS = 5400  # for a test with programs to compile, where the machine has other work
DATA_BYTES = 8 << 20
PATTERNS = (b"stoker", b"ring", b"e", b"of the", b"\x00\x01", b"aaa", b"kernel kernel")


class Test:
    """A test: its name, a script for the guest, the seconds that it may take, and whether it runs alone. A test of
    ctest has its command and environment as well."""

    def __init__(self, name, script, seconds, alone):
        self.name, self.script, self.seconds, self.alone = name, script, seconds, alone
        self.command, self.environment = [], {}
        self.status = self.took = None
        self.target = "stoker"  # of the build
        self.device = False     # has label device
        self.reason = CANNOT_RUN.get(name)  # why the test is expected to fail; None: it must pass
        self.output = []

    def is_good(self):
        """Returns true if the test passed, or failed as CANNOT_RUN says. A test that did not run is not good."""
        return self.status == 0 if self.reason is None else self.status not in (0, None)

    def verdict(self):
        if self.reason is not None:
            return "***Passed, so it must leave CANNOT_RUN" if self.status == 0 else f"   Cannot run ({self.reason})"
        return "   Passed" if self.status == 0 else "***Failed" if self.status != 137 else "***Timeout"


## Which tests ##

def commands():
    """Returns the command of each test. ctest does not show the command of a test whose program is not built yet."""
    found = {}
    for path in guest.BUILD.rglob("CTestTestfile.cmake"):
        for name, words in re.findall(r'^add_test\(\[=\[(.*?)\]=\] (".*")\)$', path.read_text(), re.MULTILINE):
            found[name] = re.findall(r'"([^"]*)"', words)
    return found


def script_of(command, environment, properties):
    """Returns the script that the guest runs for a test of ctest."""
    folder = shlex.quote(properties.get("WORKING_DIRECTORY", str(guest.BUILD)))
    lines = [f"export {key}={shlex.quote(value)}" for key, value in environment.items()]
    return "\n".join([*lines, f"mkdir -p {folder}", f"cd {folder}", f"exec {shlex.join(command)}", ""])


def of_ctest(short):
    """Returns the tests of ctest that run a program of the build, without those that README.md, "Which tests run",
    leaves out."""
    said = json.loads(guest.run("ctest", "--test-dir", guest.BUILD, "--show-only=json-v1"))
    by_name, tests = commands(), []
    for each in said["tests"]:
        name = each["name"]
        properties = {p["name"]: p["value"] for p in each.get("properties", [])}
        labels = properties.get("LABELS", [])
        wanted = not short or "core" in labels or DEVICE.search(name) or INPUT_OUTPUT.search(name)
        command = by_name.get(name, [""])
        if wanted and command[0].startswith(PROGRAMS) and "slow" not in labels and \
                "PASS_REGULAR_EXPRESSION" not in properties:
            alone = properties.get("RUN_SERIAL", False) and "device" not in labels
            device = "device" in labels
            seconds = max(int(properties.get("TIMEOUT", 600)), DEVICE_SECONDS if device else SECONDS)
            environment = dict(pair.split("=", 1) for pair in properties.get("ENVIRONMENT", []))
            environment.update(ENVIRONMENT, **(SHORT if short else LONG))
            test = Test(name, script_of(command, environment, properties), seconds, alone)
            test.command, test.environment, test.device = command, environment, device
            test.target = pathlib.Path(command[0]).name
            tests.append(test)
    # The compiler has one thread: those with a program to compile begin, and others run beside them.
    return sorted(tests, key=lambda test: not test.device)


def of_board():
    """Returns the scripts of tests/, which use the guest's devices. They run after the other tests."""
    common = "".join(f"export {key}={shlex.quote(value)}\n" for key, value in ENVIRONMENT.items())
    common += f"export PATH={guest.BUILD}/bin:$PATH POCL_CACHE_DIR={guest.BUILD}/pocl-cache\n"
    common += "mkdir -p /tmp/$$ && cd /tmp/$$ && set -eux\n"
    return [Test(f"board.{path.stem}", common + path.read_text(), SECONDS, True)
            for path in sorted((guest.HERE / "tests").glob("*.sh"))]


## What they need ##

def data_disk():
    """Makes a drive with words to scan. Returns its image, and the counts of PATTERNS as Python finds them."""
    draw = random.Random(12)
    words = [b"stoker", b"ring", b"kernel", b"of", b"the", b"aaaa", b"slot", b"\x00\x01\x02", b"lease", b"e"]
    block = b" ".join(draw.choice(words) for _ in range(60000))
    data = (block * (DATA_BYTES // len(block) + 1))[:DATA_BYTES]
    path = guest.WORK / "data.img"
    path.write_bytes(data)
    counts = [len(re.findall(b"(?=" + re.escape(pattern) + b")", data)) for pattern in PATTERNS]
    return path, counts


def files_of(tests, targets, counts):
    """Programs of the build, stripped, and the files that tests read, at the paths that they have here."""
    files = programs.files()
    stripped = guest.WORK / "stripped"
    stripped.mkdir(exist_ok=True)
    for name in targets:
        source, made = guest.BUILD / "bin" / name, stripped / name
        if not made.exists() or made.stat().st_mtime < source.stat().st_mtime:
            guest.run("aarch64-linux-gnu-strip", "-o", made, source)
        files[f"files{source}"] = made.read_bytes()
    folders = ("test/unit", "test/conformance", "test/fuzz")
    for name in guest.run("git", "-C", guest.TREE, "ls-files", *folders).split("\n"):
        path = guest.TREE / name
        if name and path.is_file() and path.suffix not in (".c", ".h", ".txt"):
            files[f"files{path}"] = path.read_bytes()
    for number, test in enumerate(tests):
        files[f"tests/commands/{number}"] = test.script.encode()
    files["tests/list"] = "".join(f"{'alone' if t.alone else 'any'} {t.name} {t.seconds} {n}\n"
                                  for n, t in enumerate(tests)).encode()
    files["tests/tree"] = str(guest.TREE).encode()
    files["tests/run"] = (guest.HERE / "guest/run-tests").read_bytes()
    files["tests/patterns"] = b"".join(pattern + b"\n" for pattern in PATTERNS)
    files["tests/counts"] = "".join(f"{count}\n" for count in counts).encode()
    return files


## The run ##

def report(tests, number, test):
    """Prints a test as ctest prints it, so that tools/cmake/failed-tests finds the output of one that failed."""
    line = f"{number}/{len(tests)} Test #{tests.index(test) + 1}: {test.name} "
    print(f"{line.ljust(60, '.')}{test.verdict()} {test.took:6} s")
    if not test.is_good():
        print("\n".join(test.output))
    sys.stdout.flush()


def read_console(lines, tests):
    """Takes the results from the console. Returns the exit status that the guest printed, or None."""
    by_name = {test.name: test for test in tests}
    done = 0
    for line in lines:
        if line.startswith("guest: exit "):
            return int(line.split()[2])
        output = re.match(r"\| (\S+): ?(.*)", line)
        result = re.match(r"guest: test (\S+) (\d+) (\d+)$", line)
        if output and output[1] in by_name:
            by_name[output[1]].output.append(output[2])
        elif result and result[1] in by_name:
            done += 1
            test = by_name[result[1]]
            test.status, test.took = int(result[2]), int(result[3])
            report(tests, done, test)
        elif line.startswith("guest: "):
            print(line, flush=True)
    return None


def boot(tests, initial, image, seconds):
    """Boots the guest, which runs the tests. One run at a time may use the disk that keeps PoCL's programs."""
    with open(guest.BASE / "keep.lock", "w") as lock, open(guest.WORK / "tests.log", "wb") as log:
        fcntl.flock(lock, fcntl.LOCK_EX)
        disks = {"data": (image, "cache=unsafe"), "log": (guest.blank("log.img", 8 << 20), "cache=unsafe"),
                 "root": (guest.root_disk(), "snapshot=on"), "keep": (guest.keep_disk(), "cache=unsafe")}
        with guest.Guest(initial, disks, log=log) as machine:
            if read_console(machine.lines(seconds), tests) is None:
                print("board: the guest did not come to its end")
            else:
                machine.process.wait(60)


def run(short, ahead, pattern, seconds):
    """Builds what is needed, boots the guest once and runs the tests in it. `ahead`: the OpenCL programs are compiled
    before. Returns the number of tests that failed."""
    tests = [test for test in of_ctest(short) + of_board() if re.search(pattern, test.name)]
    targets = sorted({test.target for test in tests} | {"stoker", "board_log"})
    print(f"board: building {len(targets)} programs", flush=True)
    guest.run("cmake", "--build", guest.BUILD, "-j", str(os.cpu_count()), "--target", *targets)
    if ahead:
        programs.compile_ahead([test for test in tests if test.device or "opencl" in test.name])
    image, counts = data_disk()
    initial = guest.initial_files("tests", (guest.HERE / "guest/tests").read_text(), "ram_flash",
                                  files_of(tests, targets, counts))
    print(f"board: {len(tests)} tests in the guest", flush=True)
    began = time.monotonic()
    boot(tests, initial, image, seconds)
    failed = [test.name for test in tests if not test.is_good()]
    known = [test for test in tests if test.is_good() and test.reason is not None]
    passed = len(tests) - len(failed) - len(known)
    print(f"\n{100 * passed // max(len(tests), 1)}% tests passed, {len(failed)} tests failed out of {len(tests)}, "
          f"guest {time.monotonic() - began:.0f} s")
    if known:
        print(f"board: {len(known)} tests cannot run here: {', '.join(test.name for test in known)}")
    if failed:
        print("\nThe following tests FAILED:\n" + "".join(f"\t{name}\n" for name in failed))
        print(f"board: the guest's console is in {guest.WORK / 'tests.log'}")
    return len(failed) if tests else 1
