/* stoker port: NVMe passthrough. A request is an NVMe command to a namespace (NVM Command Set Specification 1.0c, 3.2.4
 * "Read command"). Block size and capacity of a namespace come from its identify data (NVM Express Base Specification
 * 2.0c, 5.17). Only reads: the port never writes to a namespace. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "uring_internal.h"

#include <linux/nvme_ioctl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "stoker/le.h"

#define NS_PER_MS UINT64_C(1000000)

/// Commands ///

#ifdef NVME_URING_CMD_IO

#define OPCODE_READ 0x02u
/* Status code and its type, without the bits for retries. */
#define STATUS_MASK 0x7ffu
/* The device, or the way to it, is gone. */
#define STATUS_NO_PATH 0x370
#define STATUS_ABORTED 0x371
/* Invalid namespace or format: the namespace is no longer the one that was identified. */
#define STATUS_BAD_FORMAT 0x00b

_Static_assert(sizeof(struct nvme_uring_cmd) <= 80, "must fit behind a request of 64 bytes");

/* Fills in a read command. The plan has whole blocks, so both divisions come out even. */
static void prepare_command(const struct stk_uring *u, struct stk_uring_op *op, struct io_uring_sqe *sqe) {
    const struct stk_uring_source *s = &u->source[op->source];
    uint64_t first = op->at / s->block, timeout_ms = u->read_timeout_ns / NS_PER_MS;
    struct nvme_uring_cmd command = {
        .opcode = OPCODE_READ,
        .nsid = s->nsid,
        .addr = (uintptr_t)op->to,
        .data_len = op->asked,
        .cdw10 = (uint32_t)first,
        .cdw11 = (uint32_t)(first >> 32),
        /* The command counts its blocks from 0. */
        .cdw12 = op->asked / s->block - 1u,
        .timeout_ms = timeout_ms < INT32_MAX ? (uint32_t)timeout_ms : 0u,
    };
    io_uring_prep_rw(IORING_OP_URING_CMD, sqe, (int)op->source, NULL, 0, 0);
    sqe->cmd_op = NVME_URING_CMD_IO;
    sqe->__pad1 = 0;
    op->fixed = stk_uring_registered_(u, op) && !u->plain_commands;
    if (op->fixed) {
        sqe->uring_cmd_flags = IORING_URING_CMD_FIXED;
        sqe->buf_index = (uint16_t)stk_uring_buffer_(u, op);
    }
    memcpy(sqe->cmd, &command, sizeof command);
}

/* Returns the errno for a status that the device gave: ENODEV where the namespace is gone, EIO for every other one. */
static int errno_of(uint32_t status) {
    switch (status & STATUS_MASK) {
    case STATUS_NO_PATH:
    case STATUS_ABORTED:
    case STATUS_BAD_FORMAT:
        return ENODEV;
    default:
        return EIO;
    }
}

/* Takes the answer to a command: 0, a status of the device above 0, or -errno. */
static int32_t command_result(struct stk_uring *u, const struct stk_uring_op *op, int32_t res) {
    if (res == -EINVAL && op->fixed) {
        /* Linux 5.19 and 6.0 know no registered memory for commands, and for 6.1 a registered buffer may be too long.
         * EAGAIN makes the read try again, without registered memory from now on. */
        u->plain_commands = true;
        return -EAGAIN;
    }
    return res < 0 ? res : res > 0 ? -errno_of((uint32_t)res) : (int32_t)op->asked;
}

#else

/* Stands in for a build whose kernel headers do not know the commands. stk_uring_nvme_identify refuses each namespace
 * there, so no command is ever made. */
static void prepare_command(const struct stk_uring *u, struct stk_uring_op *op, struct io_uring_sqe *sqe) {
    (void)u;
    (void)op;
    io_uring_prep_nop(sqe);
}

static int32_t command_result(struct stk_uring *u, const struct stk_uring_op *op, int32_t res) {
    (void)u;
    (void)op;
    (void)res;
    return -EOPNOTSUPP;
}

#endif

const struct stk_uring_requests stk_uring_nvme_requests_ = {.prepare = prepare_command, .result = command_result};

/// Identify ///

#define OPCODE_IDENTIFY  0x06u
#define IDENTIFY_BYTES   4096u
#define IDENTIFY_SPACE   0u /* value of CNS: data of the namespace */
#define IDENTIFY_CONTROL 1u /* value of CNS: data of the controller */
/* Byte in the namespace's data with the index of the format in use. */
#define SPACE_FLBAS   26u
#define SPACE_FORMATS 128u /* byte of LBAF0, the first of the formats, with 4 bytes each */
/* Byte in the controller's data with MDTS, the maximum data transfer size. */
#define CONTROL_MDTS    77u
#define FORMAT_DATA_LOG 2u /* byte of a format with the logarithm of the block size (LBADS) */
#define BLOCK_LOG_MIN   9u
#define BLOCK_LOG_MAX   12u
/* MDTS (maximum data transfer size) is the logarithm of the longest transfer of a controller, in pages of the
 * controller. PAGE_LOG is the logarithm of the smallest page that a controller can have. A controller with larger pages
 * allows more than this port uses. */
#define PAGE_LOG     12u
#define MDTS_LOG_MAX 16u
/* Most bytes of a command: the driver takes at least 127 ranges of memory in a command, and each page of the memory may
 * be one. */
#define TRANSFER_MAX (256u << 10)

/* Sends one identify command to the controller. `what` says which data to return: the field CNS of NVMe. Returns 0 or a
 * positive errno. */
static int identify(int fd, uint32_t nsid, uint32_t what, uint8_t data[IDENTIFY_BYTES]) {
    struct nvme_passthru_cmd command = {
        .opcode = OPCODE_IDENTIFY,
        .nsid = nsid,
        .addr = (uintptr_t)data,
        .data_len = IDENTIFY_BYTES,
        .cdw10 = what,
    };
    int r = ioctl(fd, NVME_IOCTL_ADMIN_CMD, &command);
    return r < 0 ? errno : r > 0 ? EIO : 0;
}

/* Only the character device of a namespace takes commands by io_uring; the ioctl alone would also answer for the block
 * device. */
bool stk_uring_is_nvme(int fd) {
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && ioctl(fd, NVME_IOCTL_ID) > 0;
}

/* Takes size and format out of the namespace's data. Returns 0 or a positive errno: EOPNOTSUPP for a format that this
 * port does not read. */
static int take_space(const uint8_t data[IDENTIFY_BYTES], struct stk_uring_nvme *nvme) {
    /* Bits 0 to 3 are the low part of the index, bits 5 and 6 the high part. */
    uint32_t flbas = data[SPACE_FLBAS], index = (flbas & 15u) | (flbas >> 5 & 3u) << 4;
    const uint8_t *format = data + SPACE_FORMATS + 4u * (size_t)index;
    uint32_t block_log = format[FORMAT_DATA_LOG], metadata = (uint32_t)format[0] | (uint32_t)format[1] << 8;
    nvme->blocks = stk_get64(data);
    /* Metadata would need memory of its own, or lie between the blocks. Blocks above 4096 bytes do not fit into a
     * bounce block. */
    if (metadata != 0 || block_log < BLOCK_LOG_MIN || block_log > BLOCK_LOG_MAX ||
        nvme->blocks > (uint64_t)INT64_MAX >> block_log) {
        return EOPNOTSUPP;
    }
    nvme->block_bytes = 1u << block_log;
    return nvme->blocks != 0 ? 0 : ENODEV; /* an inactive namespace has no size */
}

/* Sets the longest transfers, in bytes, from the controller's identify data. MDTS 0 means that the controller has no
 * limit. */
static void take_control(const uint8_t data[IDENTIFY_BYTES], struct stk_uring_nvme *nvme) {
    uint32_t mdts = data[CONTROL_MDTS];
    nvme->device_max = mdts != 0 && mdts <= MDTS_LOG_MAX ? 1u << (mdts + PAGE_LOG) : 0u;
    nvme->transfer_max = nvme->device_max != 0 && nvme->device_max < TRANSFER_MAX ? nvme->device_max : TRANSFER_MAX;
}

int stk_uring_nvme_identify(int fd, struct stk_uring_nvme *nvme) {
    uint8_t data[IDENTIFY_BYTES] = {0};
    if (nvme == NULL) {
        return STK_E_ARG;
    }
    *nvme = (struct stk_uring_nvme){.os_error = EOPNOTSUPP};
#ifndef NVME_URING_CMD_IO
    return STK_E_UNSUPPORTED;
#endif
    int id = ioctl(fd, NVME_IOCTL_ID);
    if (id <= 0) {
        nvme->os_error = id < 0 ? errno : ENODEV;
        return stk_os_error(nvme->os_error);
    }
    nvme->nsid = (uint32_t)id;
    int e = identify(fd, nvme->nsid, IDENTIFY_SPACE, data);
    e = e == 0 ? take_space(data, nvme) : e;
    /* The controller comes second and overwrites the data of the namespace, which has been taken. */
    e = e == 0 ? identify(fd, 0, IDENTIFY_CONTROL, data) : e;
    nvme->os_error = e;
    if (e == 0) {
        take_control(data, nvme);
    }
    return stk_os_error(e);
}
