/* An MTD device that the test plays for the port, NOR or NAND. Included once in a test, after cmocka. */
#ifndef MTD_FAKE_H
#define MTD_FAKE_H

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <mtd/mtd-user.h>

#include "../../../port/mtd/mtd_os.h"

#define ERASE     4096u
#define ERASE_MAX 65536u
#define BLOCKS    8u
#define FAKE_FD   77

/* The device, and what it does next. */
static struct {
    struct mtd_info_user info;
    uint64_t size;
    uint8_t bytes[ERASE_MAX * BLOCKS];
    struct mtd_ecc_stats stats;
    uint32_t bad; /* mask of blocks */
    int open_errno;
    int info_errno, seek_errno, bad_errno, stats_errno, unlock_errno, erase_errno;
    int io_errno; /* errno of the next `io_errors` transfers, after `before_errors` transfers that work */
    uint32_t io_errors, before_errors;
    uint32_t lost; /* reads from now on that lose something */
    uint32_t most; /* bytes of one transfer */
    bool once;     /* programs meet erased bytes only */
    bool no_erase64;
    uint32_t opens, closes, erases, erases64, unlocks, reads, writes;
} dev;

static int answer(int os_error) {
    errno = os_error;
    return os_error == 0 ? 0 : -1;
}

static int fake_open(const char *path, int flags) {
    (void)flags;
    assert_string_equal(path, "/dev/mtd7");
    dev.opens++;
    return dev.open_errno != 0 ? answer(dev.open_errno) : FAKE_FD;
}

static int fake_close(int fd) {
    assert_int_equal(fd, FAKE_FD);
    dev.closes++;
    return 0;
}

static int erase(uint64_t start, uint64_t length) {
    assert_int_equal(start % dev.info.erasesize, 0);
    assert_int_equal(length, dev.info.erasesize);
    assert_in_range(start, 0, dev.size - length);
    if (dev.erase_errno != 0) {
        return answer(dev.erase_errno);
    }
    memset(dev.bytes + start, 0xFF, length);
    dev.erases++;
    return 0;
}

static int fake_ioctl(int fd, unsigned long request, void *argument) {
    assert_int_equal(fd, FAKE_FD);
    switch (request) {
    case MEMGETINFO:
        memcpy(argument, &dev.info, sizeof dev.info);
        return answer(dev.info_errno);
    case MEMGETBADBLOCK: {
        loff_t at;
        memcpy(&at, argument, sizeof at);
        return dev.bad_errno != 0 ? answer(dev.bad_errno) : (int)(dev.bad >> (at / dev.info.erasesize) & 1u);
    }
    case ECCGETSTATS:
        memcpy(argument, &dev.stats, sizeof dev.stats);
        return answer(dev.stats_errno);
    case MEMERASE64: {
        struct erase_info_user64 range;
        memcpy(&range, argument, sizeof range);
        dev.erases64++;
        return dev.no_erase64 ? answer(ENOTTY) : erase(range.start, range.length);
    }
    case MEMERASE: {
        struct erase_info_user range;
        memcpy(&range, argument, sizeof range);
        return erase(range.start, range.length);
    }
    case MEMUNLOCK:
        dev.unlocks++;
        return answer(dev.unlock_errno);
    default:
        return answer(ENOTTY);
    }
}

static off_t fake_seek_end(int fd) {
    assert_int_equal(fd, FAKE_FD);
    return dev.seek_errno != 0 ? (off_t)answer(dev.seek_errno) : (off_t)dev.size;
}

/* Returns the number of bytes that a transfer moves, or a negative number with errno set. */
static ssize_t granted(size_t bytes, off_t at) {
    assert_in_range(at, 0, sizeof dev.bytes - bytes);
    if (dev.io_errors != 0 && dev.before_errors-- == 0) {
        dev.before_errors = 0;
        dev.io_errors--;
        return answer(dev.io_errno);
    }
    return (ssize_t)(dev.most != 0 && bytes > dev.most ? dev.most : bytes);
}

static ssize_t fake_pread(int fd, void *data, size_t bytes, off_t at) {
    ssize_t n = granted(bytes, at);
    assert_int_equal(fd, FAKE_FD);
    dev.reads++;
    if (n > 0) {
        memcpy(data, dev.bytes + at, (size_t)n);
        dev.stats.failed += dev.lost != 0;
        dev.lost -= dev.lost != 0;
    }
    return n;
}

static ssize_t fake_pwrite(int fd, const void *data, size_t bytes, off_t at) {
    ssize_t n = granted(bytes, at);
    assert_int_equal(fd, FAKE_FD);
    assert_true((uint64_t)at % dev.info.writesize == 0 || dev.most != 0);
    dev.writes++;
    for (ssize_t i = 0; i < n; i++) {
        assert_true(!dev.once || dev.bytes[at + i] == 0xFF);
        dev.bytes[at + i] &= ((const uint8_t *)data)[i];
    }
    return n;
}

static const struct stk_mtd_os fake = {fake_open, fake_close, fake_ioctl, fake_seek_end, fake_pread, fake_pwrite};
static struct stk_mtd_config plug(uint8_t type, uint32_t flags, uint32_t writesize) {
    memset(&dev, 0, sizeof dev);
    memset(dev.bytes, 0xFF, sizeof dev.bytes);
    dev.info = (struct mtd_info_user){type, flags, ERASE * BLOCKS, ERASE, writesize, 64, 0};
    dev.size = ERASE * BLOCKS;
    return (struct stk_mtd_config){.path = "/dev/mtd7"};
}

static inline struct stk_mtd_config plug_nor(void) {
    struct stk_mtd_config config = plug(MTD_NORFLASH, MTD_CAP_NORFLASH, 1);
    dev.stats_errno = ENOTTY;
    return config;
}

static inline struct stk_mtd_config plug_nand(void) {
    return plug(MTD_NANDFLASH, MTD_CAP_NANDFLASH, 512);
}

#endif
