/* stoker port: the sources of a ring. Finds out what a descriptor is, on which path its reads go, and puts the
 * descriptor into the ring's registered table of files. Sockets are in uring_receive.c. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "uring_internal.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "stoker/port/os_fuse.h"

/* Most bytes of one request. The kernel's own limit is 2 GiB less a page, which is not a multiple of every block. */
#define REQUEST_MAX (1u << 30)

/// What a descriptor is ///

/* Sets the alignment in bytes that reads with O_DIRECT need: `block` for offsets and lengths, `align` for addresses.
 * Kernels before 6.1 do not tell the alignment of a file; a page suits all file systems. */
static void find_alignment(int fd, const struct stat *st, struct stk_uring_source *s) {
    int sector = 0;
    s->block = s->align = STK_URING_BOUNCE_BYTES;
    if (S_ISBLK(st->st_mode) && ioctl(fd, BLKSSZGET, &sector) == 0 && sector > 0) {
        s->block = s->align = (uint32_t)sector;
    }
#ifdef STATX_DIOALIGN
    struct statx x;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &x) == 0 && (x.stx_mask & STATX_DIOALIGN) != 0 &&
        x.stx_dio_offset_align != 0 && x.stx_dio_mem_align != 0) {
        s->block = x.stx_dio_offset_align;
        /* Linux 6.1 refuses registered memory of which a part up to the end of a page is not a multiple of a block, so
         * addresses are aligned to blocks as well. */
        s->align = x.stx_dio_mem_align > s->block ? x.stx_dio_mem_align : s->block;
    }
#endif
}

/* Describes a descriptor that read(2) can read. Refuses files on FUSE (stoker/port/os_fuse.h says why). */
static int describe_file(int fd, struct stk_uring_source *s, int *os_error) {
    struct stat st;
    bool sequential = false;
    int err = stk_os_source(fd, &sequential, os_error);
    if (err < 0) {
        return err;
    }
    if (stk_os_on_fuse(fd)) {
        *os_error = EOPNOTSUPP;
        return STK_E_UNSUPPORTED;
    }
    s->kind = sequential ? SOURCE_SEQUENTIAL : SOURCE_POSITIONED;
    s->path = sequential ? STK_URING_SEQUENTIAL_PATH : STK_URING_BUFFERED_PATH;
    /* The end is not known, and a file may grow; the kernel says where it is. */
    s->end = UINT64_MAX;
    s->request_max = REQUEST_MAX;
    s->writable = stk_os_writable(fd);
    /* Only with O_DIRECT reads must be aligned. The flag belongs to the open file, so it is looked at here. */
    if (!sequential && (fcntl(fd, F_GETFL) & O_DIRECT) != 0 && fstat(fd, &st) == 0) {
        s->path = STK_URING_DIRECT_PATH;
        find_alignment(fd, &st, s);
    }
    *os_error = EOPNOTSUPP;
    /* A source whose blocks do not fit into a bounce block could not be read at unaligned places. */
    return s->block <= STK_URING_BOUNCE_BYTES ? STK_OK : STK_E_UNSUPPORTED;
}

/* Describes an NVMe namespace, which takes commands and no reads. Asks the device for block size and capacity; a ring
 * without large requests has no room for a command. */
static int describe_nvme(const struct stk_uring *u, int fd, struct stk_uring_source *s, int *os_error) {
    struct stk_uring_nvme nvme;
    *os_error = EOPNOTSUPP;
    if (u->feature[STK_URING_LARGE_REQUESTS].why != STK_URING_ON) {
        return STK_E_UNSUPPORTED;
    }
    int err = stk_uring_nvme_identify(fd, &nvme);
    *os_error = nvme.os_error;
    if (err == STK_OK) {
        s->kind = SOURCE_POSITIONED;
        s->path = STK_URING_NVME_PATH;
        s->block = nvme.block_bytes;
        /* NVMe transfers memory in units of 4 bytes. */
        s->align = sizeof(uint32_t);
        s->request_max = nvme.transfer_max;
        s->end = nvme.blocks * nvme.block_bytes;
        s->nsid = nvme.nsid;
    }
    return err;
}

/// The table ///

/* Puts `fd` into the registered table, or -1 for no file. Returns 0 or a positive errno. */
static int update_file(struct stk_uring *u, uint32_t index, int fd) {
    int r = io_uring_register_files_update(u->ring, index, &fd, 1);
    if (r < 0) {
        return -r;
    }
    u->fds[index] = fd;
    return 0;
}

/* Returns the index of the first free source, or u->sources if there is none. */
static uint32_t find_free(const struct stk_uring *u) {
    uint32_t i = 0;
    while (i < u->sources && u->source[i].kind != SOURCE_FREE) {
        i++;
    }
    return i;
}

/* Stores a source under an index. Its queue starts empty. */
static void place(struct stk_uring *u, uint32_t index, const struct stk_uring_source *s) {
    u->source[index] = *s;
    stk_index_list_clear(&u->source[index].queue);
}

int stk_uring_add_file(struct stk_uring *uring, int fd, uint32_t flags) {
    struct stk_uring_source s = {.kind = SOURCE_FREE};
    int os_error = 0;
    if (uring == NULL) {
        return STK_E_ARG;
    }
    if (uring->ring == NULL) {
        return refuse(uring, STK_E_SHUTDOWN, 0, 0);
    }
    if ((flags & ~STK_URING_SEQUENTIAL) != 0) {
        return refuse(uring, STK_E_ARG, 0, 0);
    }
    uint32_t i = find_free(uring);
    if (i == uring->sources) {
        return refuse(uring, STK_E_FULL, i, 0);
    }
    int r = stk_uring_is_nvme(fd) ? describe_nvme(uring, fd, &s, &os_error) : describe_file(fd, &s, &os_error);
    if (r == STK_OK) {
        os_error = update_file(uring, i, fd);
        r = stk_os_error(os_error);
    }
    if (r < 0) {
        return refuse(uring, r, i, (uint64_t)os_error);
    }
    if ((flags & STK_URING_SEQUENTIAL) != 0 && s.path != STK_URING_NVME_PATH) {
        s.kind = SOURCE_SEQUENTIAL;
        s.path = STK_URING_SEQUENTIAL_PATH;
        /* The caller decides where the file stands and how much it reads, so the caller also aligns its reads. */
        s.block = 0;
    }
    place(uring, i, &s);
    return (int)i;
}

int stk_uring_add_nop(struct stk_uring *uring) {
    const struct stk_uring_source s = {
        .kind = SOURCE_POSITIONED, .path = STK_URING_NOP_PATH, .request_max = REQUEST_MAX, .end = UINT64_MAX};
    if (uring == NULL) {
        return STK_E_ARG;
    }
    if (uring->ring == NULL) {
        return refuse(uring, STK_E_SHUTDOWN, 0, 0);
    }
    uint32_t i = find_free(uring);
    if (i == uring->sources) {
        return refuse(uring, STK_E_FULL, i, 0);
    }
    place(uring, i, &s);
    return (int)i;
}

int stk_uring_remove_source(struct stk_uring *uring, uint32_t source) {
    int e = 0;
    if (uring == NULL) {
        return STK_E_ARG;
    }
    if (uring->ring == NULL) {
        return refuse(uring, STK_E_SHUTDOWN, source, 0);
    }
    if (source >= uring->sources || uring->source[source].kind == SOURCE_FREE) {
        return refuse(uring, STK_E_RANGE, source, 0);
    }
    if (uring->source[source].reads != 0) {
        return refuse(uring, STK_E_STATUS, source, uring->source[source].reads);
    }
    /* A socket's request may need another call of the port before it ends; the caller then calls again. */
    if (!stk_uring_forget_socket_(uring, source)) {
        return refuse(uring, STK_E_STATUS, source, 0);
    }
    if (uring->source[source].path != STK_URING_NOP_PATH) {
        e = update_file(uring, source, -1);
    }
    if (e != 0) {
        return refuse(uring, stk_os_error(e), source, (uint64_t)e);
    }
    uring->source[source].kind = SOURCE_FREE;
    return STK_OK;
}
