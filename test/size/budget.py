"""budget.py: what the scripts of this folder share: the lines of their files, and the environment of compilers."""
import os
import pathlib
import shutil
import sys

# A compiler that is a link to ccache would leave out files beside the object, such as the call graph.
COMPILER_ENVIRONMENT = {**os.environ, "CCACHE_DISABLE": "1"}


def refuse(place, text):
    """Ends the script with one line, which says what is wrong in a file and what to do."""
    print(f"{place}: {text}", file=sys.stderr)
    sys.exit(2)


def usage(text):
    print(text, file=sys.stderr)
    sys.exit(2)


def check_compiler(name):
    """Refuses a compiler that is missing, or one beside which there is no nm, size and objdump of the same prefix."""
    if "gcc" not in pathlib.Path(name).name:
        refuse(name, "not the name of a gcc: name one such as arm-none-eabi-gcc")
    if not shutil.which(name):
        refuse(name, "there is no such compiler: install it (tools/setup boards), or mend the name")


def read_lines(path):
    """Yields FILE:LINE and the words of each line that has words before its comment."""
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8")
    except OSError as error:
        refuse(path, f"{error.strerror}: name a file that can be read")
    except UnicodeDecodeError:
        refuse(path, "not a text in UTF-8: name a budget, or a file that check-size wrote")
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].split()
        if words:
            yield f"{path}:{number}", words


def read_bytes(place, what, word):
    """Returns a number of bytes. `what` names the word in the message."""
    if not (word.isascii() and word.isdigit()):
        refuse(place, f"{what} '{word}' is no number of bytes: write digits alone")
    return int(word)
