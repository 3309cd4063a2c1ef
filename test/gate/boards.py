"""gate.boards: boards.py ROOT. Configures the tree with settings that are missing or do not go together, and wants one
line that names the fault. Then takes the board of boards/README.md, builds programs for the board and runs them: with
the start-up code of the C library, and with the start-up code of the page, with both C libraries."""
import pathlib
import re
import subprocess
import sys
import tempfile

root = pathlib.Path(sys.argv[1])
picolibc = root / "toolchain/arm-none-eabi-picolibc.cmake"
newlib = root / "toolchain/arm-none-eabi-newlib.cmake"
riscv = root / "toolchain/riscv64-unknown-elf-picolibc.cmake"

# Each entry has the variables that are set, and a part of the one line that names the error.
WRONG = [
    ({"STK_BOARD": "mps2-an500"}, "board 'mps2-an500' has no OS: set CMAKE_TOOLCHAIN_FILE"),
    ({"STK_BOARD": "no-such"},
     "there is no board 'no-such': set STK_BOARD to one of .*mps2-an500.*, or to an absolute path"),
    ({"STK_BOARD": "/no/such/board"}, "there is no board '/no/such/board'"),
    ({"STK_BOARD": "my/board"}, "STK_BOARD 'my/board' is a relative path: give an absolute path, or one of"),
    ({"CMAKE_TOOLCHAIN_FILE": picolibc, "STK_BOARD": "mps2-an500"},
     "there is no CPU '': set STK_CPU to one of .*cortex-m7"),
    ({"CMAKE_TOOLCHAIN_FILE": newlib, "STK_CPU": "m7", "STK_BOARD": "mps2-an500"}, "there is no CPU 'm7'"),
    ({"CMAKE_TOOLCHAIN_FILE": picolibc, "STK_CPU": "cortex-m4.cmake", "STK_BOARD": "mps2-an500"},
     "STK_CPU 'cortex-m4.cmake' is a relative path: give an absolute path, or one of"),
    ({"CMAKE_TOOLCHAIN_FILE": riscv, "STK_CPU": "cortex-m7", "STK_BOARD": "mps2-an500"},
     "riscv64-unknown-elf-gcc is for riscv, and CPU 'cortex-m7' is arm"),
    ({"CMAKE_TOOLCHAIN_FILE": picolibc, "STK_CPU": "cortex-m0plus", "STK_FLOAT_ABI": "hard", "STK_BOARD": "mps2-an500"},
     "CPU 'cortex-m0plus' has no STK_FLOAT_ABI 'hard': set one of soft"),
    ({"CMAKE_TOOLCHAIN_FILE": picolibc, "STK_CPU": "cortex-m33", "STK_BOARD": "mps2-an500"},
     "board 'mps2-an500' runs no code of CPU 'cortex-m33': set STK_CPU to one of cortex-m7, cortex-m0plus"),
    ({"CMAKE_TOOLCHAIN_FILE": picolibc, "STK_CPU": "cortex-m7"},
     "board 'host' runs Linux.*: set STK_BOARD to one of mps2-an500"),
]

# Each entry changes a file of the page's board: the file, a part of a line, the text in the place of this line, and a
# part of the one line that names the error.
WRONG_FILES = [
    ("cortex-m4.cmake", "STK_CPU_PROCESSOR", "", "cortex-m4.cmake sets no STK_CPU_PROCESSOR: add set"),
    ("cortex-m4.cmake", "STK_CPU_FLAGS", "", "cortex-m4.cmake sets no STK_CPU_FLAGS"),
    ("cortex-m4.cmake", "STK_CPU_FLOAT_ABIS", "", "cortex-m4.cmake sets no STK_CPU_FLOAT_ABIS"),
    ("board.cmake", "STK_BOARD_MEMORY", "", "board.cmake sets no STK_BOARD_MEMORY: add set.STK_BOARD_MEMORY"),
    ("board.cmake", "STK_BOARD_MEMORY", "set(STK_BOARD_MEMORY none.ld)\n",
     "STK_BOARD_MEMORY of board .*: there is no file /.*/my-board/none.ld"),
    ("board.cmake", "STK_BOARD_MEMORY", "set(STK_BOARD_MEMORY memory.ld)\nset(STK_BOARD_START start.S)\n",
     "board.cmake sets no STK_BOARD_ENTRY"),
    ("memory.ld", "INCLUDE", "", "memory.ld has no line 'INCLUDE libc.ld': add the line at the end"),
    ("memory.ld", "INCLUDE", "/* INCLUDE libc.ld */\n", "memory.ld has no line 'INCLUDE libc.ld'"),
    ("memory.ld", "INCLUDE", "INCLUDE picolibc.ld\n", "memory.ld has no line 'INCLUDE libc.ld'"),
    ("memory.ld", "__flash =", "", "memory.ld sets no __flash: add '__flash = ...;' before 'INCLUDE libc.ld'"),
    ("memory.ld", "__flash =", "INCLUDE libc.ld\n__flash = 0;\n", "memory.ld sets no __flash"),
    ("memory.ld", "__stack_size", "/* __stack_size = 32K; */\n", "memory.ld sets no __stack_size"),
    ("memory.ld", "__ram_size", "", "memory.ld sets no __ram_size"),
    ("board.cmake", "image.cmake", "", "board.cmake does not include boards/image.cmake"),
]
START = "set(STK_BOARD_MEMORY memory.ld)\nset(STK_BOARD_START start.S)\nset(STK_BOARD_ENTRY my_start)\n"


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=500)
    return done.returncode, done.stdout


def configure(folder, values):
    return run("cmake", "-G", "Ninja", "-S", str(root), "-B", str(folder), *[f"-D{k}={v}" for k, v in values.items()])


def refused(what, status, said, expected):
    """Returns what is wrong with the output of a configuration that was to end with one line."""
    if status == 0:
        return [f"{what}: configured, and was to fail"]
    if "unable to find a build program" in said:
        return [f"{what}: a second, false error in:\n{said}"]
    lines = [line for line in said.splitlines() if re.search("stoker: .*" + expected, line)]
    return [] if lines else [f"{what}: no line with '{expected}' in:\n{said}"]


def page_files():
    """Returns the files of boards/README.md: blocks of code below a line that has the name of the file alone."""
    text = (root / "boards/README.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^`([\w.-]+)`:\n\n```\w*\n(.*?)^```", text, re.M | re.S))


class Board:
    """The board of the page, in a folder outside the tree, with one build folder for each C library."""

    def __init__(self, folder):
        self.folder, self.files = folder / "my-board", page_files()
        self.folder.mkdir()
        self.values = {"CMAKE_BUILD_TYPE": "MinSizeRel", "STK_CPU": self.folder / "cortex-m4.cmake",
                       "STK_FLOAT_ABI": "hard", "STK_BOARD": self.folder, "STK_WERROR": "ON"}

    def write(self, changed=None, part=None, text=None):
        """Writes the files of the page. In the file `changed` the text replaces the line that has the part."""
        for name, page in self.files.items():
            if name == changed:
                page = re.sub(f"^.*{part}.*\n", text, page, flags=re.M)
            (self.folder / name).write_text(page, encoding="utf-8")

    def configure(self, libc=picolibc):
        return configure(self.folder.parent / libc.stem, {**self.values, "CMAKE_TOOLCHAIN_FILE": libc})

    def runs(self, what, libc, *expected):
        """Configures, builds and runs a program of the board. Returns the faults."""
        build = str(self.folder.parent / libc.stem)
        status, said = self.configure(libc)
        for command in (["cmake", "--build", build, "--target", "board_image"],
                        ["ctest", "--test-dir", build, "-R", "^board.image$", "--no-tests=error", "-V"]):
            if status == 0:
                status, said = run(*command)
        if status or not all(text in said for text in expected):
            return [f"{what} with {libc.stem}: {said}"]
        return []

    def lacks(self):
        """Wants a line for each thing that a board may lack: board.h and the emulator. A file that memory.ld includes
        may set the values of memory.ld."""
        self.write("board.cmake", "qemu-system-arm", "set(STK_BOARD_EMULATOR no-such-emulator\n")
        (self.folder / "board.h").unlink()
        (self.folder / "memory.ld").write_text("INCLUDE values.ld\nINCLUDE libc.ld\n", encoding="utf-8")
        status, said = self.configure()
        lines = ("there is no no-such-emulator: the tests cannot run", "board.h: boards/example and the tests")
        return [f"no line '{line}' in: {said}" for line in lines if status or line not in said]

    def check(self):
        found = []
        for name, part, text, expected in WRONG_FILES:
            self.write(name, part, text)
            found += refused((name, part, text), *self.configure(), expected)
        found += self.lacks()
        self.write()
        found += self.runs("the board of the page", picolibc)
        self.write("board.cmake", "STK_BOARD_MEMORY", START)
        for libc in (picolibc, newlib):
            found += self.runs("start-up code of the page", libc, "my_start has run")
        self.write("cortex-m4.cmake", "STK_CPU_FLAGS", "set(STK_CPU_FLAGS -mcpu=cortex-m4 -mthumb -g)\n")
        return found + refused("a changed CPU file", *self.configure(), "configure an empty folder")


def example_check():
    """Wants one line for an emulator that the check of the example firmware cannot use."""
    found = []
    for words, expected in ((["no-such-emulator", "-serial", "none"], "there is no emulator no-such-emulator"),
                            (["sh"], "have no '-serial none'")):
        status, said = run(sys.executable, str(root / "boards/example/check.py"), "--", *words, "-kernel", "image")
        if status != 2 or expected not in said or len(said.splitlines()) != 1:
            found.append(f"check.py {words}: status {status}: {said}")
    return found


with tempfile.TemporaryDirectory() as name:
    faults = example_check()
    for i, (values, expected) in enumerate(WRONG):
        faults += refused(values, *configure(pathlib.Path(name) / f"wrong{i}", values), expected)
    faults += Board(pathlib.Path(name)).check()
print("\n".join(faults) or
      f"{len(WRONG) + len(WRONG_FILES)} wrong settings are named, and the board of boards/README.md works")
sys.exit(1 if faults else 0)
