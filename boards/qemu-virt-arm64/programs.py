"""Compiles the OpenCL programs of tests before the guest boots. QEMU's user mode runs the same PoCL for arm64 as the
guest, in a quarter of the time or less. A program that does not come about here is compiled in the guest."""
import concurrent.futures
import hashlib
import os
import pathlib
import shutil
import subprocess
import time

import guest

FOLDER = guest.BASE / "programs"  # PoCL's cache, and a stamp for each test
SECONDS = 1800  # for one test
NO_MOUNT = 96  # exit status
POCL = "usr/share/pocl"  # PoCL's own library
LIBRARIES = ("usr/lib/gcc/aarch64-linux-gnu/12", "usr/lib/aarch64-linux-gnu", "lib/aarch64-linux-gnu")


def environment():
    """The environment of a program for arm64. PoCL calls `ld`, and gets the linker of the cross compiler."""
    root = guest.BASE / "root"
    folder = guest.WORK / "linker"
    folder.mkdir(parents=True, exist_ok=True)
    options = " ".join([f"'--sysroot={root}'", *(f"-L=/{each}" for each in LIBRARIES)])
    (folder / "ld").write_text(f'#!/bin/sh\nexec aarch64-linux-gnu-ld "$@" {options}\n')
    (folder / "ld").chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}", "OCL_ICD_VENDORS": f"{root}/etc/OpenCL/vendors",
            "POCL_CACHE_DIR": f"{FOLDER}/cache", "QEMU_LD_PREFIX": str(root), "QEMU_CPU": "max,pauth-impdef=on"}


def compile_one(test, own):
    """Runs a test, which opens devices with its programs. Its verdict does not matter here, as user mode lacks io_uring
    and more. Returns the seconds, or None where the same test ran before."""
    stamp = FOLDER / "stamps" / test.name
    digest = hashlib.sha256(pathlib.Path(test.command[0]).read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return None
    # QEMU takes files from QEMU_LD_PREFIX, but not for the call by which PoCL looks for its library.
    script = f'mount --bind "$QEMU_LD_PREFIX/{POCL}" /{POCL} || exit {NO_MOUNT}; exec qemu-aarch64 "$@"'
    apart = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    folder = guest.WORK / "ahead" / test.name
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with open(folder / "log", "wb") as log:
        try:
            done = subprocess.run([*apart, "sh", "-c", script, "sh", *test.command], cwd=folder, stdout=log, stderr=log,
                                  stdin=subprocess.DEVNULL, env={**os.environ, **test.environment, **own},
                                  timeout=SECONDS, check=False)
            if done.returncode == NO_MOUNT or b"inking of kernel" in (folder / "log").read_bytes():
                raise guest.Trouble(f"no programs in user mode: {folder}/log says why; `--no-ahead` leaves this out")
            stamp.write_text(digest)
        except subprocess.TimeoutExpired:
            pass  # the next execution goes on from the programs that are there
    return time.monotonic() - began


def compile_ahead(tests):
    """Compiles the programs of these tests, as many at a time as the machine has CPUs."""
    if not shutil.which("qemu-aarch64") or not pathlib.Path("/", POCL).is_dir():
        print("board: no qemu-aarch64, or no PoCL: the guest compiles the programs")
        return
    (FOLDER / "stamps").mkdir(parents=True, exist_ok=True)
    print(f"board: compiling the programs of {len(tests)} tests in QEMU's user mode", flush=True)
    own = environment()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        for test, took in zip(tests, workers.map(lambda each: compile_one(each, own), tests)):
            if took is not None:
                print(f"board: programs of {test.name}: {took:.0f} s", flush=True)


def files():
    """The compiled programs as files of the guest's initial file system. The guest copies them to the disk `keep`."""
    cache = FOLDER / "cache"
    return {f"programs/{path.relative_to(cache)}": path.read_bytes() for path in cache.rglob("*") if path.is_file()}
