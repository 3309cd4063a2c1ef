"""Power cuts of the whole board: QEMU is killed while the guest appends and syncs to two logs, and the next boot must
find every record whose sync was acknowledged over the console. One log lies on an NVMe drive, one on the board's
second bank of flash (module/cfi_flash.c); both are files of the machine that runs QEMU."""
import random
import re
import sys
import time

import guest

FLASH_BYTES = 64 << 20      # what QEMU's machine maps there
MOST_SECONDS = 1.5          # between the first record of both logs and the cut
BOOT_SECONDS = 120
NAMES = ("nvme", "nor")

JOB = r"""
set -u
argument() { sed -n "s/.*board\.$1=\([^ ]*\).*/\1/p" /proc/cmdline; }
device=/dev/$(sed -n 's/^\(mtd[0-9]*\):.*"stoker-cfi"$/\1/p' /proc/mtd)
command=$(argument command)
seed=$(argument seed)
early=$(argument early)
if [ "$command" = expect ]; then
    /board_log file /disk/log expect nvme "$(argument nvme)" &&
        /board_log mtd $device expect nor "$(argument nor)"
    exit $?
fi
/board_log file /disk/log live nvme "$(argument nvme)" $seed $early &
/board_log mtd $device live nor "$(argument nor)" $seed $early
wait
exit 1
"""


class Board:
    """The two logs, what was acknowledged of each, and the boots so far."""

    def __init__(self, seed, early):
        self.random = random.Random(seed)
        self.acked = dict.fromkeys(NAMES)  # None: not formatted yet
        self.early = early
        self.wrong = []
        guest.run("cmake", "--build", guest.BUILD, "--target", "board_log_static")
        program = guest.WORK / "board_log"
        guest.run("aarch64-linux-gnu-strip", "-o", program, guest.BUILD / "bin/board_log_static")
        self.initial = guest.initial_files("cuts", JOB, "cfi_flash", {"board_log": program.read_bytes()})
        self.drive = guest.blank("cuts.img", 8 << 20)
        self.flash = guest.blank("flash.img", FLASH_BYTES)

    def boot(self, log, command):
        state = " ".join(f"board.{name}={'new' if n is None else n}" for name, n in self.acked.items())
        arguments = f"board.command={command} board.seed={self.random.randrange(1 << 30)} {state}"
        arguments += " board.early=early" if self.early else ""
        return guest.Guest(self.initial, {"log": (self.drive, "cache=unsafe")}, self.flash, log, arguments)

    def take(self, line):
        """Takes what a line of the console says. Returns the name of a log that is about to append."""
        if "FAILED" in line or re.match(r"guest: exit [1-9]|.*Kernel panic", line):
            self.wrong.append(line)
        said = re.fullmatch(r"(nvme|nor) (acked|formatted|kept)(?: (\d+).*)?", line)
        if not said:
            return None
        name, what, number = said.groups()
        if what == "acked":
            self.acked[name] = int(number)
        elif what == "formatted":
            self.acked[name] = 0
        return None if what == "acked" else name

    def cut(self, log):
        """Boots once: the guest checks both logs and appends to them until the cut. Returns the delay in seconds."""
        ready, end = set(), None
        delay = self.random.uniform(0, MOST_SECONDS)
        with self.boot(log, "live") as machine:
            for line in machine.lines(BOOT_SECONDS, lambda: end is not None and time.monotonic() > end):
                ready.add(self.take(line))
                if end is None and ready >= set(NAMES):
                    end = time.monotonic() + delay
                if self.wrong:
                    break
            for line in machine.cut():
                self.take(line)
        if end is None and not self.wrong:
            self.wrong.append(f"the guest was not ready within {BOOT_SECONDS} s")
        return delay

    def look(self, log):
        """Boots a last time: the guest checks that the acknowledged records are there."""
        with self.boot(log, "expect") as machine:
            over = False
            for line in machine.lines(BOOT_SECONDS, lambda: over):
                self.take(line)
                over = line.startswith("guest: exit")
            if not over:
                self.wrong.append("the guest did not end")


def run(cuts, seed, early=False):
    """Cuts the power `cuts` times. Returns 0 if no acknowledged record is lost, else 1."""
    print(f"board: {cuts} power cuts, seed {seed}{', acknowledged too early' if early else ''}", flush=True)
    board, began = Board(seed, early), time.monotonic()
    with open(guest.WORK / "cuts.log", "wb") as log:
        for number in range(1, cuts + 1):
            delay = board.cut(log)
            if not board.wrong:
                print(f"board: cut {number} {delay:.3f} s after the start; synced: nvme {board.acked['nvme']}, "
                      f"nor {board.acked['nor']}", flush=True)
            else:
                break
        else:
            board.look(log)
    for line in board.wrong:
        print(f"board: {line}")
    if board.wrong:
        print(f"board: seed {seed}; the console is in {guest.WORK / 'cuts.log'}")
    else:
        print(f"board: {cuts} cuts, nothing lost, {time.monotonic() - began:.0f} s")
    sys.stdout.flush()
    return 1 if board.wrong else 0
