#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "flash_log.h"
#include "red_zone.h"

/* Runs a test on every geometry. */
#define EVERY(g) for (const struct stk_flash_geometry *g = geometries; g < geometries + GEOMETRIES; g++)

#if UINTPTR_MAX <= UINT64_MAX
_Static_assert(sizeof(struct stk_log) <= 192, "what a log costs beside its buffer");
#endif

/// Writing and reading back ///

static void a_new_log_is_empty(void **state) {
    (void)state;
    EVERY(g) {
        world_open(g, 0);
        assert_int_equal(world_walk(), 0);
        assert_int_equal(world.iter.corrupt + world.iter.torn, 0);
        world_remount();
        assert_int_equal(world_walk(), 0);
        assert_int_equal(stk_log_sync(&world.log), STK_OK);
        assert_true(rules_kept());
    }
}

static void what_is_appended_is_read_back_in_order(void **state) {
    (void)state;
    EVERY(g) {
        uint32_t records = 3u * lap_of(g) + 1u;
        world_open(g, 0);
        for (uint32_t i = 0; i < records; i++) {
            world_append(1);
            if (i % 7u == 0u) {
                assert_true(stk_log_poll(&world.log) >= 0);
            }
        }
        assert_int_equal(stk_log_sync(&world.log), STK_OK);
        assert_true(world_walk() >= stk_log_capacity(g));
        assert_int_equal(world.last, records - 1u);
        assert_int_equal(world.first, records - world.seen);
        assert_int_equal(world.iter.corrupt + world.iter.torn + world.resumed, 0);
        assert_true(rules_kept());
    }
}

static void what_was_synced_is_there_after_a_mount(void **state) {
    (void)state;
    EVERY(g) {
        world_open(g, 0);
        for (uint32_t round = 1; round < 12u; round++) {
            uint32_t last = world.log.sequence + round - 1u;
            world_append(round);
            assert_int_equal(stk_log_sync(&world.log), STK_OK);
            world_remount();
            assert_true(world_walk() >= 1u && world.last == last);
            assert_true((int32_t)(world.log.sequence - last) > 0);
            assert_int_equal(world.iter.corrupt, 0);
            if (round % 2u) {
                assert_true(stk_log_poll(&world.log) >= 0);
                assert_int_equal(stk_log_poll(&world.log), 0);
            }
        }
        assert_true(rules_kept());
    }
}

static void a_mount_writes_nothing(void **state) {
    (void)state;
    EVERY(g) {
        struct stk_sim_flash_counts before;
        world_open(g, 0);
        world_append(5);
        before = world.flash.counts;
        world_remount();
        world_walk();
        assert_true(world.flash.counts.programs == before.programs && world.flash.counts.erases == before.erases);
        assert_true(world.flash.counts.syncs == before.syncs);
    }
}

static void the_first_record_after_a_mount_says_so(void **state) {
    (void)state;
    EVERY(g) {
        struct stk_log_record r;
        world_open(g, 0);
        world_append(1);
        assert_int_equal(stk_log_sync(&world.log), STK_OK);
        world_remount();
        world_append(2);
        assert_int_equal(stk_log_sync(&world.log), STK_OK);
        world_iterate();
        assert_int_equal(stk_log_next(&world.iter, &r), 1);
        assert_int_equal(r.resumed, 0);
        assert_int_equal(stk_log_next(&world.iter, &r), 1);
        assert_int_equal(r.resumed, 1);
        assert_int_equal(stk_log_next(&world.iter, &r), 1);
        assert_int_equal(r.resumed, 0);
        assert_int_equal(stk_log_next(&world.iter, &r), 0);
        assert_int_equal(world.iter.corrupt, 0);
    }
}

static void a_batch_is_as_many_appends(void **state) {
    (void)state;
    EVERY(g) {
        struct stk_log_record r[9];
        world_open(g, 0);
        for (uint32_t i = 0; i < 9; i++) {
            r[i] = record_of(i);
        }
        assert_int_equal(stk_log_append_batch(&world.log, r, 0), 0);
        assert_int_equal(stk_log_append_batch(&world.log, NULL, 0), 0);
        assert_int_equal(stk_log_append_batch(&world.log, r, 4), 4);
        assert_int_equal(stk_log_append_batch(&world.log, r + 4, 5), 5);
        assert_int_equal(world.log.stats.records, 9);
        assert_int_equal(stk_log_sync(&world.log), STK_OK);
        assert_true(world_walk() != 0 && world.last == 8);
    }
}

static void a_record_waits_for_its_page_or_a_sync(void **state) {
    static const struct stk_flash_geometry g = {1, 256, 1024, 4, 0xFF, STK_FLASH_MANY, 0};
    (void)state;
    world_open(&g, 0);
    world_append(1);
    assert_int_equal(world_walk(), 0);
    world_append(3); /* the page is full */
    assert_int_equal(world_walk(), 4);
    world_append(1);
    assert_int_equal(stk_log_sync(&world.log), STK_OK);
    assert_int_equal(world_walk(), 5);
    world_append(1); /* not in the page that the sync filled up */
    assert_int_equal(stk_log_sync(&world.log), STK_OK);
    assert_int_equal(world_walk(), 6);
    assert_int_equal(world.iter.torn + world.iter.corrupt, 0);
}

/// Records ///

static void check_fields(const struct stk_log_record *want) {
    struct stk_log_record got, r = *want;
    uint32_t sequence = world.log.sequence;
    r.sequence = 77; /* the log sets both fields itself */
    r.resumed = 1;
    assert_int_equal(stk_log_append(&world.log, &r), STK_OK);
    world_iterate();
    assert_int_equal(stk_log_seek_sequence(&world.iter, sequence), STK_OK);
    assert_int_equal(stk_log_next(&world.iter, &got), 1);
    assert_true(got.sequence == sequence && got.resumed == 0);
    assert_true(got.timestamp_ns == want->timestamp_ns && got.digest == want->digest);
    assert_true(got.slot == want->slot && got.tenant == want->tenant && got.opcode == want->opcode);
    assert_memory_equal(got.args, want->args, sizeof got.args);
    assert_true(got.epoch == want->epoch && got.kind == want->kind && got.status == want->status);
    assert_true(got.failure == want->failure && got.error == want->error);
}

static void every_field_keeps_its_limits(void **state) {
    static const struct stk_log_record zero;
    const struct stk_log_record most = {.timestamp_ns = UINT64_MAX,
                                        .slot = UINT32_MAX,
                                        .tenant = UINT32_MAX,
                                        .opcode = UINT32_MAX,
                                        .args = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX},
                                        .epoch = UINT32_MAX,
                                        .kind = 7,
                                        .status = 255,
                                        .failure = 15,
                                        .error = INT16_MAX,
                                        .digest = UINT64_MAX};
    struct stk_log_record least = most;
    (void)state;
    world_open(&geometries[2], 0);
    check_fields(&zero);
    check_fields(&most);
    least.error = INT16_MIN;
    check_fields(&least);
    for (uint32_t kind = 0; kind < 8; kind++) {
        least.kind = kind;
        check_fields(&least);
    }
}

static void a_record_that_does_not_fit_changes_nothing(void **state) {
    struct stk_log_record r[3] = {record_of(0), record_of(1), record_of(2)};
    static const struct {
        uint32_t kind, status, failure;
        int32_t error;
    } wrong[] = {{8, 0, 0, 0}, {0, 256, 0, 0}, {0, 0, 16, 0}, {0, 0, 0, 32768}, {0, 0, 0, -32769}};
    (void)state;
    world_open(&geometries[0], 0);
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct stk_log before = world.log;
        struct stk_sim_flash_counts counts = world.flash.counts;
        r[2].kind = wrong[i].kind;
        r[2].status = wrong[i].status;
        r[2].failure = wrong[i].failure;
        r[2].error = wrong[i].error;
        assert_int_equal(stk_log_append(&world.log, &r[2]), STK_E_RANGE);
        assert_int_equal(stk_log_append_batch(&world.log, r, 3), STK_E_RANGE);
        assert_memory_equal(&before, &world.log, sizeof before);
        assert_memory_equal(&counts, &world.flash.counts, sizeof counts);
    }
}

static void sequences_go_on_past_the_last_number(void **state) {
    (void)state;
    EVERY(g) {
        uint32_t start = 0u - lap_of(g) - 3u;
        world_open(g, start);
        world_append(2u * lap_of(g));
        assert_int_equal(stk_log_sync(&world.log), STK_OK);
        assert_true(world_walk() >= stk_log_capacity(g));
        assert_int_equal(world.last, start + 2u * lap_of(g) - 1u);
        assert_int_equal(world.iter.corrupt, 0);
        world_remount();
        world_walk();
        assert_int_equal(world.last, start + 2u * lap_of(g) - 1u);
        world_iterate();
        assert_int_equal(stk_log_seek_sequence(&world.iter, world.last), STK_OK);
        assert_int_equal(stk_log_next(&world.iter, &(struct stk_log_record){0}), 1);
        assert_int_equal(stk_log_next(&world.iter, &(struct stk_log_record){0}), 0);
    }
}

/// Seeking ///

/* The walk goes on at `want`, to the end. */
static void assert_goes_on(uint32_t want, uint32_t last) {
    struct stk_log_record r;
    for (uint32_t n = want; n <= last; n++) {
        assert_int_equal(stk_log_next(&world.iter, &r), 1);
        assert_int_equal(r.sequence, n);
    }
    assert_int_equal(stk_log_next(&world.iter, &r), 0);
    assert_int_equal(world.iter.records, last + 1u - want);
    assert_int_equal(world.iter.corrupt + world.iter.torn, 0);
}

static void a_seek_finds_every_record_by_number_and_time(void **state) {
    (void)state;
    EVERY(g) {
        world_open(g, 0);
        for (uint32_t fill = 1; fill < 4; fill++) {
            world_append(lap_of(g) / 2u + 1u);
            assert_int_equal(stk_log_sync(&world.log), STK_OK);
            world_walk();
            for (uint32_t n = world.first; n <= world.last; n += 1u + lap_of(g) / 30u) {
                assert_int_equal(stk_log_seek_sequence(&world.iter, n), STK_OK);
                assert_goes_on(n, world.last);
                assert_int_equal(stk_log_seek_time(&world.iter, record_of(n).timestamp_ns), STK_OK);
                assert_goes_on(n, world.last);
                assert_int_equal(stk_log_seek_time(&world.iter, record_of(n).timestamp_ns - (n != 0u)), STK_OK);
                assert_goes_on(n, world.last);
            }
        }
    }
}

static void a_seek_goes_to_the_next_record_or_the_end(void **state) {
    (void)state;
    EVERY(g) {
        world_open(g, 100);
        world_iterate();
        assert_int_equal(stk_log_seek_sequence(&world.iter, 100), STK_OK);
        assert_int_equal(stk_log_next(&world.iter, &(struct stk_log_record){0}), 0);
        world_append(2);
        assert_int_equal(stk_log_sync(&world.log), STK_OK);
        world_iterate();
        assert_int_equal(stk_log_seek_sequence(&world.iter, 7), STK_OK);
        assert_goes_on(100, 101);
        assert_int_equal(stk_log_seek_time(&world.iter, 0), STK_OK);
        assert_goes_on(100, 101);
        assert_int_equal(stk_log_seek_sequence(&world.iter, 102), STK_OK);
        assert_goes_on(102, 101);
        assert_int_equal(stk_log_seek_time(&world.iter, UINT64_MAX), STK_OK);
        assert_goes_on(102, 101);
    }
}

/// Walks beside appends ///

static void a_walk_sees_what_is_appended_until_a_block_is_erased(void **state) {
    struct stk_log_record r;
    (void)state;
    world_open(&geometries[0], 0); /* three records in a block */
    world_append(1);
    world_iterate();
    assert_int_equal(stk_log_next(&world.iter, &r), 1);
    assert_int_equal(stk_log_poll(&world.log), 1);
    assert_int_equal(stk_log_next(&world.iter, &r), STK_E_STALE);
    assert_int_equal(stk_log_seek_sequence(&world.iter, 0), STK_E_STALE);
    assert_int_equal(stk_log_seek_time(&world.iter, 0), STK_E_STALE);
    world_iterate();
    assert_int_equal(stk_log_next(&world.iter, &r), 1);
    assert_int_equal(r.sequence, 0);
}

/// Sizes ///

/* A log in a buffer that begins `late` bytes behind an aligned one writes no byte outside it. */
static void stays_in_its_buffer(const struct stk_flash_geometry *g, size_t late) {
    uint32_t bytes = stk_log_buffer_bytes(g);
    uint8_t *page = (uint8_t *)zone_paint_for(bytes) + late;
    struct stk_log_config config;
    world_flash(g);
    config = world_config();
    config.buffer = page;
    config.buffer_bytes = bytes - 1u;
    assert_int_equal(stk_log_format(&world.log, &config, WORLD_ID, 0), STK_E_SPACE);
    assert_int_equal(stk_log_mount(&world.log, &config), STK_E_SPACE);
    assert_true(zone_intact(0) && world.flash.counts.erases == 0 && world.flash.counts.reads == 0);
    config.buffer_bytes = bytes;
    assert_int_equal(stk_log_format(&world.log, &config, WORLD_ID, 0), STK_OK);
    world_append(2u * lap_of(g));
    assert_int_equal(stk_log_sync(&world.log), STK_OK);
    assert_int_equal(stk_log_mount(&world.log, &config), STK_OK);
    world_append(lap_of(g));
    assert_int_equal(stk_log_sync(&world.log), STK_OK);
    assert_true(zone_intact_but(late, late + bytes));
}

static void a_walk_stays_in_its_buffer(const struct stk_flash_geometry *g, size_t late) {
    uint32_t bytes = stk_log_buffer_bytes(g), seen = 0;
    uint8_t *buffer = (uint8_t *)zone_paint_for(bytes) + late;
    struct stk_log_record r;
    world_open(g, 0);
    world_append(lap_of(g));
    assert_int_equal(stk_log_sync(&world.log), STK_OK);
    assert_int_equal(stk_log_iterate(&world.log, &world.iter, buffer, bytes - 1u), STK_E_SPACE);
    assert_int_equal(stk_log_iterate(&world.log, &world.iter, buffer, bytes), STK_OK);
    while (stk_log_next(&world.iter, &r) == 1) {
        assert_whole(&r);
        seen++;
    }
    assert_true(zone_intact_but(late, late + bytes));
    assert_int_equal(seen, world_walk());
}

static void a_buffer_is_as_large_as_the_macro_says(void **state) {
    (void)state;
    EVERY(g) {
        assert_int_equal(stk_log_buffer_bytes(g), STK_LOG_BUFFER_BYTES(g->read_unit, g->prog_unit));
        for (size_t late = 0; late < 2; late++) {
            stays_in_its_buffer(g, late);
            a_walk_stays_in_its_buffer(g, late);
        }
    }
}

static void capacity_counts_all_blocks_but_two(void **state) {
    struct stk_flash_geometry g = {1, 64, 4096, 16, 0xFF, STK_FLASH_MANY, 0};
    (void)state;
    assert_int_equal(stk_log_capacity(&g), 14 * 63);
    g.prog_unit = 4096;
    assert_int_equal(stk_log_capacity(&g), 14 * 63);
    g.blocks = 2;
    assert_int_equal(stk_log_capacity(&g), 0);
    g.blocks = 3;
    g.prog_unit = 3;
    assert_int_equal(stk_log_capacity(&g), 0);
}

/// Counts ///

static void an_append_is_one_program_and_never_an_erase_when_polled(void **state) {
    (void)state;
    EVERY(g) {
        uint32_t in_block = g->block_bytes / STK_LOG_CELL_BYTES - 1u;
        world_open(g, 0);
        for (uint32_t i = 0; page_of(g) == 1u && i < 3u * lap_of(g); i++) {
            struct stk_sim_flash_counts before;
            if (i % in_block == 0u) {
                assert_int_equal(stk_log_poll(&world.log), i == 0u ? 0 : 1);
            }
            before = world.flash.counts;
            world_append(1);
            assert_true(world.flash.counts.programs == before.programs + 1u);
            assert_true(world.flash.counts.prog_bytes == before.prog_bytes + STK_LOG_CELL_BYTES);
            assert_true(world.flash.counts.erases == before.erases && world.flash.counts.reads == before.reads);
        }
    }
}

static void every_block_is_erased_once_a_lap(void **state) {
    (void)state;
    EVERY(g) {
        uint32_t least = UINT32_MAX, most = 0;
        world_open(g, 0);
        world_append(6u * lap_of(g));
        for (uint32_t i = 0; i < g->blocks; i++) {
            uint32_t erases = stk_sim_flash_block(&world.flash, i)->erases;
            least = erases < least ? erases : least;
            most = erases > most ? erases : most;
        }
        assert_true(most - least <= 2u); /* format has made one of these erases */
        assert_int_equal(world.log.stats.erases, world.flash.counts.erases);
    }
}

static void stats_tell_what_was_done(void **state) {
    (void)state;
    EVERY(g) {
        struct stk_log_stats stats;
        world_open(g, 0);
        world_append(lap_of(g));
        assert_int_equal(stk_log_sync(&world.log), STK_OK);
        stk_log_stats(&world.log, &stats);
        assert_int_equal(stats.records, lap_of(g));
        assert_true(stats.programs == world.flash.counts.programs);
        assert_true(stats.erases == world.flash.counts.erases);
        assert_int_equal(stats.failed + stats.recovered, 0);
        assert_int_equal(stats.mount_reads, g->blocks); /* the headers that format looked at */
        world.flash.counts.reads = 0;
        world_remount();
        stk_log_stats(&world.log, &stats);
        assert_true(stats.mount_reads == world.flash.counts.reads && stats.mount_reads != 0);
        assert_true(stats.records + stats.programs + stats.erases == 0);
        assert_int_equal(stats.recovered, 0);
    }
}

/* The page behind the last may have been begun. It is marked where that is allowed; but not in a boot without a
 * record, for a device may restart again and again. */
static void an_unsure_end_is_made_sure_before_the_first_record(void **state) {
    (void)state;
    EVERY(g) {
        int marks = g->rewrite != STK_FLASH_ONCE && !g->lazy;
        world_open(g, 0);
        world_append(1);
        assert_int_equal(stk_log_sync(&world.log), STK_OK);
        world_remount();
        assert_int_equal(stk_log_poll(&world.log), 0);
        assert_int_equal(world.log.stats.programs + world.log.stats.erases, 0);
        assert_int_equal(stk_log_settle(&world.log), STK_OK);
        if (g->block_bytes / STK_LOG_CELL_BYTES > 1u + page_of(g)) {
            assert_int_equal(world.log.stats.recovered != 0u, marks);
        }
        world_append(page_of(g));
        assert_int_equal(stk_log_sync(&world.log), STK_OK);
        assert_true(world_walk() == 1u + page_of(g) && rules_kept());
        assert_int_equal(world.iter.corrupt, 0);
    }
}

static void a_mount_reads_little(void **state) {
    static struct stk_flash_geometry g = {1, 1, 256, 0, 0xFF, STK_FLASH_MANY, 0};
    (void)state;
    for (uint32_t blocks = 4, log2 = 2; blocks <= 64; blocks *= 2, log2++) {
        g.blocks = blocks;
        world_open(&g, 0);
        for (uint32_t i = 0; i < 2u * lap_of(&g); i++) {
            world_append(1);
            if (i % 5u == 0u) {
                world_remount();
                assert_true(world.log.stats.mount_reads <= log2 + blocks + 16u);
            }
        }
    }
}

static void a_block_tells_its_lap(void **state) {
    (void)state;
    EVERY(g) {
        struct stk_log_block info;
        uint32_t unit = stk_log_buffer_bytes(g), last = g->blocks - 1u;
        world_open(g, 9);
        assert_int_equal(stk_log_block(&world.log, 0, world.walk, unit, &info), STK_OK);
        assert_true(info.lap == 1 && info.sequence == 9);
        assert_int_equal(stk_log_block(&world.log, last, world.walk, unit, &info), STK_E_FORMAT);
        assert_int_equal(stk_log_block(&world.log, last + 1u, world.walk, unit, &info), STK_E_RANGE);
        assert_int_equal(stk_log_block(&world.log, 0, world.walk, unit - 1u, &info), STK_E_SPACE);
        assert_int_equal(stk_log_block(&world.log, 0, NULL, unit, &info), STK_E_ARG);
        world_append(2u * lap_of(g));
        assert_int_equal(stk_log_sync(&world.log), STK_OK);
        assert_int_equal(stk_log_block(&world.log, world.log.block, world.walk, unit, &info), STK_OK);
        assert_int_equal(info.lap, world.log.lap);
        assert_true((int32_t)(world.log.sequence - info.sequence) > 0);
        stk_sim_flash_flip(&world.flash, world.log.block, 100);
        assert_int_equal(stk_log_block(&world.log, world.log.block, world.walk, unit, &info), STK_E_FORMAT);
        stk_sim_flash_spoil(&world.flash, world.log.block, 0);
        assert_int_equal(stk_log_block(&world.log, world.log.block, world.walk, unit, &info), STK_E_IO);
    }
}

static void a_damaged_record_is_counted_and_passed_over(void **state) {
    struct stk_log_record r;
    (void)state;
    EVERY(g) {
        world_open(g, 0);
        world_append(lap_of(g) / 2u + 2u);
        assert_int_equal(stk_log_sync(&world.log), STK_OK);
        if (world_walk() < 3u || g->block_bytes / STK_LOG_CELL_BYTES < page_of(g) + 3u) {
            continue;
        }
        /* The second record: format programs a first page that has the header alone. */
        stk_sim_flash_flip(&world.flash, 0, 8u * ((1u + page_of(g)) * STK_LOG_CELL_BYTES + 30u));
        world_iterate();
        assert_int_equal(stk_log_next(&world.iter, &r), 1);
        assert_int_equal(r.sequence, 0);
        assert_int_equal(stk_log_next(&world.iter, &r), 1);
        assert_int_equal(r.sequence, 2);
        assert_int_equal(world.iter.corrupt, 1);
        assert_int_equal(world.iter.torn, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_log_is_empty),
        cmocka_unit_test(what_is_appended_is_read_back_in_order),
        cmocka_unit_test(what_was_synced_is_there_after_a_mount),
        cmocka_unit_test(a_mount_writes_nothing),
        cmocka_unit_test(the_first_record_after_a_mount_says_so),
        cmocka_unit_test(a_batch_is_as_many_appends),
        cmocka_unit_test(a_record_waits_for_its_page_or_a_sync),
        cmocka_unit_test(every_field_keeps_its_limits),
        cmocka_unit_test(a_record_that_does_not_fit_changes_nothing),
        cmocka_unit_test(sequences_go_on_past_the_last_number),
        cmocka_unit_test(a_seek_finds_every_record_by_number_and_time),
        cmocka_unit_test(a_seek_goes_to_the_next_record_or_the_end),
        cmocka_unit_test(a_walk_sees_what_is_appended_until_a_block_is_erased),
        cmocka_unit_test(a_buffer_is_as_large_as_the_macro_says),
        cmocka_unit_test(capacity_counts_all_blocks_but_two),
        cmocka_unit_test(an_append_is_one_program_and_never_an_erase_when_polled),
        cmocka_unit_test(every_block_is_erased_once_a_lap),
        cmocka_unit_test(stats_tell_what_was_done),
        cmocka_unit_test(an_unsure_end_is_made_sure_before_the_first_record),
        cmocka_unit_test(a_mount_reads_little),
        cmocka_unit_test(a_block_tells_its_lap),
        cmocka_unit_test(a_damaged_record_is_counted_and_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
