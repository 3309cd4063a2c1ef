"""The guest: its files, its kernel and one start of QEMU. All clones of the tree share the files in the folder of
`fetch`; the files that a run makes lie in build/aarch64-linux/board."""
import os
import pathlib
import shutil
import signal
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parent.parent
BUILD = TREE / "build/aarch64-linux"
WORK = BUILD / "board"
BASE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "stoker/qemu-virt-arm64"

# Folders of the packages that no program in the guest has a use for.
LEFT_OUT = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/i18n", "usr/share/info", "usr/share/perl",
            "usr/share/zoneinfo", "usr/include", "usr/lib/aarch64-linux-gnu/gconv", "usr/lib/aarch64-linux-gnu/perl",
            "usr/lib/aarch64-linux-gnu/perl-base", "boot")
KEEP_MIB = 1024

# Modules of the kernel; those that they depend on come first by themselves. The checksums are asked for by name.
MODULES = ("crct10dif_generic", "crc64_rocksoft_generic", "crc32c_generic", "nvme", "ext4", "mtd")


class Trouble(Exception):
    """The guest cannot be made or run; the text says what to do."""


def run(*command, **options):
    """Runs a command quietly. Its output is part of the trouble where it fails."""
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", **options)
    if done.returncode != 0:
        raise Trouble(f"{command[0]} failed:\n{done.stdout[-3000:]}")
    return done.stdout


def use_ccache():
    """Compiles through ccache where it is installed: a fresh clone then builds in seconds what another has built."""
    if shutil.which("ccache"):
        os.environ.setdefault("CMAKE_C_COMPILER_LAUNCHER", "ccache")
        os.environ.setdefault("CCACHE_BASEDIR", str(TREE))
        os.environ.setdefault("CCACHE_NOHASHDIR", "1")


def kernel_version():
    return next((BASE / "kernel/lib/modules").iterdir()).name


## Modules ##

def information(module, key):
    """Returns the values of a key that the file of a module has as KEY=VALUE."""
    data = module.read_bytes()
    return [part[len(key) + 1:].decode() for part in data.split(b"\0") if part.startswith(key.encode() + b"=")]


def in_order(names):
    """Files of these modules and of those that they depend on, each behind what it depends on."""
    there = {path.name.removesuffix(".ko").replace("-", "_"): path
             for path in (BASE / "kernel/lib/modules").rglob("*.ko")}
    order = []

    def add(name):
        path = there.get(name.replace("-", "_"))
        if path is None or path in order:
            return  # a part of the kernel itself
        for depends in information(path, "depends"):
            for other in filter(None, depends.split(",")):
                add(other)
        order.append(path)

    for name in names:
        add(name)
    return order


def build_modules():
    """Builds the modules of module/ against the headers of the guest's kernel, where a source is newer."""
    folder = WORK / "module"
    sources = [path for path in (HERE / "module").iterdir() if path.suffix == ".c" or path.name == "Kbuild"]
    made = [folder / f"{path.stem}.ko" for path in sources if path.suffix == ".c"]
    newest = max(path.stat().st_mtime for path in [*sources, BASE / "stamp"])
    if not all(path.exists() and path.stat().st_mtime > newest for path in made):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for path in sources:
            shutil.copy(path, folder)
        headers = next((BASE / "kernel/usr/src").glob("*-arm64"))
        said = run("make", "-C", headers, f"M={folder}", "ARCH=arm64", "CROSS_COMPILE=aarch64-linux-gnu-", "modules")
        if "warning:" in said:
            raise Trouble(f"the modules do not build without warnings:\n{said}")
    return made


## Disks ##

def root_disk():
    """The packages as an ext4 image, made once for what `fetch` unpacked. The guest's changes to it are dropped."""
    image = BASE / "root.img"
    if image.exists() and image.stat().st_mtime > (BASE / "stamp").stat().st_mtime:
        return image
    tree = WORK / "root"
    shutil.rmtree(tree, ignore_errors=True)
    skip = {str(BASE / "root" / name) for name in LEFT_OUT}

    def left_out(folder, names):
        return [name for name in names if f"{folder}/{name}" in skip or name in ("libc.a", "libLLVM-14.a")]

    shutil.copytree(BASE / "root", tree, symlinks=True, ignore=left_out)
    for name in ("proc", "sys", "dev", "tmp", "keep", "tests", "disk", "root"):
        (tree / name).mkdir(exist_ok=True)
    used = int(run("du", "-sm", tree).split()[0])
    part = BASE / "root.img.part"
    part.unlink(missing_ok=True)
    run("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", tree, part, f"{used + used // 8 + 256}M",
        env={**os.environ, "PATH": os.environ["PATH"] + ":/sbin:/usr/sbin"})
    part.rename(image)
    shutil.rmtree(tree)
    return image


def keep_disk():
    """Returns the disk that stays from one start to the next. It has the programs that PoCL compiled in the guest."""
    image = BASE / "keep.img"
    if not image.exists():
        part = BASE / "keep.img.part"
        part.unlink(missing_ok=True)
        run("mke2fs", "-q", "-t", "ext4", part, f"{KEEP_MIB}M",
            env={**os.environ, "PATH": os.environ["PATH"] + ":/sbin:/usr/sbin"})
        part.rename(image)
    return image


def blank(name, size):
    """An image of zeros."""
    path = WORK / name
    with open(path, "wb") as file:
        file.truncate(size)
    return path


## The initial file system ##

def archive(path, entries):
    """Writes an archive of cpio's new format. An entry is a name and bytes, or a name and None for a folder."""
    with open(path, "wb") as out:
        for number, (name, data) in enumerate([*entries, ("TRAILER!!!", b"")], 1):
            mode = 0o40755 if data is None else 0o100755
            data = data or b""
            text = name.encode() + b"\0"
            fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(text), 0)
            out.write(b"070701" + b"".join(b"%08X" % field for field in fields) + text)
            out.write(b"\0" * (-(110 + len(text)) % 4) + data + b"\0" * (-len(data) % 4))


def initial_files(name, job, own, files):
    """Makes the archive that the kernel unpacks: /init, /job, the kernel's modules and that of module/ which is `own`,
    busybox, and `files` by their names."""
    entries = {"init": (HERE / "guest/init").read_bytes(), "job": job.encode(),
               "bin/busybox": (BASE / "root/bin/busybox").read_bytes(), **files}
    order = [*in_order(MODULES), *(path for path in build_modules() if path.stem == own)]
    entries["modules/order"] = "".join(f"{path.name}\n" for path in order).encode()
    entries.update({f"modules/{path.name}": path.read_bytes() for path in order})
    folders = {str(parent) for path in entries for parent in pathlib.PurePosixPath(path).parents} - {"."}
    path = WORK / f"{name}.cpio"
    archive(path, [*((folder, None) for folder in sorted(folders)), *sorted(entries.items())])
    return path


## A run ##

class Guest:
    """One execution of QEMU. Its console is read line by line."""

    def __init__(self, initial, disks, flash=None, log=None, arguments=""):
        options = ["-M", "virt", "-cpu", "max,pauth-impdef=on", "-smp", "2", "-m", "3072", "-nic", "none", "-nographic",
                   "-monitor", "none", "-no-reboot", "-kernel", BASE / f"kernel/boot/vmlinuz-{kernel_version()}",
                   "-initrd", initial]
        for name, (image, extra) in disks.items():
            options += ["-drive", f"if=none,id={name},format=raw,file={image},{extra}",
                        "-device", f"nvme,serial={name},drive={name}"]
        if flash:
            options += ["-drive", f"if=pflash,unit=1,format=raw,file={flash}"]
        options += ["-append", f"console=ttyAMA0 quiet panic=-1 board.disks={','.join(disks)} {arguments}"]
        self.log = log
        self.process = subprocess.Popen(["qemu-system-aarch64", *map(str, options)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.rest = b""

    def lines(self, seconds, is_over=lambda: False):
        """Yields the lines of the console as they come, until QEMU ends, is_over() returns True, or `seconds` are
        over."""
        end = time.monotonic() + seconds
        os.set_blocking(self.process.stdout.fileno(), False)
        while not is_over() and time.monotonic() < end:
            chunk = self.process.stdout.read()
            if chunk:
                if self.log:
                    self.log.write(chunk)
                    self.log.flush()
                *whole, self.rest = (self.rest + chunk).split(b"\n")
                for line in whole:
                    yield line.decode(errors="replace").rstrip("\r")
            elif chunk == b"":
                return
            else:
                time.sleep(0.002)

    def cut(self):
        """Ends QEMU at once, as a loss of power ends a board. Returns the lines that had reached the console."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        return list(self.lines(10))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
