/* The files of a scan: those that the command names, and those below folders. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input.h"
#include "output.h"
#include "scan.h"
#include "socket.h"
#include "stoker/port/os_error.h"
#include "stoker/port/os_fuse.h"

struct finder {
    struct scan *scan;
    uint32_t count, room; /* files in scan->files, and files that the array has room for */
    uint32_t failed;      /* entries that cannot be read */
};

static void walk(struct finder *f, const char *folder, int *bad);

/// The list ///

/* Adds an entry to the list of files. The list owns `name` from now on. Returns NULL after printing an error if there
 * is no memory. */
static struct scan_file *add(struct finder *f, char *name) {
    struct scan *s = f->scan;
    struct scan_file *files = s->files;
    if (f->count == f->room) {
        uint32_t room = f->room < UINT32_MAX / 2u ? 2u * f->room + 16u : 0u;
        files = room ? realloc(s->files, room * sizeof *files) : NULL;
        s->files = files ? files : s->files;
        f->room = files ? room : f->room;
    }
    if (!name || !files) {
        free(name);
        cli_bad("no memory for %u files: name fewer", f->count + 1u);
        return NULL;
    }
    s->files[f->count] = (struct scan_file){.name = name, .fd = -1};
    s->options.file_count = f->count + 1u;
    return &s->files[f->count++];
}

/* Names an entry that cannot be read; the others go on. */
static void fail(struct finder *f, struct scan_file *file, int os_error, const char *what, const char *advice) {
    cli_note("%s: %s: %s", file->name, what, advice);
    file->err = stk_os_error(os_error);
    file->os_error = os_error;
    f->failed++;
}

static void fail_as(struct finder *f, struct scan_file *file, int os_error) {
    fail(f, file, os_error, strerror(os_error), cli_os_fix(os_error, "name a file that exists and can be read"));
}

/// What is behind a name ///

/* Notes the size of standard input, but only where it is a file and at its start; elsewhere it is read on from where it
 * is. Returns 0, or -1. */
static int stat_stdin(struct stat *st) {
    int mode = fcntl(STDIN_FILENO, F_GETFL);
    if (mode < 0 || (mode & O_ACCMODE) == O_WRONLY || fstat(STDIN_FILENO, st) != 0) {
        return -1;
    }
    if (S_ISREG(st->st_mode) && lseek(STDIN_FILENO, 0, SEEK_CUR) != 0) {
        st->st_size = 0;
    }
    return 0;
}

/* Returns the bytes of a block device; 0: they are not known, and the device is read like a pipe. */
static uint64_t block_device_size(const char *name) {
    int fd = strcmp(name, "-") == 0 ? -1 : open(name, O_RDONLY | O_CLOEXEC);
    uint64_t bytes = 0;
    if (fd >= 0) {
        bytes = ioctl(fd, BLKGETSIZE64, &bytes) == 0 ? bytes : 0u;
        close(fd);
    }
    return bytes;
}

/* Asks an NVMe namespace how large it is, if the file is the character device of one. */
static void note_nvme(struct finder *f, struct scan_file *file) {
    struct stk_uring_nvme nvme = {0};
    int fd = open(file->name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), err = STK_OK;
    file->is_nvme = fd >= 0 && stk_uring_is_nvme(fd);
    if (file->is_nvme) {
        err = stk_uring_nvme_identify(fd, &nvme);
        file->size = nvme.blocks * nvme.block_bytes;
    }
    if (fd >= 0) {
        close(fd);
    }
    if (err == STK_E_ACCESS) {
        fail(f, file, nvme.os_error, "may not be asked for its size", "run as root, or name its block device");
    } else if (err != STK_OK) {
        fail(f, file, nvme.os_error, "is an NVMe namespace that stoker cannot read", "name its block device instead");
    }
}

/* Notes size and file system of a file. A file of procfs says 0 bytes and is read to its end. */
static void note_file(struct scan_file *file, const struct stat *st) {
    struct statfs fs = {0};
    int failed = strcmp(file->name, "-") == 0 ? fstatfs(STDIN_FILENO, &fs) : statfs(file->name, &fs);
    file->is_regular = S_ISREG(st->st_mode);
    file->size = file->is_regular && st->st_size > 0 ? (uint64_t)st->st_size : 0u;
    if (S_ISBLK(st->st_mode)) {
        file->size = block_device_size(file->name);
    }
    file->on_fuse = stk_os_is_fuse(st, failed ? errno : 0, &fs);
}

/* Adds a socket, and opens it at once, so that the system keeps data that comes before the scan reads the socket.
 * Returns as add_named. */
static int add_socket(struct finder *f, const char *name) {
    struct scan_file *file = add(f, strdup(name));
    const char *why;
    if (!file) {
        return CLI_BAD;
    }
    file->fd = cli_socket_open(name, &why);
    file->datagrams = cli_socket_kind(name) == CLI_UDP;
    if (file->fd < 0 && why) {
        fail(f, file, EINVAL, "cannot be opened", why);
    } else if (file->fd < 0) {
        fail(f, file, errno, strerror(errno),
             cli_os_fix(errno, "name an address that listens, or for UDP a local one"));
    }
    return 0;
}

/* Adds a file or folder that the command names. Returns 0, or CLI_BAD after printing why. */
static int add_named(struct finder *f, const char *name) {
    int is_stdin = strcmp(name, "-") == 0, bad = 0, os_error;
    struct scan_file *file;
    struct stat st;
    if (cli_socket_kind(name) != CLI_NO_SOCKET) {
        return add_socket(f, name);
    }
    os_error = is_stdin                                          ? (stat_stdin(&st) != 0 ? EBADF : 0)
               : stat(name, &st) != 0 || access(name, R_OK) != 0 ? errno
                                                                 : 0;
    if (os_error == 0 && S_ISDIR(st.st_mode) && !is_stdin && f->scan->options.recursive) {
        walk(f, name, &bad);
        return bad;
    }
    file = add(f, strdup(name));
    if (!file || cli_input(file->name) != 0) {
        return CLI_BAD;
    }
    if (os_error != 0 && is_stdin) {
        fail(f, file, EBADF, "standard input is closed", "pipe data into it, or name a file");
    } else if (os_error != 0) {
        fail_as(f, file, os_error);
    } else if (S_ISSOCK(st.st_mode) && !is_stdin) {
        fail(f, file, ENXIO, "is a socket", "put unix: before its name");
    } else if (S_ISDIR(st.st_mode)) {
        fail(f, file, EISDIR, "is a directory",
             is_stdin ? "pipe data into standard input" : "use -r to scan the files below it");
    } else {
        note_file(file, &st);
        if (S_ISCHR(st.st_mode) && !is_stdin) {
            note_nvme(f, file);
        }
    }
    return 0;
}

/// Folders ///

static int is_entry(const struct dirent *entry) {
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Returns FOLDER/NAME in memory of its own, or NULL. */
static char *join(const char *folder, const char *name) {
    size_t length = strlen(folder);
    char *path;
    const char *slash = length != 0u && folder[length - 1u] != '/' ? "/" : "";
    return asprintf(&path, "%s%s%s", folder, slash, name) < 0 ? NULL : path;
}

/* Adds an entry of a folder. Links, devices, sockets and FIFOs are left out, and so is what the command writes. Takes
 * `path` over. */
static void add_found(struct finder *f, char *path, int *bad) {
    struct scan_file *file;
    struct stat st;
    int os_error = path && lstat(path, &st) == 0 ? 0 : errno;
    if (os_error == 0 && S_ISDIR(st.st_mode)) {
        walk(f, path, bad);
        free(path);
        return;
    }
    if (os_error == 0 && !S_ISREG(st.st_mode)) {
        free(path);
        return;
    }
    if (os_error == 0 && cli_is_written(path)) {
        if (!f->scan->options.quiet) {
            cli_note("%s: is written by this command: left out", path);
        }
        free(path);
        return;
    }
    os_error = os_error == 0 && access(path, R_OK) != 0 ? errno : os_error;
    file = add(f, path);
    *bad = file ? cli_input(file->name) : CLI_BAD;
    if (*bad == 0 && os_error != 0) {
        fail_as(f, file, os_error);
    } else if (*bad == 0) {
        note_file(file, &st);
    }
}

/* Adds the files below a folder in the order of their names, so that each scan has the same order. The empty name is
 * the current folder. A path longer than the system takes ends the descent. */
static void walk(struct finder *f, const char *folder, int *bad) {
    struct dirent **entries = NULL;
    int count = scandir(folder[0] ? folder : ".", &entries, is_entry, by_name);
    if (count < 0) {
        int os_error = errno;
        struct scan_file *file = add(f, strdup(folder[0] ? folder : "."));
        *bad = file ? 0 : CLI_BAD;
        if (file) {
            fail_as(f, file, os_error);
        }
    }
    for (int i = 0; i < count; i++) {
        if (*bad == 0) {
            add_found(f, join(folder, entries[i]->d_name), bad);
        }
        free(entries[i]);
    }
    free(entries);
}

int scan_files_find(struct scan *s) {
    struct finder f = {.scan = s};
    char **names = s->options.files;
    uint32_t count = s->options.file_count;
    int bad = 0;
    s->options.file_count = 0;
    if (count == 0u) {
        walk(&f, "", &bad);
    }
    for (uint32_t i = 0; bad == 0 && i < count; i++) {
        bad = add_named(&f, names[i]);
    }
    return bad || (f.failed != 0u && f.failed == f.count) ? CLI_BAD : 0;
}

void scan_files_free(struct scan *s) {
    for (uint32_t i = 0; s->files && i < s->options.file_count; i++) {
        if (s->files[i].fd >= 0) {
            close(s->files[i].fd);
        }
        free(s->files[i].name);
    }
    free(s->files);
}
