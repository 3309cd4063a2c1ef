/* stoker port: the counters of paths, the check whether reads were zero-copy, and the parts of this machine that
 * zero-copy reads need. The check counts requests and does not rely on capability bits. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "uring_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Zero-copy ///

const char *stk_uring_path_name(enum stk_uring_path path) {
    static const char *const names[STK_URING_PATHS] = {
        [STK_URING_SEQUENTIAL_PATH] = "sequential", [STK_URING_BUFFERED_PATH] = "buffered",
        [STK_URING_DIRECT_PATH] = "O_DIRECT",       [STK_URING_NVME_PATH] = "NVMe passthrough",
        [STK_URING_NOP_PATH] = "without data",
    };
    return (uint32_t)path < STK_URING_PATHS ? names[path] : NULL;
}

int stk_uring_path_stats(const struct stk_uring *uring, enum stk_uring_path path, struct stk_uring_path_stats *stats) {
    if (uring == NULL || stats == NULL || (uint32_t)path >= STK_URING_PATHS) {
        return STK_E_ARG;
    }
    *stats = uring->path[path];
    return STK_OK;
}

enum stk_uring_copies stk_uring_copies(const struct stk_uring_path_stats *s, enum stk_uring_path path) {
    bool by_device = path == STK_URING_DIRECT_PATH || path == STK_URING_NVME_PATH;
    /* A read that is under way may still be copied, so the answer waits until all have ended. */
    if (s->submitted != s->completed + s->failed + s->canceled) {
        return STK_URING_UNFINISHED;
    }
    if (s->bytes == 0) {
        return STK_URING_NO_DATA;
    }
    if (s->bounce_bytes != 0) {
        return STK_URING_BOUNCED;
    }
    /* On other paths the kernel copies: out of its page cache, or out of a pipe or socket. */
    return !by_device ? STK_URING_KERNEL_COPY : s->plain != 0 ? STK_URING_UNREGISTERED : STK_URING_ZERO_COPY;
}

const char *stk_uring_copies_name(enum stk_uring_copies copies) {
    switch (copies) {
    case STK_URING_ZERO_COPY:
        return "zero-copy";
    case STK_URING_UNREGISTERED:
        return "zero-copy into memory that is not registered";
    case STK_URING_KERNEL_COPY:
        return "copied once, by the kernel";
    case STK_URING_BOUNCED:
        return "copied in part, through bounce blocks";
    case STK_URING_NO_DATA:
        return "no data";
    default:
        return "not finished";
    }
}

/// What this machine has ///

#define NAMES_BYTES 2048u
#define P2P_FOLDER  "/sys/bus/pci/devices"

/* An entry of a folder as the kernel gives it (struct linux_dirent64). The port reads folders itself because readdir of
 * the C library allocates. */
struct entry {
    uint64_t inode; /* this port does not use the inode */
    int64_t next;   /* position of the next entry, not used */
    uint16_t bytes; /* bytes of this entry */
    uint8_t type;   /* this port does not use the type */
    char name[];
};

/* Calls `look` with the name of each entry of a folder. A folder that is missing has no entries. */
static void for_each_name(const char *folder, void (*look)(void *ctx, const char *name), void *ctx) {
    _Alignas(8) char names[NAMES_BYTES];
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long n = 1;
    while (fd >= 0 && n > 0) {
        n = syscall(SYS_getdents64, fd, names, sizeof names);
        for (long at = 0; at < n;) {
            const struct entry *e = (const void *)(names + at);
            look(ctx, e->name);
            at += e->bytes;
        }
    }
    if (fd >= 0) {
        (void)close(fd);
    }
}

/* Counts the NVMe namespaces that have a character device (/dev/ng0n1), and keeps the name of the first one. */
static void look_for_nvme(void *ctx, const char *name) {
    struct stk_uring_machine *m = ctx;
    unsigned controller, space;
    char rest;
    if (sscanf(name, "ng%un%u%c", &controller, &space, &rest) == 2) {
        m->nvme_devices++;
        if (m->nvme[0] == '\0') {
            (void)snprintf(m->nvme, sizeof m->nvme, "/dev/ng%un%u", controller, space);
        }
    }
}

/* Adds up the memory that PCI devices offer for peer-to-peer transfers. */
static void look_for_p2p(void *ctx, const char *name) {
    struct stk_uring_machine *m = ctx;
    char path[128], text[32] = "";
    (void)snprintf(path, sizeof path, P2P_FOLDER "/%.40s/p2pmem/size", name);
    int fd = name[0] != '.' ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        ssize_t n = read(fd, text, sizeof text - 1);
        m->p2p_devices++;
        m->p2p_bytes += n > 0 ? strtoull(text, NULL, 0) : 0;
        (void)close(fd);
    }
}

int stk_uring_machine(struct stk_uring_machine *machine) {
    if (machine == NULL) {
        return STK_E_ARG;
    }
    *machine = (struct stk_uring_machine){.nvme_devices = 0};
    int err = stk_uring_probe(&machine->uring);
    for_each_name("/dev", look_for_nvme, machine);
    for_each_name(P2P_FOLDER, look_for_p2p, machine);
    return err == STK_E_UNSUPPORTED ? STK_OK : err;
}
