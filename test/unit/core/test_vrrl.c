/* Replay logs of version 1 over a medium in RAM whose calls can be counted and made to fail. The bytes are those of the
 * format; test/conformance compares them with files that the reference made. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "stoker/vrrl.h"

#define MEDIUM_BYTES 1024u

/* A file of `length` bytes under a geometry that may be longer. */
struct ram {
    struct stk_flash_geometry geometry;
    uint32_t length;
    /* number of calls before the port fails: reads, programs, erases and syncs count; below 0: none fails */
    int fail_after;
    uint32_t reads, progs, erases, syncs;
    uint8_t bytes[MEDIUM_BYTES];
};

static int broken(struct ram *r) {
    return r->fail_after >= 0 && r->fail_after-- == 0;
}

static void ram_geometry(void *ctx, struct stk_flash_geometry *geometry) {
    *geometry = ((const struct ram *)ctx)->geometry;
}

static int ram_read(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    struct ram *r = ctx;
    assert_int_equal(block, 0);
    assert_in_range(offset + bytes, 1, r->geometry.block_bytes);
    r->reads++;
    if (broken(r)) {
        return STK_E_IO;
    }
    if (offset + bytes > r->length) {
        return STK_E_SHORT;
    }
    memcpy(data, r->bytes + offset, bytes);
    return STK_OK;
}

static int ram_prog(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    struct ram *r = ctx;
    assert_int_equal(block, 0);
    assert_in_range(offset + bytes, 1, r->geometry.block_bytes);
    r->progs++;
    if (broken(r)) {
        return STK_E_IO;
    }
    memcpy(r->bytes + offset, data, bytes);
    r->length = offset + bytes > r->length ? offset + bytes : r->length;
    return STK_OK;
}

static int ram_erase(void *ctx, uint32_t block) {
    struct ram *r = ctx;
    assert_int_equal(block, 0);
    r->erases++;
    if (broken(r)) {
        return STK_E_IO;
    }
    memset(r->bytes, r->geometry.erased, r->geometry.block_bytes);
    return STK_OK;
}

static int ram_sync(void *ctx) {
    struct ram *r = ctx;
    r->syncs++;
    return broken(r) ? STK_E_IO : STK_OK;
}

static const struct stk_flash_ops ram_ops = {"ram", ram_geometry, ram_read, ram_prog, ram_erase, ram_sync};

static struct ram ram_of(uint32_t bytes) {
    struct ram r = {
        .geometry = {.read_unit = 1, .prog_unit = 1, .block_bytes = bytes, .blocks = 1, .rewrite = STK_FLASH_ANY},
        .length = bytes,
        .fail_after = -1};
    memset(r.bytes, 0x5A, sizeof r.bytes);
    return r;
}

static struct stk_vrrl made(struct ram *r, uint32_t capacity) {
    struct stk_vrrl log;
    *r = ram_of(STK_VRRL_BYTES(capacity));
    assert_int_equal(stk_vrrl_create(&log, &(struct stk_flash_port){&ram_ops, r}, capacity), STK_OK);
    return log;
}

static struct stk_log_record publish(uint32_t n) {
    return (struct stk_log_record){.timestamp_ns = 0x1112131415161718u + n,
                                   .slot = 0x21222324u,
                                   .tenant = 0x31323334u,
                                   .opcode = 0x41424344u,
                                   .args = {n, 2, 3, 0x51525354u},
                                   .epoch = 0x61626364u,
                                   .sequence = 77,
                                   .error = STK_LOG_PUBLISH};
}

static void append(struct stk_vrrl *log, uint32_t n) {
    struct stk_log_record record = publish(n);
    assert_int_equal(stk_vrrl_append(log, &record), STK_OK);
}

/* Walks the log with a buffer of `records` records and compares each one's first argument. */
static void expect_walk(const struct stk_vrrl *log, uint32_t records, const uint32_t *first, uint32_t count) {
    uint8_t buffer[8 * STK_VRRL_RECORD_BYTES + 1];
    struct stk_log_iter iter;
    struct stk_log_record record;
    assert_int_equal(stk_vrrl_iterate(log, &iter, buffer + 1, records * STK_VRRL_RECORD_BYTES), STK_OK);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(stk_log_next(&iter, &record), 1);
        assert_int_equal(record.args[0], first[i]);
    }
    assert_int_equal(stk_log_next(&iter, &record), 0);
    assert_int_equal(stk_log_next(&iter, &record), 0);
    assert_int_equal(iter.records, count);
}

/// Make and open ///

static void a_new_log_is_a_header_and_zeros(void **state) {
    static const uint8_t header[STK_VRRL_HEADER_BYTES] = "VRRL0001\1\0\0\0\0\0\0\0\3";
    static const uint8_t erased[] = {0x00, 0xFF};
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct ram r = ram_of(STK_VRRL_BYTES(3) + 8);
        struct stk_vrrl log;
        r.geometry.erased = erased[i];
        assert_int_equal(stk_vrrl_create(&log, &(struct stk_flash_port){&ram_ops, &r}, 3), STK_OK);
        assert_memory_equal(r.bytes, header, sizeof header);
        for (uint32_t at = sizeof header; at < STK_VRRL_BYTES(3); at++) {
            assert_int_equal(r.bytes[at], 0);
        }
        assert_int_equal(r.erases, i == 0);
        assert_int_equal(r.syncs, 1);
        assert_int_equal(log.capacity, 3);
        assert_int_equal(log.cursor, 0);
        expect_walk(&log, 2, NULL, 0);
    }
}

static void capacities_are_checked_first(void **state) {
    struct stk_vrrl log;
    uint32_t bytes = 7;
    (void)state;
    assert_int_equal(stk_vrrl_bytes(0, &bytes), STK_E_ARG);
    assert_int_equal(stk_vrrl_bytes((uint64_t)STK_VRRL_CAPACITY_MAX + 1, &bytes), STK_E_OVERFLOW);
    assert_int_equal(stk_vrrl_bytes(UINT64_MAX, &bytes), STK_E_OVERFLOW);
    assert_int_equal(bytes, 7);
    assert_int_equal(stk_vrrl_bytes(STK_VRRL_CAPACITY_MAX, &bytes), STK_OK);
    assert_int_equal(bytes, 67108896);
    assert_int_equal(stk_vrrl_create(&log, &(struct stk_flash_port){NULL, NULL}, 0), STK_E_ARG);
    assert_int_equal(stk_vrrl_create(&log, &(struct stk_flash_port){NULL, NULL}, UINT64_MAX), STK_E_OVERFLOW);
}

static void media_of_other_rules_are_refused(void **state) {
    static const struct stk_flash_geometry wrong[] = {
        {.read_unit = 2, .prog_unit = 1, .block_bytes = 288, .blocks = 1, .rewrite = STK_FLASH_ANY},
        {.read_unit = 1, .prog_unit = 2, .block_bytes = 288, .blocks = 1, .rewrite = STK_FLASH_ANY},
        {.read_unit = 1, .prog_unit = 1, .block_bytes = 288, .blocks = 2, .rewrite = STK_FLASH_ANY},
        {.read_unit = 1, .prog_unit = 1, .block_bytes = 288, .blocks = 1, .rewrite = STK_FLASH_MANY},
    };
    struct ram r = ram_of(STK_VRRL_BYTES(4));
    struct stk_vrrl log;
    (void)state;
    for (uint32_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        r.geometry = wrong[i];
        assert_int_equal(stk_vrrl_create(&log, &(struct stk_flash_port){&ram_ops, &r}, 4), STK_E_UNSUPPORTED);
        assert_int_equal(stk_vrrl_open(&log, &(struct stk_flash_port){&ram_ops, &r}, NULL), STK_E_UNSUPPORTED);
    }
    r = ram_of(STK_VRRL_BYTES(4) - 1);
    assert_int_equal(stk_vrrl_create(&log, &(struct stk_flash_port){&ram_ops, &r}, 4), STK_E_SPACE);
    assert_int_equal(r.reads + r.progs + r.erases + r.syncs, 0);
}

static void ports_that_lack_a_call_are_refused(void **state) {
    struct ram r = ram_of(STK_VRRL_BYTES(4));
    struct stk_flash_ops ops[5] = {ram_ops, ram_ops, ram_ops, ram_ops, ram_ops};
    struct stk_vrrl log;
    (void)state;
    ops[0].geometry = NULL;
    ops[1].read = NULL;
    ops[2].prog = NULL;
    ops[3].erase = NULL;
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(stk_vrrl_create(&log, &(struct stk_flash_port){&ops[i], &r}, 4), STK_E_ARG);
        assert_int_equal(stk_vrrl_open(&log, &(struct stk_flash_port){&ops[i], &r}, NULL), STK_E_ARG);
    }
    assert_int_equal(stk_vrrl_open(&log, &(struct stk_flash_port){NULL, &r}, NULL), STK_E_ARG);
    ops[4].sync = NULL; /* sync is the optional call of a port */
    assert_int_equal(stk_vrrl_create(&log, &(struct stk_flash_port){&ops[4], &r}, 4), STK_OK);
    assert_int_equal(stk_vrrl_sync(&log), STK_OK);
}

static void a_create_that_fails_says_so(void **state) {
    (void)state;
    for (int after = 0; after < 7; after++) {
        struct ram r = ram_of(STK_VRRL_BYTES(4));
        struct stk_vrrl log = {.capacity = 99};
        /* With this value, create makes six calls of the port: it writes zeros to each of the four records, writes the
         * header, and syncs. */
        r.geometry.erased = 0xFF;
        r.fail_after = after;
        assert_int_equal(stk_vrrl_create(&log, &(struct stk_flash_port){&ram_ops, &r}, 4),
                         after < 6 ? STK_E_IO : STK_OK);
        assert_int_equal(log.capacity, after < 6 ? 99 : 4);
    }
}

static void an_open_log_goes_on_where_it_was(void **state) {
    static const uint32_t want[] = {2, 3, 4};
    struct ram r;
    struct stk_vrrl log = made(&r, 3), again;
    (void)state;
    for (uint32_t n = 0; n < 4; n++) {
        append(&log, n);
    }
    r.bytes[12] = 0xAB; /* flags are kept */
    assert_int_equal(stk_vrrl_open(&again, &(struct stk_flash_port){&ram_ops, &r}, NULL), STK_OK);
    assert_int_equal(again.capacity, 3);
    assert_int_equal(again.cursor, 1);
    append(&again, 4);
    assert_int_equal(r.bytes[12], 0xAB);
    assert_int_equal(r.bytes[24], 2);
    expect_walk(&again, 2, want, 3);
}

static void headers_that_are_none_are_refused(void **state) {
    static const struct {
        uint32_t at;
        uint8_t value;
        int err;
        uint32_t index;
        uint64_t found;
    } row[] = {
        {0, 'v', STK_E_FORMAT, 0, 0x313030304C525276u},
        {7, '2', STK_E_FORMAT, 0, 0x323030304C525256u},
        {8, 2, STK_E_FORMAT, 8, 2},
        {11, 1, STK_E_FORMAT, 8, 0x01000001},
        {16, 0, STK_E_ARG, 16, 0},
        {18, 0x10, STK_E_OVERFLOW, 16, 0x100003},
        {23, 1, STK_E_OVERFLOW, 16, 0x0100000000000003u},
    };
    (void)state;
    for (uint32_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct ram r;
        struct stk_vrrl log = made(&r, 3);
        struct stk_error_info info = {0};
        r.bytes[row[i].at] = row[i].value;
        log.capacity = 99;
        assert_int_equal(stk_vrrl_open(&log, &(struct stk_flash_port){&ram_ops, &r}, &info), row[i].err);
        assert_int_equal(info.err, row[i].err);
        assert_int_equal(info.index, row[i].index);
        assert_true(info.value == row[i].found);
        assert_int_equal(log.capacity, 99);
    }
}

static void a_header_that_cannot_be_read_is_refused(void **state) {
    struct ram r;
    struct stk_vrrl log = made(&r, 3);
    struct stk_error_info info = {0};
    (void)state;
    r.length = STK_VRRL_HEADER_BYTES - 1;
    assert_int_equal(stk_vrrl_open(&log, &(struct stk_flash_port){&ram_ops, &r}, &info), STK_E_SHORT);
    r.geometry.block_bytes = STK_VRRL_HEADER_BYTES - 1;
    assert_int_equal(stk_vrrl_open(&log, &(struct stk_flash_port){&ram_ops, &r}, &info), STK_E_SHORT);
    assert_int_equal(info.index, STK_VRRL_HEADER_BYTES - 1);
    r = ram_of(STK_VRRL_BYTES(3));
    r.fail_after = 0;
    assert_int_equal(stk_vrrl_open(&log, &(struct stk_flash_port){&ram_ops, &r}, NULL), STK_E_IO);
}

static void a_cursor_counts_modulo_the_capacity(void **state) {
    struct ram r;
    struct stk_vrrl log = made(&r, 3);
    (void)state;
    memset(r.bytes + 24, 0xFF, 8);
    assert_int_equal(stk_vrrl_open(&log, &(struct stk_flash_port){&ram_ops, &r}, NULL), STK_OK);
    assert_int_equal(log.cursor, 0); /* 2^64 - 1 is divisible by 3 */
    r.bytes[24] = 0;
    assert_int_equal(stk_vrrl_open(&log, &(struct stk_flash_port){&ram_ops, &r}, NULL), STK_OK);
    assert_int_equal(log.cursor, 0);
    r.bytes[24] = 1;
    assert_int_equal(stk_vrrl_open(&log, &(struct stk_flash_port){&ram_ops, &r}, NULL), STK_OK);
    assert_int_equal(log.cursor, 1);
}

/// Append ///

static void a_record_is_64_bytes_in_its_place(void **state) {
    static const uint8_t want[STK_VRRL_RECORD_BYTES] = {
        0xEF, 0xBE, 0xAD, 0xDE, 0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11, 0x24, 0x23, 0x22, 0x21,
        0x34, 0x33, 0x32, 0x31, 0x44, 0x43, 0x42, 0x41, 0,    0,    0,    0,    2,    0,    0,    0,
        3,    0,    0,    0,    0x54, 0x53, 0x52, 0x51, 0x64, 0x63, 0x62, 0x61, 5,    0,    0,    0,
        2,    0,    0,    0,    0xFE, 0xFF, 0xFF, 0xFF, 8,    7,    6,    5,    4,    3,    2,    1};
    struct stk_log_record record = publish(0);
    struct ram r;
    struct stk_vrrl log = made(&r, 3);
    (void)state;
    append(&log, 9);
    record.kind = STK_LOG_FAILURE;
    record.status = 5;
    record.failure = STK_FAILURE_TRANSIENT_QUEUE;
    record.error = -2;
    record.digest = 0x0102030405060708u;
    assert_int_equal(stk_vrrl_append(&log, &record), STK_OK);
    assert_memory_equal(r.bytes + STK_VRRL_BYTES(1), want, sizeof want);
    assert_int_equal(log.cursor, 2);
}

static void a_publish_has_no_tail(void **state) {
    struct stk_log_record record = publish(1);
    struct ram r;
    struct stk_vrrl log = made(&r, 3);
    (void)state;
    record.error = 3; /* a PUBLISH has its priority in `error` */
    record.status = record.failure = 9;
    record.digest = 1;
    assert_int_equal(stk_vrrl_append(&log, &record), STK_OK);
    for (uint32_t at = STK_VRRL_BYTES(0) + 44; at < STK_VRRL_BYTES(1); at++) {
        assert_int_equal(r.bytes[at], 0);
    }
}

static void records_that_the_format_cannot_hold_are_refused(void **state) {
    struct stk_log_record record = publish(1);
    struct ram r;
    struct stk_vrrl log = made(&r, 3);
    uint32_t before = r.progs;
    (void)state;
    for (record.kind = STK_LOG_MORE; record.kind <= STK_LOG_START + 1; record.kind++) {
        assert_int_equal(stk_vrrl_append(&log, &record), STK_E_ARG);
    }
    record.kind = STK_LOG_FAILURE;
    record.failure = STK_FAILURE_UNCLASSIFIED + 1;
    assert_int_equal(stk_vrrl_append(&log, &record), STK_E_RANGE);
    assert_int_equal(r.progs, before);
    assert_int_equal(log.cursor, 0);
}

static void an_append_that_failed_is_made_again_in_its_place(void **state) {
    static const uint32_t want[] = {1, 3};
    struct stk_log_record record = publish(2);
    (void)state;
    for (int after = 0; after < 2; after++) {
        struct ram r;
        struct stk_vrrl log = made(&r, 3);
        append(&log, 1);
        r.fail_after = after;
        assert_int_equal(stk_vrrl_append(&log, &record), STK_E_IO);
        assert_int_equal(log.cursor, 1);
        r.fail_after = -1;
        append(&log, 3);
        expect_walk(&log, 8, want, 2);
        r.fail_after = 0;
        assert_int_equal(stk_vrrl_sync(&log), STK_E_IO);
    }
}

static void a_record_is_written_before_the_cursor_that_counts_it(void **state) {
    static const uint32_t want[] = {2, 1}; /* with the cursor one behind, the newest is taken for the oldest */
    struct stk_log_record record = publish(2);
    struct ram r;
    struct stk_vrrl log = made(&r, 3);
    (void)state;
    append(&log, 1);
    r.fail_after = 1;
    assert_int_equal(stk_vrrl_append(&log, &record), STK_E_IO);
    r.fail_after = -1;
    assert_int_equal(stk_vrrl_open(&log, &(struct stk_flash_port){&ram_ops, &r}, NULL), STK_OK);
    expect_walk(&log, 8, want, 2);
}

static void a_medium_that_ends_early_can_be_lengthened(void **state) {
    static const uint32_t want[] = {5, 6, 7};
    struct stk_log_record record = publish(0);
    struct ram r;
    struct stk_vrrl log = made(&r, 3);
    (void)state;
    r.length = STK_VRRL_HEADER_BYTES;
    append(&log, 5);
    append(&log, 6);
    append(&log, 7);
    assert_int_equal(r.length, STK_VRRL_BYTES(3));
    expect_walk(&log, 8, want, 3);
    r.geometry.block_bytes = STK_VRRL_BYTES(1) - 1;
    assert_int_equal(stk_vrrl_open(&log, &(struct stk_flash_port){&ram_ops, &r}, NULL), STK_OK);
    assert_int_equal(stk_vrrl_append(&log, &record), STK_E_SHORT);
}

/// Walk ///

static void records_come_back_as_they_went_in(void **state) {
    uint8_t buffer[STK_VRRL_RECORD_BYTES];
    struct stk_log_record in[2] = {publish(4), publish(5)}, out;
    struct stk_log_iter iter;
    struct ram r;
    struct stk_vrrl log = made(&r, 2);
    (void)state;
    in[1].kind = STK_LOG_FAILURE;
    in[1].error = INT32_MIN;
    in[1].failure = STK_FAILURE_PROGRAM_BUG;
    for (uint32_t i = 0; i < 2; i++) {
        in[i].sequence = i;
        assert_int_equal(stk_vrrl_append(&log, &in[i]), STK_OK);
    }
    assert_int_equal(stk_vrrl_iterate(&log, &iter, buffer, sizeof buffer), STK_OK);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(stk_log_next(&iter, &out), 1);
        /* The bytes between the last two members mean nothing. */
        assert_memory_equal(&out, &in[i], offsetof(struct stk_log_record, error) + sizeof out.error);
        assert_true(out.digest == in[i].digest);
    }
    r.bytes[STK_VRRL_BYTES(0) + 48] = 200; /* 200 is no class of a failure */
    assert_int_equal(stk_vrrl_iterate(&log, &iter, buffer, sizeof buffer), STK_OK);
    assert_int_equal(stk_log_next(&iter, &out), 1);
    assert_int_equal(out.kind, STK_LOG_FAILURE);
    assert_int_equal(out.failure, STK_FAILURE_UNCLASSIFIED);
}

static void a_walk_begins_at_the_oldest_and_passes_over_empty_places(void **state) {
    static const uint32_t want[] = {2, 3, 4, 5, 6, 7};
    struct ram r;
    struct stk_vrrl log = made(&r, 7);
    (void)state;
    for (uint32_t n = 0; n < 8; n++) {
        append(&log, n);
    }
    memset(r.bytes + STK_VRRL_BYTES(1), 0, 4); /* record 1 is the oldest */
    for (uint32_t records = 1; records <= 8; records++) {
        uint32_t before = r.reads;
        expect_walk(&log, records, want, 6);
        /* The ring is read in two parts: six places up to the end, one from the start. */
        assert_int_equal(r.reads - before, (6 + records - 1) / records + 1);
    }
}

static void a_record_of_another_magic_ends_the_walk(void **state) {
    uint8_t buffer[8 * STK_VRRL_RECORD_BYTES];
    struct stk_log_record record;
    struct stk_log_iter iter;
    struct stk_error_info info = {.err = 5};
    struct ram r;
    struct stk_vrrl log = made(&r, 3);
    (void)state;
    append(&log, 0);
    append(&log, 1);
    r.bytes[STK_VRRL_BYTES(1)] = 0xEE;
    assert_int_equal(stk_vrrl_iterate(&log, &iter, buffer, sizeof buffer), STK_OK);
    assert_int_equal(stk_log_next(&iter, &record), 1);
    for (uint32_t i = 0; i < 2; i++) { /* the walk stays at the damaged record */
        record.args[0] = 55;
        assert_int_equal(stk_log_next(&iter, &record), STK_E_CORRUPT);
        assert_int_equal(record.args[0], 55);
        stk_vrrl_where(&iter, &info);
        assert_int_equal(info.err, 5);
        assert_int_equal(info.index, 1);
        assert_int_equal(info.value, 0xDEADBEEE);
    }
}

static void what_can_be_read_before_the_end_is_read(void **state) {
    static const int errors[] = {STK_E_SHORT, STK_E_SHORT, STK_E_IO};
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        uint8_t buffer[8 * STK_VRRL_RECORD_BYTES];
        struct stk_log_record record;
        struct stk_log_iter iter;
        struct ram r;
        struct stk_vrrl log = made(&r, 4);
        for (uint32_t n = 0; n < 4; n++) {
            append(&log, n);
        }
        if (i == 0) {
            r.length = STK_VRRL_BYTES(3) - 1;
        } else if (i == 1) {
            log.bytes = STK_VRRL_BYTES(3) - 1;
        }
        assert_int_equal(stk_vrrl_iterate(&log, &iter, buffer, i == 2 ? 64 : sizeof buffer), STK_OK);
        assert_int_equal(stk_log_next(&iter, &record), 1);
        assert_int_equal(stk_log_next(&iter, &record), 1);
        assert_int_equal(record.args[0], 1);
        r.fail_after = i == 2 ? 0 : -1;
        assert_int_equal(stk_log_next(&iter, &record), errors[i]);
        assert_int_equal(iter.block, 2);
    }
}

static void appends_that_overtake_a_walk_are_told(void **state) {
    uint8_t buffer[STK_VRRL_RECORD_BYTES];
    struct stk_log_record record;
    struct stk_log_iter iter;
    struct ram r;
    struct stk_vrrl log = made(&r, 3);
    (void)state;
    for (uint32_t n = 0; n < 3; n++) {
        append(&log, n);
    }
    assert_int_equal(stk_vrrl_iterate(&log, &iter, buffer, sizeof buffer), STK_OK);
    assert_int_equal(stk_log_next(&iter, &record), 1);
    append(&log, 3); /* this append writes over the record that was read */
    assert_int_equal(stk_log_next(&iter, &record), 1);
    assert_int_equal(record.args[0], 1);
    append(&log, 4);
    append(&log, 5);
    assert_int_equal(stk_log_next(&iter, &record), STK_E_STALE);
}

static void a_walk_needs_room_for_a_record(void **state) {
    uint8_t buffer[STK_VRRL_RECORD_BYTES];
    struct stk_log_iter iter;
    struct ram r;
    struct stk_vrrl log = made(&r, 3);
    (void)state;
    assert_int_equal(stk_vrrl_iterate(&log, &iter, NULL, 64), STK_E_ARG);
    assert_int_equal(stk_vrrl_iterate(&log, &iter, buffer, 63), STK_E_SPACE);
    assert_int_equal(stk_vrrl_iterate(&log, &iter, buffer, 64), STK_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_log_is_a_header_and_zeros),
        cmocka_unit_test(capacities_are_checked_first),
        cmocka_unit_test(media_of_other_rules_are_refused),
        cmocka_unit_test(ports_that_lack_a_call_are_refused),
        cmocka_unit_test(a_create_that_fails_says_so),
        cmocka_unit_test(an_open_log_goes_on_where_it_was),
        cmocka_unit_test(headers_that_are_none_are_refused),
        cmocka_unit_test(a_header_that_cannot_be_read_is_refused),
        cmocka_unit_test(a_cursor_counts_modulo_the_capacity),
        cmocka_unit_test(a_record_is_64_bytes_in_its_place),
        cmocka_unit_test(a_publish_has_no_tail),
        cmocka_unit_test(records_that_the_format_cannot_hold_are_refused),
        cmocka_unit_test(an_append_that_failed_is_made_again_in_its_place),
        cmocka_unit_test(a_record_is_written_before_the_cursor_that_counts_it),
        cmocka_unit_test(a_medium_that_ends_early_can_be_lengthened),
        cmocka_unit_test(records_come_back_as_they_went_in),
        cmocka_unit_test(a_walk_begins_at_the_oldest_and_passes_over_empty_places),
        cmocka_unit_test(a_record_of_another_magic_ends_the_walk),
        cmocka_unit_test(what_can_be_read_before_the_end_is_read),
        cmocka_unit_test(appends_that_overtake_a_walk_are_told),
        cmocka_unit_test(a_walk_needs_room_for_a_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
