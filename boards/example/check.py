#!/usr/bin/env python3
"""check.py [options] -- EMULATOR... IMAGE: runs the example firmware, cuts its power, and checks on the host the flash
image and the bytes of the serial line.

  --pflash BYTES   the board has CFI flash of so many bytes as unit 1; without it the firmware keeps the file flash.img
                   by semihosting, of --chip bytes
  --chip BYTES     of that file
  --log BYTES      of the flash, that the log may use; default all of it
  --cuts N         power cuts (default 3); the execution before the last one ends by a cut too
  --seed N         of the moments of the cuts (default 1)
  --stoker FILE    the command stoker: `stoker log dump` must print what tools/stklog.py does. Left out where there is
                   no such file, unless STK_REQUIRE_DEVICE is set
  --work FOLDER    for the files of the test (default: the folder of the caller)

Each boot sends frames (core/SPEC.md, section 11); the emulator is killed after a number of bytes that is drawn, so a
cut hits boots, mounts, programs and erases. After each cut the image must hold, for every chunk whose sync was told,
its input, its two publishes and its two results, unless the log has overwritten them by newer ones. Every result in the
log and in the frames must be what this script computes from the same samples.

The words of EMULATOR are those of QEMU. They have `-serial WORD`: in the place of WORD the script puts a file, from
which it reads the serial line.

Exit status: 0 nothing is missing or wrong, 1 something is, 2 the firmware or the emulator does not run.
"""
import argparse
import os
import random
import shutil
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
import stkframes  # noqa: E402
import stklog  # noqa: E402

CHUNK, LEAD = 512, 32
RESULT, SYNCED, BEGIN = 0x80, 0x81, 0x82
OP_FIR, OP_SCAN = 0x20001, 0x10001
KIND_PUBLISH, KIND_INPUT, KIND_START, KIND_RESULT = 0, 3, 5, 6
TAPS = (-160, -280, -120, 700, 2100, 3600, 4700, 5100, 4700, 3600, 2100, 700, -120, -280, -160, 0)
THRESHOLD = 5500
PATTERNS = (b"ALRM", b"\x10\x20")
BOOT_SECONDS = 60  # the longest wait for a frame, on a busy machine
RECORD_BYTES = 64
CHUNK_RECORDS = 9  # of one chunk, at most


class Wrong(Exception):
    """The image or the frames of the firmware are wrong; the text says in which way."""


# What must come out, from the samples alone.


def sample(i):
    if i % 977 < 2:
        return (0x4C41, 0x4D52)[i % 977]
    phase = i % 400
    value = 60 * min(phase, 400 - phase) + (i * 2654435761 % (1 << 32) >> 23) - 6000
    return value


class Signal:
    """The samples as far as they were asked for, and the results of the chunks."""

    def __init__(self):
        self.samples, self.data, self.known = [], bytearray(), {}

    def extend(self, count):
        more = [sample(i) for i in range(len(self.samples), count)]
        self.samples += more
        self.data += struct.pack("<%dh" % len(more), *more)

    def results(self, chunk):
        """Returns (above, peak, sum modulo 2^32, outputs) of the filter, and the matches of the scan."""
        if chunk not in self.known:
            begin, end = chunk * CHUNK // 2, (chunk + 1) * CHUNK // 2
            self.extend(end)
            out = [sum(t * self.samples[i - k] for k, t in enumerate(TAPS) if i >= k) >> 15 for i in range(begin, end)]
            fir = (sum(abs(y) > THRESHOLD for y in out), max(abs(y) for y in out), sum(out) % (1 << 32), len(out))
            self.known[chunk] = (fir, self.matches(chunk * CHUNK, (chunk + 1) * CHUNK))
        return self.known[chunk]

    def matches(self, begin, end):
        return sum(any(self.data[max(0, i - len(p)):i] == p for p in PATTERNS) for i in range(begin + 1, end + 1))


# What is in the log.


class Found:
    """The chunks of a log: which are whole, in the order of their ends."""

    def __init__(self, records, signal):
        self.whole, self.inputs, self.results = [], 0, 0
        at = {}  # by slot: chunk, what came of it so far
        for r in records:
            if r["kind"] == KIND_START:
                at = {}
            elif r["kind"] == KIND_INPUT and r["status"] == 0:
                chunk = (r["args"][3] << 32 | r["args"][2]) // CHUNK
                lead = LEAD if chunk else 0
                if r["args"][1] != CHUNK + lead or r["tenant"] != lead:
                    raise Wrong("the input of chunk %d has %d bytes" % (chunk, r["args"][1]))
                at[r["slot"]] = [chunk, []]
                self.inputs += 1
            elif r["kind"] in (KIND_PUBLISH, KIND_RESULT) and r["slot"] in at:
                self.take(at[r["slot"]], r, signal)

    def take(self, entry, r, signal):
        chunk, steps = entry
        steps.append((r["kind"], r["opcode"]))
        if r["kind"] != KIND_RESULT:
            return
        fir, matches = signal.results(chunk)
        want = fir if r["opcode"] == OP_FIR else (matches, 0, 0, 0)
        self.results += 1
        if tuple(r["args"]) != want and not (r["opcode"] == OP_SCAN and r["args"][0] == matches):
            raise Wrong("chunk %d, opcode %#x: the log has %s, the samples give %s" % (
                chunk, r["opcode"], r["args"], want))
        if r["opcode"] == OP_SCAN:
            if steps != [(KIND_PUBLISH, OP_FIR), (KIND_RESULT, OP_FIR),
                         (KIND_PUBLISH, OP_SCAN), (KIND_RESULT, OP_SCAN)]:
                raise Wrong("chunk %d has the records %s" % (chunk, steps))
            self.whole.append(chunk)


class Firmware:
    """The image of the flash, and the frames that the firmware has sent so far."""

    def __init__(self, options):
        self.options, self.signal = options, Signal()
        self.random = random.Random(options.seed)
        self.synced = self.boots = self.frames = self.checked = 0
        self.flash_bytes = options.pflash or options.chip
        with open(self.path("flash.img"), "wb") as image:
            for _ in range(self.flash_bytes // 65536):
                image.write(b"\xFF" * 65536)

    def path(self, name):
        return os.path.join(self.options.work, name)

    def command(self):
        words, image = list(self.options.emulator[:-1]), os.path.abspath(self.options.emulator[-1])
        at = words.index("-serial")
        words[at + 1] = "file:uart.bin"
        if not self.options.pflash:
            return words + [image]
        # A RISC-V machine with flash in unit 1 does not load what -kernel names; the loader serves all machines.
        return words[:-1] + ["-drive", "if=pflash,unit=1,format=raw,file=flash.img",
                             "-device", "loader,cpu-num=0,file=" + image]

    def sent(self):
        try:
            with open(self.path("uart.bin"), "rb") as line:
                return line.read()
        except FileNotFoundError:
            return b""

    def boot(self, enough, linger=0):
        """Runs the firmware until enough(bytes sent) returns True, and `linger` seconds more. Then cuts the power."""
        if os.path.exists(self.path("uart.bin")):
            os.remove(self.path("uart.bin"))
        self.boots += 1
        with open(self.path("emulator.log"), "ab") as log:
            emulator = subprocess.Popen(self.command(), cwd=self.options.work, stdin=subprocess.DEVNULL, stdout=log,
                                        stderr=log)
        end = time.monotonic() + BOOT_SECONDS
        try:
            while not enough(self.sent()):
                if emulator.poll() is not None:
                    raise Wrong("the firmware ended with status %d: %s" % (emulator.returncode, self.sent()[-40:]))
                if time.monotonic() > end:
                    raise Wrong("boot %d sent %d bytes in %d s" % (self.boots, len(self.sent()), BOOT_SECONDS))
                time.sleep(0.002)
            time.sleep(linger)
        finally:
            emulator.kill()
            emulator.wait()
        self.listen()

    def listen(self):
        """Takes what the board has sent. The end of the line may be cut within a frame."""
        line = stkframes.Line(self.sent())
        if line.missing:
            raise Wrong("%d frames are missing" % line.missing)
        if line.passed >= stkframes.HEAD + 4 + stkframes.DATA_MAX:
            raise Wrong("%d bytes are of no frame" % line.passed)
        for _, kind, data in line.frames:
            self.frames += 1
            if kind == SYNCED:
                self.synced = max(self.synced, struct.unpack("<I", data)[0])
            elif kind == RESULT:
                chunk, above, peak, total, matches = struct.unpack("<5I", data)
                fir, scan = self.signal.results(chunk)
                if (above, peak, total) != fir[:3] or matches != scan:
                    raise Wrong("chunk %d: the line has %s, the samples give %s" % (
                        chunk, (above, peak, total, matches), fir[:3] + (scan,)))
            elif kind == BEGIN and self.synced and struct.unpack("<3I", data)[2]:
                raise Wrong("the firmware found no log, and %d chunks were synced" % self.synced)

    def check(self):
        """Checks the image against the frames that the firmware has sent: the newest synced chunks must be in the
        log."""
        with open(self.path("flash.img"), "rb") as image:
            data = image.read(self.options.log or self.flash_bytes)
        try:
            log = stklog.read_log(data)
        except stklog.NotALog as error:
            if self.synced:
                raise Wrong("%s, and %d chunks were synced" % (error, self.synced)) from error
            return
        if log.corrupt:
            raise Wrong("%d records are missing within the log" % log.corrupt)
        found = Found(log.records, self.signal)
        self.checked += found.results
        # Older chunks may be overwritten, but not those of the last blocks of a lap.
        kept = max(1, len(log.records) // CHUNK_RECORDS - 8) if log.records[0]["sequence"] else self.synced
        missing = set(range(max(0, self.synced - kept), self.synced)) - set(found.whole)
        if missing:
            raise Wrong("chunk %d was synced and is lost, with %d others, of %d" % (
                min(missing), len(missing) - 1, self.synced))
        self.compare(log)

    def compare(self, log):
        if self.options.stoker:
            told = subprocess.run([self.options.stoker, "log", "dump", self.path("flash.img")], capture_output=True,
                                  text=True, check=False, timeout=60)
            if told.returncode != 0 or told.stdout.splitlines() != list(stklog.lines(log)):
                raise Wrong("stoker log dump: status %d, %d lines: %s" % (
                    told.returncode, len(told.stdout.splitlines()), told.stderr))

    def run(self):
        for cut in range(self.options.cuts):
            if self.random.random() < 0.2:  # before the firmware has said anything
                end = time.monotonic() + self.random.uniform(0, 0.5)
                self.boot(lambda sent, end=end: time.monotonic() > end)
            else:
                size = self.random.randrange(12, 2500)
                self.boot(lambda sent, size=size: len(sent) >= size, self.random.uniform(0, 0.02))
            self.check()
            print("cut %d: %d chunks synced, %d results checked" % (cut + 1, self.synced, self.checked), flush=True)
        told = self.synced
        self.boot(lambda sent: len(sent) > 1200)
        self.check()
        if self.synced <= told:
            raise Wrong("the last boot has synced nothing")
        print("%d cuts: %d chunks synced, none lost; %d results of the log and %d frames checked" % (
            self.options.cuts, self.synced, self.checked, self.frames))


def unusable(emulator):
    """Returns why the firmware cannot run by these words, or None."""
    if shutil.which(emulator[0]) is None:
        return "there is no emulator %s" % emulator[0]
    if "-serial" not in emulator[1:-2]:
        return "the words of the emulator (STK_BOARD_EMULATOR of the board) have no '-serial none'"
    return None


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ("pflash", "chip", "log"):
        parser.add_argument("--" + name, type=lambda text: int(text.rstrip("uU"), 0), default=0)
    parser.add_argument("--cuts", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stoker")
    parser.add_argument("--work", default=".")
    parser.add_argument("emulator", nargs="+")
    options = parser.parse_args()
    why = unusable(options.emulator)
    if why:
        print("check: " + why)
        return 2
    if options.stoker and not os.access(options.stoker, os.X_OK):
        print("check: there is no %s: stoker log dump is left out" % options.stoker)
        if os.environ.get("STK_REQUIRE_DEVICE"):
            return 2  # a test that is to prove something
        options.stoker = None
    os.makedirs(options.work, exist_ok=True)
    firmware = Firmware(options)
    try:
        firmware.run()
    except Wrong as wrong:
        print("FAILED: " + str(wrong))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
