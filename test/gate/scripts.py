#!/usr/bin/env python3
"""scripts.py: the scripts of tools/ that a person calls. Each prints its help and refuses what it does not know; setup,
demo and check run in a copy of their folder, with commands that only pretend to install, build and test."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PURPOSES = ["build", "demo", "check", "boards"]

# Fake commands. The test installs each with a first line that writes the arguments of the call to the file `calls`.
NOTHING_INSTALLED = "exit 1"
ALL_INSTALLED = "shift 3; printf 'installed %s\\n' \"$@\""
ALL_BUT_POCL = ALL_INSTALLED + " | grep -v pocl"
APT = """case "$*" in
*--assume-no*)
    echo '1 upgraded, 91 newly installed, 0 to remove and 7 not upgraded.'
    echo 'Need to get 1,560 kB/156 MB of archives.'
    echo 'After this operation, 745 MB of additional disk space will be used.'
    exit 1 ;;
esac
"""
APT_UNKNOWN = """case "$*" in
update*) echo 'W: Failed to fetch http://example.org/InRelease  Could not resolve' >&2 ;;
*) echo 'E: Unable to locate package pocl-opencl-icd' >&2; exit 100 ;;
esac
"""
APT_NO_DOWNLOAD = APT + """case "$*" in
install*)
    echo 'Get:1 http://example.org pool'
    echo 'E: Failed to fetch http://example.org/pocl.deb  404  Not Found' >&2
    echo 'E: Unable to fetch some archives' >&2
    exit 100 ;;
esac
"""
CTEST_LOG = """Test project /build/host
      Start  1: unit.good
      Start  2: unit.bad
1/5 Test  #1: unit.good ........................   Passed    0.01 sec
1 is no output of a failed test
2/5 Test  #2: unit.bad .........................***Failed    0.02 sec
assertion: 1 is not 2

      Start  3: unit.left_out
3/5 Test  #3: unit.left_out ....................***Skipped   0.02 sec
no device
      Start  4: unit.hangs
4/5 Test  #4: unit.hangs .......................***Timeout 600.02 sec
{lines}
      Start  5: unit.crashes
5/5 Test  #5: unit.crashes .....................***Exception: SegFault  0.02 sec

40% tests passed, 3 tests failed out of 5

The following tests FAILED:
	  2 - unit.bad (Failed)
	  4 - unit.hangs (Timeout)
	  5 - unit.crashes (SEGFAULT)
"""
PASSED_LOG = "1/1 Test #1: unit.good ...   Passed    0.01 sec\n\n100% tests passed, 0 tests failed out of 1\n"

wrong = []


def expect(what, holds, run):
    if not holds:
        wrong.append(f"{what}: status {run.returncode}\n{run.stdout}{run.stderr}")


def call(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, **options)


def columns(text):
    return max(map(len, text.splitlines()), default=0)


def list_packages(*purposes):
    return call(ROOT / "tools/setup", "--list", *purposes).stdout.split()


def check_help():
    scripts = sorted(path for path in (ROOT / "tools").iterdir() if path.is_file() and os.access(path, os.X_OK))
    for script in [*scripts, ROOT / "tools/cmake/stoker-handlers"]:
        for option in ("-h", "--help"):
            run = call(script, option)
            expect(f"{script.name} {option}",
                   run.returncode == 0 and not run.stderr and run.stdout.startswith("usage: ")
                   and script.name in run.stdout.splitlines()[0], run)
        run = call(script, "--no-such-option")
        expect(f"{script.name} --no-such-option",
               run.returncode == 2 and not run.stdout and "usage: " in run.stderr, run)
    for script in ("demo", "setup", "check"):
        run = call(ROOT / "tools" / script, "--help")
        expect(f"{script} --help in 80 columns", 0 < columns(run.stdout) <= 80, run)
        run = call(ROOT / "tools" / script, "nothing", "such")
        expect(f"{script} nothing such", run.returncode == 2 and not run.stdout and "usage: " in run.stderr, run)


def check_packages():
    text = (ROOT / "tools/packages.txt").read_text(encoding="utf-8")
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    named = [line for line in lines if line and not line.startswith("[")]
    run = call(ROOT / "tools/setup", "--list")
    expect("each package once",
           len(named) == len(set(named)) and all(re.fullmatch("[a-z0-9.+-]+", n) for n in named), run)
    expect("setup --list", run.stdout.split() == named, run)
    expect("purposes", [line[1:].split("]")[0] for line in lines if line.startswith("[")] == PURPOSES, run)
    each = [list_packages(purpose) for purpose in PURPOSES]
    expect("setup --list PURPOSE", all(each) and sum(each, []) == named, run)
    light = list_packages("build", "demo")
    expect("packages of the demo", light == each[0] + each[1] and "pocl-opencl-icd" in light
           and not {"clang", "oclgrind", "build-essential"} & set(light), run)


class Tree:
    """A copy of tools/ with pretended commands in front of the machine's own."""

    def __init__(self, **commands):
        self.scratch = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.scratch.name, "tree")
        shutil.copytree(ROOT / "tools", self.root / "tools", ignore=shutil.ignore_patterns("stoker"))
        board = self.root / "boards/qemu-virt-arm64/run"
        board.parent.mkdir(parents=True)
        board.write_text("#!/bin/sh\necho 'no packages and no network'\nexit 77\n", encoding="utf-8")
        board.chmod(0o755)
        self.bin = pathlib.Path(self.scratch.name, "bin")
        self.bin.mkdir()
        self.calls = pathlib.Path(self.scratch.name, "calls")
        self.calls.touch()
        for name, body in commands.items():
            path = self.bin / name.replace("_", "-")
            note = f'printf "%s\\n" "{path.name} $*" >>"{self.calls}"'
            path.write_text(f"#!/bin/sh\n{note}\n{body}\n", encoding="utf-8")
            path.chmod(0o755)

    def call(self, script, *arguments):
        return call(self.root / "tools" / script, *arguments,
                    env={**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}"})

    def called(self, pattern):
        return re.findall(pattern, self.calls.read_text(encoding="utf-8"), re.MULTILINE)


def check_setup():
    tree = Tree(dpkg_query=ALL_INSTALLED, id="echo 0", apt_get="")
    run = tree.call("setup")
    expect("setup with nothing missing", run.returncode == 0 and not run.stdout + run.stderr
           and not tree.called("^apt-get"), run)

    tree = Tree(dpkg_query=NOTHING_INSTALLED, id="echo 1000", apt_get="")
    run = tree.call("setup", "demo", "boards")
    expect("setup as a user",
           run.returncode == 3 and "  demo:    pocl-opencl-icd python3\n  boards:  e2fsprogs" in run.stdout
           and not tree.called("^apt-get") and not (tree.root / "build").exists(), run)
    shown = run.stderr.split("run:\n")[-1].replace("\\\n", " ").split()
    wanted = list_packages("demo", "boards")
    expect("what root is to run", shown[-len(wanted):] == wanted and "&&" in shown, run)
    expect("columns of setup", columns(run.stdout + run.stderr) < 80, run)

    tree = Tree(dpkg_query=ALL_BUT_POCL, id="echo 0", apt_get=APT)
    run = tree.call("setup", "build", "demo")
    expect("setup as root", run.returncode == 0 and "  demo:    pocl-opencl-icd\n" in run.stdout
           and "build:" not in run.stdout and "91 packages" in run.stdout and "1,560 kB to download" in run.stdout
           and "about 745 MB on the disk" in run.stdout and run.stdout.count("\n") < 8, run)
    expect("columns of setup", columns(run.stdout) < 80, run)
    expect("order of apt-get",
           [line.split()[0] for line in tree.called("^apt-get (.*)$")] == ["update", "install", "install"]
           and tree.called("--no-install-recommends pocl-opencl-icd$"), run)

    tree = Tree(dpkg_query=ALL_BUT_POCL, id="echo 0", apt_get=APT_NO_DOWNLOAD)
    run = tree.call("setup")
    expect("a download that fails", run.returncode == 1 and "404  Not Found" in run.stderr
           and "needs the network" in run.stderr and "build/setup.log" in run.stderr and "Get:1" not in run.stderr, run)

    tree = Tree(dpkg_query=ALL_BUT_POCL, id="echo 0", apt_get=APT_UNKNOWN)
    run = tree.call("setup")
    expect("a package that apt-get does not know", run.returncode == 1 and "Could not resolve" in run.stderr
           and "Unable to locate" in run.stderr and "needs the network" in run.stderr, run)


def check_demo():
    tree = Tree(dpkg_query=ALL_INSTALLED, cmake="echo 'error: that does not compile'; exit 1")
    run = tree.call("demo")
    expect("a build that fails", run.returncode == 1 and "that does not compile" in run.stderr
           and "demo: the build failed" in run.stderr and "build.log" in run.stderr, run)


def check_check():
    many = "\n".join(f"line {i}." for i in range(1, 201))
    log = CTEST_LOG.replace("{lines}", many)
    tree = Tree(dpkg_query=ALL_INSTALLED, cmake="", ctest=f"cat <<'END'\n{log}END\nexit 8")
    run = tree.call("check", "quick")
    out = run.stdout
    expect("status of check", run.returncode == 1 and "check: failed: host-tests" in run.stderr, run)
    expect("failed tests", all(text in out for text in (
        "unit.bad ...", "assertion: 1 is not 2", "unit.hangs ...", "line 1.\n", "line 19.\n", "line 161.\n",
        "line 200.\n", "lines left out", "***Exception: SegFault",
        "40% tests passed, 3 tests failed out of 5", "4 - unit.hangs (Timeout)")), run)
    expect("tests that passed", not any(text in out for text in (
        "unit.good", "is no output", "unit.left_out", "no device", "line 100.", "Start ")), run)
    expect("lines of a failed test", len(re.findall(r"^line \d+", out, re.MULTILINE)) <= 60, run)
    expect("packages of check quick",
           not any("gcc-arm-none-eabi" in line for line in tree.called("^dpkg-query.*$")), run)
    expect("steps of check quick", re.findall(r"^check: (\S+) +(ok|FAILED) ", out, re.MULTILINE) == [
        ("host-configure", "ok"), ("host-build", "ok"), ("host-tests", "FAILED")], run)

    tree = Tree(dpkg_query=ALL_INSTALLED, cmake="case \"$*\" in *host-tsan) echo 'ninja: build stopped'; exit 1;; esac",
                ctest=f"cat <<'END'\n{PASSED_LOG}END")
    run = tree.call("check")
    expect("a preset that does not build", run.returncode == 1 and "ninja: build stopped" in run.stdout
           and "check: failed: host-tsan\n" in run.stderr, run)
    expect("a step that is skipped", re.search("^check: aarch64-linux +skipped ", run.stdout, re.MULTILINE)
           and "no packages and no network\n" in run.stdout
           and "\ncheck: skipped, so not passed: aarch64-linux\n" in run.stdout, run)
    expect("the summary of ctest", "\n100% tests passed, 0 tests failed out of 1\n" in run.stdout, run)
    expect("packages of check", any("gcc-arm-none-eabi" in line for line in tree.called("^dpkg-query.*$")), run)


for each in (check_help, check_packages, check_setup, check_demo, check_check):
    each()
print("\n".join(wrong) or "the scripts of tools/ do as they say")
sys.exit(1 if wrong else 0)
