/* stoker port: CFI NOR as flash: finds the chips, reads their CFI table and checks the mapped region. Nothing here
 * changes what the chips hold. nor.c reads, programs and erases. */
#include <stddef.h>

#include "nor_internal.h"

/* The CFI table of JEDEC JESD68.01 and JEP137. Indices are in words of one chip; each word has one byte of the
 * table. */
enum {
    CFI_ENTER_AT = 0x55,
    CFI_QRY = 0x10,
    CFI_COMMANDS = 0x13,
    CFI_EXTENDED = 0x15,
    /* Typical times: 2^n microseconds, and 2^n milliseconds for the erase. CFI_TO_MAX words behind each is the exponent
     * m of the worst time, which is 2^m times the typical one. */
    CFI_WORD_TIME = 0x1F,
    CFI_BUFFER_TIME = 0x20,
    CFI_ERASE_TIME = 0x21,
    CFI_TO_MAX = 4,
    CFI_BUFFER_BYTES = 0x2A, /* the write buffer of one chip has 2^n bytes; 0 for no buffer */
    CFI_REGIONS = 0x2C,
    CFI_REGION = 0x2D, /* erase regions of 4 words each: two for blocks - 1, two for the block size in 256 bytes */
    /* Offsets of bytes in the extended table, and values in them. The word CFI_EXTENDED gives the index of this
     * table. */
    INTEL_FEATURES = 5,
    INTEL_INSTANT_LOCKS = 0x20,
    AMD_BOOT = 0x0F,
    AMD_BOOT_TOP = 3
};

/* Commands that both sets know, and the command of each set for read mode. */
#define ENTER_QUERY 0x98u
#define READ_INTEL  0xFFu
#define READ_AMD    0xF0u

/// Default bus ///

/* Reads the bus of a chip that is mapped into the address space; `ctx` is the address. The access is volatile, so that
 * the compiler keeps its width and its order. */
static uint32_t plain_read(void *ctx, uint32_t offset, uint32_t width) {
    uintptr_t at = (uintptr_t)ctx + offset;
    return width == 2 ? *(volatile uint16_t *)at : *(volatile uint32_t *)at;
}

static void plain_write(void *ctx, uint32_t offset, uint32_t width, uint32_t value) {
    uintptr_t at = (uintptr_t)ctx + offset;
    if (width == 2) {
        *(volatile uint16_t *)at = (uint16_t)value;
    } else {
        *(volatile uint32_t *)at = value;
    }
}

static const struct stk_nor_bus plain_bus = {plain_read, plain_write};

/// The table ///

/* Returns byte `index` of the CFI table, or -1 when the two chips differ. */
static int cfi(const struct stk_nor *n, uint32_t index) {
    uint32_t word = nor_read(n, index * n->width) & nor_each(n, 0xFF);
    return word == nor_each(n, word & 0xFFu) ? (int)(word & 0xFFu) : -1;
}

/* Returns byte `index` of the table of the first chip. For bytes in which enter_query found the chips equal, and for
 * the extended table. */
static uint32_t cfi8(const struct stk_nor *n, uint32_t index) {
    return nor_read(n, index * n->width) & 0xFFu;
}

/* Returns two bytes of the table as a number; the low byte comes first. */
static uint32_t cfi16(const struct stk_nor *n, uint32_t index) {
    return cfi8(n, index) | cfi8(n, index + 1) << 8;
}

/* Brings the chips to read mode. Gives the commands of both sets, since the set is not known before the table was read.
 * The command of Intel is no command of the AMD set, so chips that are known to be AMD get their own command once
 * more. */
static void leave_query(const struct stk_nor *n) {
    nor_command(n, 0, READ_AMD);
    nor_command(n, 0, READ_INTEL);
    if (n->amd) {
        nor_command(n, 0, READ_AMD); /* the other set's command is none to these */
    }
}

/* Brings the chips to query mode and checks that they answer with a table, and all chips with the same one. STK_E_NODEV
 * no chip answers; STK_E_UNSUPPORTED the chips differ. */
static int enter_query(const struct stk_nor *n) {
    static const char qry[] = "QRY";
    leave_query(n);
    nor_command(n, CFI_ENTER_AT * n->width, ENTER_QUERY);
    for (uint32_t i = 0; i < 3; i++) {
        int c = cfi(n, CFI_QRY + i);
        if (c != qry[i]) {
            /* A "Q" of both chips and then different letters: there are chips, but they do not agree. */
            return i > 0 && c < 0 ? STK_E_UNSUPPORTED : STK_E_NODEV;
        }
    }
    for (uint32_t i = CFI_COMMANDS; i < CFI_REGION + 4; i++) {
        if (cfi(n, i) < 0) {
            return STK_E_UNSUPPORTED;
        }
    }
    return STK_OK;
}

/* Returns how many reads of the status make up the worst time of an operation. `time` is the index of its typical time
 * in the table, in units of `unit_us` microseconds. A chip that gives no time gets 2^14 units, which is longer than any
 * chip takes. Saturates. */
static uint32_t polls_of(const struct stk_nor *n, uint32_t time, uint32_t unit_us, uint32_t polls_per_us) {
    uint32_t power = cfi8(n, time);
    power = power == 0 ? 14u : power + cfi8(n, time + CFI_TO_MAX);
    uint64_t worst_us = (uint64_t)unit_us << (power < 24u ? power : 24u);
    return worst_us < UINT32_MAX / polls_per_us ? (uint32_t)worst_us * polls_per_us : UINT32_MAX;
}

/* Takes the command set, the time limits, the locks and the write buffer from the table of the chips. */
static int read_table(struct stk_nor *n, const struct stk_nor_config *config) {
    uint32_t commands = cfi16(n, CFI_COMMANDS), extended = cfi16(n, CFI_EXTENDED), power = cfi16(n, CFI_BUFFER_BYTES);
    uint32_t polls = config->polls_per_us != 0 ? config->polls_per_us : STK_NOR_POLLS_DEFAULT;
    if (commands != 1 && commands != 2) {
        return STK_E_UNSUPPORTED;
    }
    n->amd = commands == 2;
    n->word_polls = polls_of(n, CFI_WORD_TIME, 1, polls);
    n->buffer_polls = polls_of(n, CFI_BUFFER_TIME, 1, polls);
    n->erase_polls = polls_of(n, CFI_ERASE_TIME, 1000, polls);
    n->locks = !n->amd && extended != 0 && (cfi8(n, extended + INTEL_FEATURES) & INTEL_INSTANT_LOCKS) != 0;
    /* The bus could take the buffers of two chips as one of twice the size. Only the size of one is used, because the
     * two chips of QEMU share one buffer. A power of 16 and more is larger than NOR_BUFFER_WORDS in any case. */
    if (!config->word_only && power > 1) {
        n->buffer_bytes = power < 16 ? (uint32_t)1 << power : NOR_BUFFER_WORDS * n->width;
        if (n->buffer_bytes > NOR_BUFFER_WORDS * n->width) {
            n->buffer_bytes = NOR_BUFFER_WORDS * n->width;
        }
    }
    return STK_OK;
}

/// The mapped region ///

/* An erase region: neighbouring blocks of one size. */
struct region {
    uint32_t block_bytes; /* bytes of a block, of all chips of the bus together */
    uint64_t begin, end;  /* first byte, and first byte behind; 64 bits, since a table may claim more than 4 GiB */
};

/* Finds the erase region that holds the byte `offset`. AMD chips whose small blocks are at the top list their regions
 * from the top down, so the list is read backwards then. STK_E_RANGE no region holds the byte. */
static int find_region(const struct stk_nor *n, uint32_t offset, struct region *r) {
    uint32_t count = cfi8(n, CFI_REGIONS), extended = cfi16(n, CFI_EXTENDED);
    bool from_top = n->amd && extended != 0 && cfi8(n, extended + AMD_BOOT) == AMD_BOOT_TOP;
    r->end = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = CFI_REGION + 4u * (from_top ? count - 1u - i : i);
        uint32_t units = cfi16(n, at + 2);
        /* CFI: 0 stands for blocks of 128 bytes. */
        r->block_bytes = (units != 0 ? units * 256u : 128u) * (n->width / 2u);
        r->begin = r->end;
        r->end += (uint64_t)r->block_bytes * (cfi16(n, at) + 1u);
        if (offset < r->end) {
            return STK_OK;
        }
    }
    return STK_E_RANGE;
}

/* Checks the mapped region of the configuration against the erase regions, and sets the geometry. A log needs blocks of
 * one size, so the mapped region has to lie in one erase region. */
static int lay_out(struct stk_nor *n, const struct stk_nor_config *config) {
    struct region r;
    int err = find_region(n, config->offset, &r);
    if (err != STK_OK) {
        return err;
    }
    uint64_t bytes = config->bytes != 0 ? config->bytes : r.end - config->offset;
    if ((config->offset - r.begin) % r.block_bytes != 0 || bytes % r.block_bytes != 0 ||
        bytes > r.end - config->offset || r.end > UINT32_MAX || r.block_bytes % n->geometry.prog_unit != 0) {
        return STK_E_RANGE;
    }
    n->first = config->offset;
    n->geometry.block_bytes = r.block_bytes;
    n->geometry.blocks = (uint32_t)(bytes / r.block_bytes);
    return STK_OK;
}

/* Checks the fields that need no look at the chips, and sets *n up for the query. */
static int check_config(struct stk_nor *n, const struct stk_nor_config *config) {
    uint32_t unit = config->prog_unit != 0 ? config->prog_unit : config->width;
    if ((config->width != 2 && config->width != 4) || unit < config->width || unit > STK_FLASH_UNIT_MAX ||
        unit % config->width != 0 || (config->bus == NULL && config->base == NULL)) {
        return STK_E_ARG;
    }
    *n = (struct stk_nor){
        .bus = config->bus, .bus_ctx = config->bus_ctx, .width = config->width, .unlocked = UINT32_MAX};
    if (config->bus == NULL) {
        n->bus = &plain_bus;
        n->bus_ctx = (void *)(uintptr_t)config->base; /* plain_read puts the volatile back */
    }
    n->geometry = (struct stk_flash_geometry){.read_unit = 1, .prog_unit = unit, .erased = 0xFF};
    n->geometry.rewrite = config->once ? STK_FLASH_ONCE : STK_FLASH_MANY;
    return STK_OK;
}

int stk_nor_open(struct stk_nor *nor, const struct stk_nor_config *config) {
    if (nor == NULL || config == NULL) {
        return STK_E_ARG;
    }
    int err = check_config(nor, config);
    if (err != STK_OK) {
        return err;
    }
    err = enter_query(nor);
    if (err == STK_OK) {
        err = read_table(nor, config);
    }
    if (err == STK_OK) {
        err = lay_out(nor, config);
    }
    leave_query(nor);
    return err;
}
