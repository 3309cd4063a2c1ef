/* Tests the promises of core/POWER-CUTS.md for a log, row by row, on each kind of medium. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <cmocka.h>

#include "power_cuts.h"

#define OLD_ID      7u
#define NEW_ID      8u
#define BLOCKS      6u
#define BEFORE      20u /* records that are synced before a cut */
#define RECORDS_MAX 512u

static struct {
    struct stk_log log;
    uint8_t page[STK_LOG_BUFFER_BYTES(PAGE_MAX, PAGE_MAX)];
    uint8_t walk[STK_LOG_BUFFER_BYTES(PAGE_MAX, PAGE_MAX)];
    uint32_t number[RECORDS_MAX]; /* sequence that record i was given */
    bool needed[RECORDS_MAX];     /* record i must be on the flash, unless the ring has overwritten it */
    uint32_t appended;            /* number of appends that were begun */
    uint32_t boot;                /* number of appends that were begun before the last mount */
    uint32_t seen, last;          /* how many records the last check found, and the index of the last one */
} w;

/// A log ///

static struct stk_log_config config_of(void) {
    return (struct stk_log_config){{&part_ops, &power.flash}, w.page, sizeof w.page};
}

static struct stk_log_record record_of(uint32_t i) {
    return (struct stk_log_record){
        .timestamp_ns = 1000u * i, .slot = i % 64u, .args = {i, ~i, i * 3u}, .digest = i + 1u};
}

/* Appends `count` records as long as there is power. */
static void append(uint32_t count) {
    for (uint32_t i = 0; i < count && !power.flash.off; i++) {
        struct stk_log_record r = record_of(w.appended);
        w.needed[w.appended] = false;
        w.number[w.appended++] = w.log.sequence;
        assert_true(stk_log_append(&w.log, &r) == STK_OK || power.flash.off);
    }
}

/* The records that were appended since the last mount must be there from now on. */
static void need_all(void) {
    for (uint32_t i = w.boot; i < w.appended; i++) {
        w.needed[i] = true;
    }
}

static void sync(void) {
    int err = stk_log_sync(&w.log);
    assert_true(err == STK_OK || power.flash.off);
    if (err == STK_OK && !power.flash.off) {
        need_all();
    }
}

static void poll(void) {
    assert_true(stk_log_poll(&w.log) >= 0 || power.flash.off);
}

static void begin(const struct medium *m) {
    struct stk_log_config config;
    power_begin(m, BLOCKS);
    config = config_of();
    w.appended = w.boot = 0;
    assert_int_equal(stk_log_format(&w.log, &config, OLD_ID, 100), STK_OK);
}

static void begin_synced(const struct medium *m) {
    begin(m);
    append(BEFORE);
    sync();
}

/* Makes a log in its second lap or later, so that its next block holds the oldest records. */
static void begin_with_laps(const struct medium *m) {
    begin(m);
    for (uint32_t i = 0; i < 100; i++) {
        append(1);
        poll();
    }
    sync();
}

static void mount(void) {
    const struct stk_log_config config = config_of();
    assert_int_equal(stk_log_mount(&w.log, &config), STK_OK);
    w.boot = w.appended;
}

/// What is promised ///

/* Walks the log: each record is one that was appended, whole, with its own number, after the one before it. Nothing
 * that was synced is missing, but for what the ring took away. */
static void check(void) {
    struct stk_log_iter iter;
    struct stk_log_record r;
    uint64_t capacity = stk_log_capacity(&w.log.geometry);
    uint32_t oldest = w.appended > capacity ? w.appended - (uint32_t)capacity : 0u, next = 0;
    assert_int_equal(stk_log_iterate(&w.log, &iter, w.walk, sizeof w.walk), STK_OK);
    w.seen = 0;
    while (stk_log_next(&iter, &r) == 1) {
        uint32_t i = r.args[0];
        struct stk_log_record want = record_of(i);
        assert_true(i < w.appended && i >= next);
        assert_int_equal(r.sequence, w.number[i]);
        assert_true(r.timestamp_ns == want.timestamp_ns && r.slot == want.slot && r.digest == want.digest);
        assert_memory_equal(r.args, want.args, sizeof want.args);
        for (; next < i; next++) {
            assert_false(w.needed[next] && next >= oldest); /* a cut erase may leave some of the older ones */
        }
        w.last = i;
        next = i + 1u;
        w.seen++;
    }
    for (; next < w.appended; next++) {
        assert_false(w.needed[next]);
    }
}

static void mount_and_check(bool cut) {
    (void)cut;
    mount();
    check();
}

/* Goes on after the cut, and looks once more. */
static void mount_check_and_go_on(bool cut) {
    mount_and_check(cut);
    append(2);
    sync();
    stk_sim_flash_power_off(&power.flash);
    (void)power_return();
    mount_and_check(true);
}

/// Rows ///

static void append_poll_and_append(void) {
    append(3);
    poll();
    append(12);
    poll();
    append(3);
    sync();
}

static void a_synced_record_survives_every_later_cut(void **state) {
    (void)state;
    cut_everywhere(begin_synced, append_poll_and_append, mount_and_check);
}

static void an_appended_record_needs_no_sync_where_a_page_is_one_record(void **state) {
    (void)state;
    for (uint32_t i = 0; i < MEDIA; i++) {
        if (page_is_record(&media[i])) {
            begin_synced(&media[i]);
            append(9);
            need_all();
            stk_sim_flash_power_off(&power.flash);
            (void)power_return();
            mount_and_check(true);
        }
    }
}

static void a_record_that_waits_for_its_page_needs_a_sync(void **state) {
    (void)state;
    for (uint32_t i = 0; i < MEDIA; i++) {
        for (uint32_t is_synced = 0; is_synced < 2 && !page_is_record(&media[i]); is_synced++) {
            begin_synced(&media[i]);
            append(1);
            if (is_synced) {
                sync();
            }
            stk_sim_flash_power_off(&power.flash);
            (void)power_return();
            mount_and_check(true);
            assert_int_equal(w.seen, BEFORE + is_synced);
        }
    }
}

static void append_one(void) {
    append(1);
    sync();
}

static void a_cut_append_leaves_its_record_whole_or_not_at_all(void **state) {
    (void)state;
    cut_everywhere(begin_synced, append_one, mount_check_and_go_on);
}

/* Appends a batch; a cut keeps the first few records of it, in order, and perhaps none. */
static void append_batch(void) {
    struct stk_log_record records[10];
    for (uint32_t i = 0; i < 10u; i++) {
        records[i] = record_of(w.appended);
        w.needed[w.appended] = false;
        w.number[w.appended++] = w.log.sequence + i;
    }
    assert_true(stk_log_append_batch(&w.log, records, 10) == 10 || power.flash.off);
}

static void check_that_a_front_is_there(bool cut) {
    mount_and_check(cut);
    if (page_is_record(power.medium)) {
        assert_int_equal(w.last, w.seen - 1u);
    }
}

static void a_cut_batch_leaves_the_first_of_its_records(void **state) {
    (void)state;
    cut_everywhere(begin_synced, append_batch, check_that_a_front_is_there);
}

static void append_and_erase(void) {
    for (uint32_t i = 0; i < 16u && !power.flash.off; i++) {
        append(1);
        poll();
    }
    sync();
}

static void a_cut_erase_costs_the_oldest_records_only(void **state) {
    (void)state;
    cut_everywhere(begin_with_laps, append_and_erase, mount_and_check);
}

static void remount(void) {
    mount();
}

static void check_that_nothing_was_written(bool cut) {
    assert_false(cut);
    check();
}

static void a_mount_and_a_walk_write_nothing(void **state) {
    (void)state;
    for (uint32_t i = 0; i < MEDIA; i++) {
        struct stk_sim_flash_counts counts;
        begin_synced(&media[i]);
        counts = power.flash.counts;
        remount();
        check_that_nothing_was_written(false);
        poll(); /* without a record in this boot there is nothing to do */
        assert_int_equal(power.flash.counts.programs, counts.programs);
        assert_int_equal(power.flash.counts.erases, counts.erases);
    }
}

/* Cuts in a row, at any step of what comes after a mount, too. */
static void cuts_in_a_row_cost_no_synced_record(void **state) {
    (void)state;
    for (uint32_t i = 0; i < MEDIA; i++) {
        for (power.rng = 1; power.rng < 60u; power.rng++) {
            uint32_t seed = power.rng;
            begin(&media[i]);
            append(8);
            sync();
            for (uint32_t cuts = 0; cuts < 4u; cuts++) {
                power_cut_at(luck(64), luck(200));
                append(1 + luck(3));
                sync();
                poll();
                (void)power_return();
                mount();
            }
            check();
            power.rng = seed;
        }
    }
}

static void format_again(void) {
    const struct stk_log_config config = config_of();
    assert_true(stk_log_format(&w.log, &config, NEW_ID, 0) == STK_OK || power.flash.off);
}

static void check_old_new_or_none(bool cut) {
    const struct stk_log_config config = config_of();
    int err = stk_log_mount(&w.log, &config);
    assert_true(err == STK_OK || (cut && (err == STK_E_FORMAT || err == STK_E_IO)));
    if (err == STK_OK) {
        assert_true(w.log.id == NEW_ID || (cut && w.log.id == OLD_ID));
        memset(w.needed, 0, sizeof w.needed); /* a rest of the old log may be there */
        check();
        assert_true(w.log.id == OLD_ID || w.seen == 0);
    }
}

static void a_cut_format_leaves_the_old_log_none_or_the_new_one(void **state) {
    (void)state;
    cut_everywhere(begin_synced, format_again, check_old_new_or_none);
}

static void begin_small(const struct medium *m) {
    struct stk_log_config config;
    power_begin(m, BLOCKS);
    power.blocks = 4;
    config = config_of();
    w.appended = w.boot = 0;
    assert_int_equal(stk_log_format(&w.log, &config, OLD_ID, 100), STK_OK);
    append(12);
    sync();
}

static void grow(void) {
    const struct stk_log_config config = config_of();
    power.blocks = BLOCKS;
    assert_true(stk_log_grow(&w.log, &config) == STK_OK || power.flash.off);
}

/* Growing is repeated at each start: it mounts a log that has grown. */
static void grow_again_and_check(bool cut) {
    (void)cut;
    for (uint32_t i = 0; i < 3u; i++) {
        grow();
        assert_int_equal(w.log.geometry.blocks, BLOCKS);
        w.boot = w.appended;
        check();
        append(4);
        sync();
        stk_sim_flash_power_on(&power.flash);
    }
}

static void a_cut_growth_costs_no_record_and_can_be_repeated(void **state) {
    (void)state;
    cut_everywhere(begin_small, grow, grow_again_and_check);
}

static void a_bad_block_and_a_cut_cost_no_synced_record(void **state) {
    (void)state;
    for (uint32_t i = 0; i < MEDIA; i++) {
        for (uint32_t bad = 0; bad < BLOCKS; bad++) {
            begin(&media[i]);
            append(6);
            sync();
            stk_sim_flash_block(&power.flash, bad)->bad_prog = true;
            stk_sim_flash_block(&power.flash, bad)->bad_erase = bad % 2u != 0;
            append(10);
            sync();
            stk_sim_flash_power_off(&power.flash);
            (void)power_return();
            mount_and_check(true);
            assert_int_equal(w.seen, 16);
        }
    }
}

/* The record whose program was cut may be there at one mount and not at the next one. The others stay as they are. */
static void mount_several_times(bool cut) {
    for (uint32_t i = 0; i < 5u; i++) {
        mount_and_check(cut);
        if (i == 1u) {
            append(2);
            sync();
        }
        stk_sim_flash_power_on(&power.flash);
    }
}

static void a_record_whose_program_was_cut_may_come_and_go_alone(void **state) {
    (void)state;
    cut_everywhere(begin_synced, append_one, mount_several_times);
}

static void the_first_append_after_a_mount_costs_what_the_page_says(void **state) {
    (void)state;
    for (uint32_t i = 0; i < MEDIA; i++) {
        bool marks = media[i].geometry.rewrite != STK_FLASH_ONCE && !media[i].geometry.lazy;
        begin(&media[i]);
        append(16); /* where pages are small, the third block is in use */
        sync();
        mount();
        append(1);
        sync();
        assert_int_equal(w.log.stats.recovered, marks ? 2 : 0);
        assert_true(w.log.stats.erases <= (marks ? 0u : 1u));
        mount_and_check(true);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_synced_record_survives_every_later_cut),
        cmocka_unit_test(an_appended_record_needs_no_sync_where_a_page_is_one_record),
        cmocka_unit_test(a_record_that_waits_for_its_page_needs_a_sync),
        cmocka_unit_test(a_cut_append_leaves_its_record_whole_or_not_at_all),
        cmocka_unit_test(a_cut_batch_leaves_the_first_of_its_records),
        cmocka_unit_test(a_cut_erase_costs_the_oldest_records_only),
        cmocka_unit_test(a_mount_and_a_walk_write_nothing),
        cmocka_unit_test(cuts_in_a_row_cost_no_synced_record),
        cmocka_unit_test(a_cut_format_leaves_the_old_log_none_or_the_new_one),
        cmocka_unit_test(a_cut_growth_costs_no_record_and_can_be_repeated),
        cmocka_unit_test(a_bad_block_and_a_cut_cost_no_synced_record),
        cmocka_unit_test(a_record_whose_program_was_cut_may_come_and_go_alone),
        cmocka_unit_test(the_first_append_after_a_mount_costs_what_the_page_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
