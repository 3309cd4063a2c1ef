"""gate.boards: boards.py ROOT. Configures the tree with axes that are missing or do not go together, and wants one line
that names the fault. Then writes a board outside the tree, builds a program for the board and runs it."""
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
    ({"STK_BOARD": "no-such"}, "there is no board 'no-such': set STK_BOARD to one of .*mps2-an500.*, or to a path"),
    ({"STK_BOARD": "/no/such/board"}, "there is no board '/no/such/board'"),
    ({"CMAKE_TOOLCHAIN_FILE": picolibc, "STK_BOARD": "mps2-an500"},
     "there is no CPU '': set STK_CPU to one of .*cortex-m7"),
    ({"CMAKE_TOOLCHAIN_FILE": newlib, "STK_CPU": "m7", "STK_BOARD": "mps2-an500"}, "there is no CPU 'm7'"),
    ({"CMAKE_TOOLCHAIN_FILE": riscv, "STK_CPU": "cortex-m7", "STK_BOARD": "mps2-an500"},
     "riscv64-unknown-elf-gcc is for riscv, and CPU 'cortex-m7' is arm"),
    ({"CMAKE_TOOLCHAIN_FILE": picolibc, "STK_CPU": "cortex-m0plus", "STK_FLOAT_ABI": "hard", "STK_BOARD": "mps2-an500"},
     "CPU 'cortex-m0plus' has no STK_FLOAT_ABI 'hard': set one of soft"),
    ({"CMAKE_TOOLCHAIN_FILE": picolibc, "STK_CPU": "cortex-m33", "STK_BOARD": "mps2-an500"},
     "board 'mps2-an500' runs no code of CPU 'cortex-m33': set STK_CPU to one of cortex-m7, cortex-m0plus"),
    ({"CMAKE_TOOLCHAIN_FILE": picolibc, "STK_CPU": "cortex-m7"}, "board 'host' runs Linux"),
]

# A machine with its memory elsewhere than the boards of the tree: the AN505 with data in the second half of its SSRAM.
OUTSIDE = {
    "board.cmake": """set(STK_BOARD_CPUS cortex-m33)
set(STK_BOARD_MEMORY ${CMAKE_CURRENT_LIST_DIR}/memory.ld)
set(STK_BOARD_EMULATOR qemu-system-arm -M mps2-an505 -display none -monitor none -serial none
    -semihosting-config enable=on,target=native -kernel)
include(${PROJECT_SOURCE_DIR}/boards/image.cmake)
""",
    "memory.ld": """__flash = 0x10000000;
__flash_size = 4M;
__ram = 0x38200000;
__ram_size = 2M;
__stack_size = 16K;
INCLUDE libc.ld
""",
    "board.h": """#define BOARD_NAME "outside"
#define BOARD_RAM_ADDRESS 0x38200000u
#define BOARD_RAM_SIZE 0x00200000u
#define BOARD_STACK_SIZE 0x4000u
""",
}


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=500)
    return done.returncode, done.stdout


def configure(folder, values):
    return run("cmake", "-G", "Ninja", "-S", str(root), "-B", str(folder), *[f"-D{k}={v}" for k, v in values.items()])


def wrong(number, values, expected, folder):
    status, said = configure(folder / f"wrong{number}", values)
    if status == 0:
        return [f"{values}: configured, and was to fail"]
    lines = [line for line in said.splitlines() if re.search("stoker: .*" + expected, line)]
    return [] if lines else [f"{values}: no line with '{expected}' in:\n{said}"]


def outside(folder):
    board, build = folder / "outside", folder / "build"
    board.mkdir()
    for name, text in OUTSIDE.items():
        (board / name).write_text(text)
    values = {"CMAKE_TOOLCHAIN_FILE": picolibc, "CMAKE_BUILD_TYPE": "MinSizeRel", "STK_CPU": "cortex-m33",
              "STK_FLOAT_ABI": "hard", "STK_BOARD": board, "STK_WERROR": "ON"}
    status, said = configure(build, values)
    for command in (["cmake", "--build", str(build), "--target", "board_image"],
                    ["ctest", "--test-dir", str(build), "-R", "^board.image$", "--no-tests=error"]):
        if status == 0:
            status, said = run(*command)
    return [] if status == 0 else [f"outside: {said}"]


with tempfile.TemporaryDirectory() as name:
    found = []
    for i, (values, expected) in enumerate(WRONG):
        found += wrong(i, values, expected, pathlib.Path(name))
    found += outside(pathlib.Path(name))
print("\n".join(found) or f"{len(WRONG)} wrong axes are named, and a board outside the tree works")
sys.exit(1 if found else 0)
