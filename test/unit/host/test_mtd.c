/* The MTD port over a kernel that the test plays, beside the contract of every flash (test/contract): NOR and NAND, bad
 * blocks, errors, old kernels. On a real /dev/mtdN the port is tried by the boards' tests. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "mtd_fake.h"

static const struct stk_flash_ops *const ops = &stk_mtd_flash_ops;

static struct stk_mtd opened(const struct stk_mtd_config *config) {
    struct stk_mtd mtd;
    int err = stk_mtd_open_by(&mtd, config, &fake);
    if (err != STK_OK) {
        fail_msg("open says %s, errno %d", stk_err_name(err), mtd.os_error);
    }
    return mtd;
}

/// Opening ///

static void the_kernel_says_what_may_be_done(void **state) {
    static const struct {
        uint8_t type;
        uint32_t flags, writesize;
        int rewrite; /* or the error */
    } row[] = {
        {MTD_NORFLASH, MTD_CAP_NORFLASH, 1, STK_FLASH_MANY},
        {MTD_NORFLASH, MTD_WRITEABLE, 16, STK_FLASH_ONCE},
        {MTD_NANDFLASH, MTD_CAP_NANDFLASH, 2048, STK_FLASH_ONCE},
        {MTD_RAM, MTD_CAP_RAM, 1, STK_FLASH_ANY},
        {MTD_RAM, MTD_WRITEABLE, 1, STK_E_UNSUPPORTED},
        {MTD_DATAFLASH, MTD_WRITEABLE, 512, STK_FLASH_ONCE},
        {MTD_DATAFLASH, MTD_WRITEABLE, 528, STK_E_UNSUPPORTED}, /* no part of a block of 4096 */
        {MTD_MLCNANDFLASH, MTD_CAP_NANDFLASH, 2048, STK_E_UNSUPPORTED},
        {MTD_MLCNANDFLASH, MTD_CAP_NANDFLASH | MTD_SLC_ON_MLC_EMULATION, 2048, STK_FLASH_ONCE},
        {MTD_NANDFLASH, MTD_CAP_NANDFLASH, 8192, STK_E_UNSUPPORTED}, /* larger than a block */
        {MTD_NANDFLASH, MTD_CAP_NANDFLASH, 0, STK_E_UNSUPPORTED},
        {MTD_ROM, MTD_CAP_ROM, 1, STK_E_UNSUPPORTED},
        {MTD_UBIVOLUME, MTD_WRITEABLE, 2048, STK_E_UNSUPPORTED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct stk_mtd_config config = plug(row[i].type, row[i].flags, row[i].writesize);
        struct stk_flash_geometry g = {0};
        struct stk_mtd mtd;
        int err = stk_mtd_open_by(&mtd, &config, &fake);
        assert_int_equal(err, row[i].rewrite < 0 ? row[i].rewrite : STK_OK);
        if (err == STK_OK) {
            ops->geometry(&mtd, &g);
            assert_null(ops->sync);
            assert_int_equal(g.rewrite, row[i].rewrite);
            assert_int_equal(g.prog_unit, row[i].writesize);
            assert_int_equal(g.read_unit, 1);
            assert_int_equal(g.block_bytes, ERASE);
            assert_int_equal(g.blocks, BLOCKS);
            assert_int_equal(g.erased, 0xFF);
            assert_int_equal(g.lazy, row[i].type == MTD_RAM);
            stk_mtd_close(&mtd);
        }
        stk_mtd_close(&mtd);
        assert_int_equal(dev.closes, dev.opens);
    }
}

/* Pages of DataFlash, of NAND with its spare bytes, and of large NAND. */
static void pages_are_of_any_size_up_to_16_kib(void **state) {
    static const struct {
        uint32_t page, pages;
        int err;
    } row[] = {
        {528, 8, STK_OK}, {2112, 2, STK_OK}, {24, 100, STK_OK}, {16384, 4, STK_OK}, {16385, 3, STK_E_UNSUPPORTED}};
    static uint8_t in[16384], out[16384];
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct stk_mtd_config config = plug(MTD_DATAFLASH, MTD_WRITEABLE, row[i].page);
        struct stk_mtd mtd;
        dev.info.erasesize = row[i].page * row[i].pages;
        dev.size = (uint64_t)dev.info.erasesize * BLOCKS;
        assert_int_equal(stk_mtd_open_by(&mtd, &config, &fake), row[i].err);
        if (row[i].err == STK_OK) {
            assert_int_equal(mtd.geometry.prog_unit, row[i].page);
            assert_int_equal(mtd.geometry.blocks, BLOCKS);
            memset(in, (int)i + 1, sizeof in);
            assert_int_equal(ops->prog(&mtd, 7, row[i].page, in, row[i].page), STK_OK);
            assert_int_equal(ops->read(&mtd, 7, row[i].page, out, row[i].page), STK_OK);
            assert_memory_equal(in, out, row[i].page);
            assert_int_equal(ops->erase(&mtd, 7), STK_OK);
            assert_int_equal(dev.bytes[dev.size - 1], 0xFF);
        }
    }
}

static void erase_sizes_that_make_no_sense_are_refused(void **state) {
    struct stk_mtd mtd;
    struct stk_mtd_config config = plug_nand();
    (void)state;
    dev.info.erasesize = 0;
    assert_int_equal(stk_mtd_open_by(&mtd, &config, &fake), STK_E_UNSUPPORTED);
    dev.info.erasesize = 700;
    assert_int_equal(stk_mtd_open_by(&mtd, &config, &fake), STK_E_UNSUPPORTED);
}

static void a_range_of_blocks_can_be_named(void **state) {
    static const struct {
        uint32_t first, blocks;
        int got; /* blocks, or the error */
    } row[] = {{0, 0, 8}, {3, 0, 5},           {3, 5, 5},          {3, 6, STK_E_RANGE},
               {7, 1, 1}, {8, 0, STK_E_RANGE}, {9, 1, STK_E_RANGE}};
    uint8_t byte = 0x21;
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct stk_mtd_config config = plug_nor();
        struct stk_mtd mtd;
        config.first_block = row[i].first;
        config.blocks = row[i].blocks;
        int err = stk_mtd_open_by(&mtd, &config, &fake);
        assert_int_equal(err < 0 ? err : (int)mtd.geometry.blocks, row[i].got);
        if (err == STK_OK) {
            assert_int_equal(ops->prog(&mtd, 0, 5, &byte, 1), STK_OK);
            assert_int_equal(dev.bytes[row[i].first * ERASE + 5], 0x21);
        }
    }
}

static void sizes_above_4_gib_come_from_the_end_of_the_device(void **state) {
    struct stk_mtd_config config = plug_nand();
    (void)state;
    dev.size = ((uint64_t)1 << 33) + 5;
    struct stk_mtd mtd = opened(&config);
    assert_int_equal(mtd.geometry.blocks, 1u << 21);
    dev.size = (uint64_t)1 << 45;
    assert_int_equal(stk_mtd_open_by(&mtd, &config, &fake), STK_E_RANGE);
}

static void errors_of_open_keep_their_number(void **state) {
    struct stk_mtd mtd;
    struct stk_mtd_config config = plug_nor();
    (void)state;
    dev.open_errno = EACCES;
    assert_int_equal(stk_mtd_open_by(&mtd, &config, &fake), STK_E_ACCESS);
    assert_int_equal(mtd.os_error, EACCES);
    dev.open_errno = 0;
    dev.info_errno = ENOTTY; /* some other device */
    assert_int_equal(stk_mtd_open_by(&mtd, &config, &fake), STK_E_UNSUPPORTED);
    dev.info_errno = ENODEV;
    assert_int_equal(stk_mtd_open_by(&mtd, &config, &fake), STK_E_NODEV);
    dev.info_errno = 0;
    dev.seek_errno = EIO;
    assert_int_equal(stk_mtd_open_by(&mtd, &config, &fake), STK_E_IO);
    assert_int_equal(mtd.os_error, EIO);
    assert_int_equal(dev.closes, 3);
    config.path = NULL;
    config.fd = -1;
    assert_int_equal(stk_mtd_open_by(&mtd, &config, &fake), STK_E_ARG);
    assert_int_equal(stk_mtd_open_by(NULL, &config, &fake), STK_E_ARG);
    assert_int_equal(stk_mtd_open_by(&mtd, NULL, &fake), STK_E_ARG);
}

static void a_descriptor_stays_the_callers(void **state) {
    struct stk_mtd_config config = plug_nor();
    (void)state;
    config.path = NULL;
    config.fd = FAKE_FD;
    struct stk_mtd mtd = opened(&config);
    stk_mtd_close(&mtd);
    assert_int_equal(dev.opens + dev.closes, 0);
}

static void locked_chips_are_unlocked_on_request(void **state) {
    struct stk_mtd_config config = plug_nor();
    struct stk_mtd mtd;
    (void)state;
    (void)opened(&config);
    assert_int_equal(dev.unlocks, 0);
    config.unlock = true;
    (void)opened(&config);
    assert_int_equal(dev.unlocks, BLOCKS);
    dev.unlock_errno = EOPNOTSUPP; /* nothing is ever locked */
    (void)opened(&config);
    dev.unlock_errno = EIO;
    assert_int_equal(stk_mtd_open_by(&mtd, &config, &fake), STK_E_IO);
}

/// Transfers ///

static void what_was_cut_short_goes_on(void **state) {
    struct stk_mtd_config config = plug_nor();
    uint8_t in[64] = {1, 2, 3}, out[64];
    (void)state;
    struct stk_mtd mtd = opened(&config);
    dev.most = 10;
    dev.io_errno = EINTR;
    dev.io_errors = 3;
    assert_int_equal(ops->prog(&mtd, 0, 0, in, 64), STK_OK);
    dev.io_errors = 3;
    assert_int_equal(ops->read(&mtd, 0, 0, out, 64), STK_OK);
    assert_memory_equal(in, out, 64);
    dev.io_errors = 1000;
    assert_int_equal(ops->read(&mtd, 0, 0, out, 64), STK_E_WOULD_BLOCK);
    assert_int_equal(mtd.os_error, EINTR);
    assert_int_equal(ops->prog(&mtd, 0, 0, out, 64), STK_E_WOULD_BLOCK); /* NOR takes the same bytes again */
}

/* The kernel may have programmed pages before it was interrupted, and a page is programmed once. */
static void a_page_is_never_programmed_twice(void **state) {
    struct stk_mtd_config config = plug_nand();
    uint8_t page[512] = {0};
    (void)state;
    struct stk_mtd mtd = opened(&config);
    dev.io_errno = EINTR;
    dev.io_errors = 1;
    assert_int_equal(ops->prog(&mtd, 0, 0, page, 512), STK_E_IO);
    assert_int_equal(dev.writes, 1);
    assert_int_equal(ops->prog(&mtd, 0, 512, page, 512), STK_OK);
}

/* A call that the system refuses makes no block bad. A failure or a timeout of the chip does. */
static void only_errors_of_the_chip_make_a_block_bad(void **state) {
    static const struct {
        int os_error, nor, nand; /* errors of a program operation */
        int erase, read;
    } row[] = {
        {EIO, STK_E_IO, STK_E_IO, STK_E_IO, STK_E_IO},
        {EBADMSG, STK_E_IO, STK_E_IO, STK_E_IO, STK_E_IO},
        {ETIMEDOUT, STK_E_IO, STK_E_IO, STK_E_IO, STK_E_IO},
        {EROFS, STK_E_ACCESS, STK_E_ACCESS, STK_E_ACCESS, STK_E_ACCESS}, /* the block is locked */
        {EPERM, STK_E_ACCESS, STK_E_ACCESS, STK_E_ACCESS, STK_E_ACCESS},
        {EBADF, STK_E_ARG, STK_E_ARG, STK_E_ARG, STK_E_ARG},
        {EINVAL, STK_E_ARG, STK_E_ARG, STK_E_ARG, STK_E_ARG},
        {ENOMEM, STK_E_NOMEM, STK_E_NOMEM, STK_E_NOMEM, STK_E_NOMEM},
        {ENODEV, STK_E_NODEV, STK_E_NODEV, STK_E_NODEV, STK_E_NODEV}, /* the device was taken out */
        {ESTALE, STK_E_DEVICE, STK_E_IO, STK_E_DEVICE, STK_E_DEVICE}, /* a page of NAND may have been begun */
        {EBUSY, STK_E_WOULD_BLOCK, STK_E_IO, STK_E_WOULD_BLOCK, STK_E_WOULD_BLOCK},
        {0, STK_E_SHORT, STK_E_SHORT, STK_OK, STK_E_SHORT}, /* the device ends here, it says */
    };
    uint8_t data[512] = {0};
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        for (int nand = 0; nand < 2; nand++) {
            struct stk_mtd_config config = nand ? plug_nand() : plug_nor();
            struct stk_mtd mtd = opened(&config);
            dev.io_errno = row[i].os_error;
            dev.io_errors = 2;
            assert_int_equal(ops->prog(&mtd, 0, 0, data, 512), nand ? row[i].nand : row[i].nor);
            assert_int_equal(mtd.os_error, row[i].os_error);
            assert_int_equal(ops->read(&mtd, 0, 0, data, 512), row[i].read);
            dev.erase_errno = row[i].os_error;
            assert_int_equal(ops->erase(&mtd, 0), row[i].erase);
            assert_int_equal(mtd.os_error, row[i].os_error);
        }
    }
}

/* Where a page is programmed once, no refusal after the first bytes leaves the block good. */
static void a_program_that_was_refused_half_way_is_a_bad_block_of_nand(void **state) {
    uint8_t data[512] = {0};
    (void)state;
    for (int nand = 0; nand < 2; nand++) {
        struct stk_mtd_config config = nand ? plug_nand() : plug_nor();
        struct stk_mtd mtd = opened(&config);
        dev.most = 256;
        dev.io_errno = ENOMEM;
        dev.io_errors = dev.before_errors = 1;
        assert_int_equal(ops->prog(&mtd, 0, 0, data, 512), nand ? STK_E_IO : STK_E_NOMEM);
        assert_int_equal(mtd.os_error, ENOMEM);
    }
}

/// NAND ///

static void bad_blocks_are_not_touched(void **state) {
    struct stk_mtd_config config = plug_nand();
    uint8_t page[512] = {0};
    (void)state;
    dev.bad = 1u << 5;
    config.first_block = 2;
    struct stk_mtd mtd = opened(&config);
    assert_int_equal(ops->prog(&mtd, 3, 0, page, 512), STK_E_IO);
    assert_int_equal(ops->erase(&mtd, 3), STK_E_IO);
    assert_int_equal(mtd.os_error, 0);
    assert_int_equal(dev.writes + dev.erases, 0);
    assert_int_equal(ops->prog(&mtd, 2, 0, page, 512), STK_OK);
    dev.bad_errno = EIO;
    assert_int_equal(ops->erase(&mtd, 2), STK_E_IO);
    assert_int_equal(mtd.os_error, EIO);
    dev.bad_errno = EOPNOTSUPP; /* a chip that knows no bad blocks */
    mtd = opened(&config);
    assert_int_equal(ops->erase(&mtd, 2), STK_OK);
}

static void reads_that_lose_something_twice_are_errors(void **state) {
    struct stk_mtd_config config = plug_nand();
    uint8_t page[512];
    (void)state;
    dev.stats.failed = 9; /* from before */
    struct stk_mtd mtd = opened(&config);
    assert_int_equal(ops->read(&mtd, 0, 0, page, 512), STK_OK);
    assert_int_equal(dev.reads, 1);
    dev.lost = 1; /* the counted error may be of another program's read */
    assert_int_equal(ops->read(&mtd, 0, 0, page, 512), STK_OK);
    assert_int_equal(dev.reads, 3);
    dev.lost = 2;
    assert_int_equal(ops->read(&mtd, 0, 0, page, 512), STK_E_IO);
    assert_int_equal(mtd.os_error, EBADMSG);
    assert_int_equal(ops->read(&mtd, 0, 0, page, 512), STK_OK);
    dev.stats_errno = EIO;
    assert_int_equal(ops->read(&mtd, 0, 0, page, 512), STK_E_IO);
}

static void kernels_without_erase64_are_asked_the_old_way(void **state) {
    struct stk_mtd_config config = plug_nand();
    (void)state;
    struct stk_mtd mtd = opened(&config);
    dev.no_erase64 = true;
    assert_int_equal(ops->erase(&mtd, 1), STK_OK);
    assert_int_equal(ops->erase(&mtd, 2), STK_OK);
    assert_int_equal(dev.erases64, 1);
    assert_int_equal(dev.erases, 2);
    mtd.erase64 = true;
    mtd.first = (uint64_t)1 << 33; /* out of the old call's reach */
    mtd.marks_bad = false;
    assert_int_equal(ops->erase(&mtd, 1), STK_E_UNSUPPORTED);
    assert_int_equal(mtd.os_error, ENOTTY);
}

/// The system's own calls ///

static void a_file_is_no_mtd_device(void **state) {
    struct stk_mtd_config config = {.path = "/dev/null"};
    struct stk_mtd mtd;
    (void)state;
    assert_int_equal(stk_mtd_open(&mtd, &config), STK_E_UNSUPPORTED);
    config.path = "/nonexistent/mtd0";
    assert_int_equal(stk_mtd_open(&mtd, &config), STK_E_NOENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernel_says_what_may_be_done),
        cmocka_unit_test(pages_are_of_any_size_up_to_16_kib),
        cmocka_unit_test(erase_sizes_that_make_no_sense_are_refused),
        cmocka_unit_test(a_range_of_blocks_can_be_named),
        cmocka_unit_test(sizes_above_4_gib_come_from_the_end_of_the_device),
        cmocka_unit_test(errors_of_open_keep_their_number),
        cmocka_unit_test(a_descriptor_stays_the_callers),
        cmocka_unit_test(locked_chips_are_unlocked_on_request),
        cmocka_unit_test(what_was_cut_short_goes_on),
        cmocka_unit_test(a_page_is_never_programmed_twice),
        cmocka_unit_test(only_errors_of_the_chip_make_a_block_bad),
        cmocka_unit_test(a_program_that_was_refused_half_way_is_a_bad_block_of_nand),
        cmocka_unit_test(bad_blocks_are_not_touched),
        cmocka_unit_test(reads_that_lose_something_twice_are_errors),
        cmocka_unit_test(kernels_without_erase64_are_asked_the_old_way),
        cmocka_unit_test(a_file_is_no_mtd_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
