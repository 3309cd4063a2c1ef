"""Stack that machine code takes, read from the disassembly of objdump: Arm (M profile), RISC-V and aarch64.

Functions of the compiler's library and of the C library come without a call graph. Code.worst() follows every branch
and every call from a function's first instruction on, and keeps the greatest depth of the stack pointer at each
instruction. An instruction that changes the stack pointer in a way that is not known here, an indirect jump, a cycle of
calls and a push in a loop are errors, so a figure is an upper bound or there is none."""
import re
import subprocess

DEEPEST = 1 << 16  # bytes; a depth beyond this comes from a push in a loop
CONDITIONS = "eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|hs|lo"
WIDTH = {"r": 4, "s": 4, "d": 8, "q": 16}


class Unknown(Exception):
    """The stack of some code cannot be told."""


def registers(text):
    """Bytes of the registers of a list such as "r4, r5, lr" or "d8-d15"."""
    total = 0
    for part in text.strip("{}").split(","):
        ends = part.strip().split("-")
        width = 4 if ends[0] in ("sl", "fp", "ip", "lr", "pc", "sp", "sb") else WIDTH[ends[0][0]]
        total += width * (1 if len(ends) == 1 else int(ends[1][1:]) - int(ends[0][1:]) + 1)
    return total


def arm(name, args):
    """(bytes pushed, kind, sure) of an instruction. Kinds: next, return, jump, branch, call, indirect. `sure` is False
    where the instruction has a condition."""
    name = name.removesuffix(".w").removesuffix(".n")
    if name in ("b", "bl"):
        return 0, "jump" if name == "b" else "call", True
    short = re.fullmatch(rf"(b|bl|bx|blx|push|pop|add|sub|mov|ldr|str|ldmia|ldm|stmdb)({CONDITIONS})", name)
    sure = not short
    if short and short[1] == "b":
        return 0, "branch", True
    name = short[1] if short else name
    listed = re.search(r"\{.*\}", args)
    ends = "return" if listed and "pc" in listed[0] else "next"
    amount = re.search(r"#(-?\d+)", args)
    if name in ("push", "vpush") or (name in ("stmdb", "vstmdb") and args.startswith("sp!")):
        return registers(listed[0]), "next", sure
    if name in ("pop", "vpop") or (name in ("ldmia", "ldm", "vldmia") and args.startswith("sp!")):
        return -registers(listed[0]), ends, sure
    if re.fullmatch(r"sp, (sp, )?#\d+", args) and name in ("sub", "subw", "add", "addw"):
        return int(amount[1]) * (1 if name.startswith("sub") else -1), "next", sure
    if re.search(r"\[sp, #-\d+\]!$", args) or re.search(r"\[sp\], #\d+$", args):
        return -int(amount[1]), "return" if args.startswith("pc") else "next", sure
    if (name, args) in (("bx", "lr"), ("mov", "pc, lr")):
        return 0, "return", sure
    if name in ("bx", "blx", "tbb", "tbh") or args.startswith("pc,"):
        return 0, "indirect", sure
    return changed("sp" if name.startswith(("str", "cmp", "tst")) else "", args), "next", True


def riscv(name, args):
    if args.startswith("sp,sp,") and name in ("addi", "add") and re.fullmatch(r"sp,sp,-?\d+", args):
        return -int(args[6:]), "next", True
    if name == "ret" or (name, args) == ("jr", "ra"):
        return 0, "return", True
    if name == "jal" and ("," not in args or args.startswith("ra,")):
        return 0, "call", True
    if name == "j":
        return 0, "jump", True
    if name in ("jr", "jalr", "jal"):  # in a linked program, calls of functions are jal: the linker shortens them
        return 0, "indirect", True
    return changed("sp" if re.fullmatch(r"f?s[bhwd]|b\w+", name) else "", args), "next", True


def aarch64(name, args):
    amount = re.fullmatch(r"sp, sp, #(0x[0-9a-f]+|\d+)(, lsl #12)?", args)
    if amount and name in ("sub", "add"):
        size = int(amount[1], 0) << (12 if amount[2] else 0)
        return size if name == "sub" else -size, "next", True
    moved = re.search(r"\[sp, #(-\d+)\]!$", args) or re.search(r"\[sp\], #(\d+)$", args)
    if moved:
        return -int(moved[1]), "next", True
    kinds = {"ret": "return", "b": "jump", "bl": "call", "br": "indirect", "blr": "indirect"}
    return changed("sp" if name.startswith(("st", "cmp")) else "", args), kinds.get(name, "next"), True


def changed(first, args):
    """0; raises Unknown where the instruction may change the stack pointer. `first`: "sp" where the first operand is
    only read."""
    if (re.match(r"sp\b", args) and first != "sp") or re.search(r"\bsp!|\[sp[^]]*\]!|\[sp\],", args):
        raise Unknown("the stack pointer changes by an amount that is not known")
    return 0


MACHINES = {"arm": arm, "riscv": riscv, "aarch64": aarch64}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def read_code(objdump, path):
    return Code(run(objdump, "-dr", "--no-show-raw-insn", path), run(objdump, "-t", path))


class Code:
    """The instructions of a linked program, or of an object, from the disassembly `text` and the table of symbols."""

    def __init__(self, text, table):
        machine = re.search(r"file format \S*(aarch64|riscv|arm)", text)[1]
        self.machine = MACHINES[machine]
        # By section and address: [mnemonic, operands, place of the next instruction, symbol that the linker puts in].
        self.at, self.symbols, self.known = {}, {}, {}
        section, last = "", None
        for line in text.splitlines():
            header = re.match(r"Disassembly of section (.*):", line)
            symbol = re.match(r"([0-9a-f]+) <(.*)>:$", line)
            relocation = re.match(r"\s+[0-9a-f]+: R_\w+\t([^+\s]*)", line)
            found = re.match(r" *([0-9a-f]+):\t(\S+)(?:\s+(.*))?$", line)
            if header:
                section, last = header[1], None
            elif symbol:
                self.symbols[symbol[2]] = (section, int(symbol[1], 16))
            elif relocation and last:
                self.at[last][3] = self.at[last][3] or relocation[1]
            elif found:
                here = (section, int(found[1], 16))
                args = re.split(r"\s*(?:[;@]|//|\s#\s)", found[3] or "")[0].strip()
                if last:
                    self.at[last][2] = here
                pair = last and found[2] in ("jr", "jalr") and self.at[last][0] == "auipc"
                self.at[here] = [found[2], args, None, self.at[last][3] if pair else ""]
                last = here
        # A disassembly shows one name of an address, and a function may have several.
        for line in table.splitlines():
            entry = re.match(r"([0-9a-f]+) .{7} (\S+)\t[0-9a-f]+ (?:\.hidden )?(\S+)$", line)
            if entry and (entry[2], int(entry[1], 16)) in self.at:
                self.symbols[entry[3]] = (entry[2], int(entry[1], 16))
        self.starts = set(self.symbols[name] for name in self.symbols if not name.startswith("."))

    def worst(self, name):
        """Bytes of the deepest way down from function `name` of a linked program."""
        return self.depth(self.symbols[name], ())

    def own(self, name):
        """Bytes that function `name` of an object takes itself, without the functions that it calls."""
        return self.depth(self.symbols[name], None)

    def calls(self):
        """Names of the functions outside that an object calls or jumps to."""
        return {linked for name, _, _, linked in self.at.values()
                if linked and not linked.startswith(".") and name.startswith(("b", "j"))}

    def step(self, here, start, above):
        """(bytes pushed, bytes of a call, following places) of the instruction at `here`, in the function at `start`.
        `above`: the functions on the way to it; None: no call counts."""
        if here not in self.at:
            raise Unknown("a way into code that is not there")
        name, args, after, linked = self.at[here]
        pushed, kind, sure = self.machine(name, args)
        label = re.search(r"\b([0-9a-f]+) <", args)
        to = (here[0], int(label[1], 16)) if label else None
        if kind == "next" and label and not name.startswith(("adr", "ldr", "prfm", "auipc", "lui")):
            kind = "branch"
        if kind == "indirect" and above is None and name in ("jalr", "blx", "blr"):
            kind = "call"
        if kind == "indirect" and above is None and linked:
            kind = "jump"  # RISC-V: auipc and jr, of which the linker makes a jump
        if kind == "call" and above is not None and "<__gnu_thumb1_case" in args:
            kind = "indirect"  # a table of jumps: the function returns to another place
        if kind == "indirect":
            raise Unknown(f"an indirect jump: {name} {args}")
        called = 0
        if kind == "call" and above is not None:
            called = self.depth(to, (*above, start))
        # In an object, a jump that the linker completes and a jump to another function are calls in place of a return.
        leaves = above is None and ((linked and not linked.startswith(".L")) or (to in self.starts and to != start))
        follow = [after] if kind in ("next", "branch", "call") or not sure else []
        if kind in ("jump", "branch") and not leaves:
            follow.append(to)
        return pushed, sure, called, follow

    def depth(self, start, above):
        if above and start in above:
            raise Unknown("a cycle of calls")
        if start not in self.known:
            depths, todo, deepest = {start: 0}, [start], 0
            while todo:
                here = todo.pop()
                pushed, sure, called, follow = self.step(here, start, above)
                now = depths[here] + pushed
                deepest = max(deepest, now, depths[here] + called)
                now = now if sure else max(now, depths[here])
                if now > DEEPEST:
                    raise Unknown("a push in a loop")
                for place in follow:
                    if depths.get(place, -1) < now:
                        depths[place] = now
                        todo.append(place)
            self.known[start] = deepest
        return self.known[start]
