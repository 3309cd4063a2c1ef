#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "stoker/crc32c.h"
#include "stoker/le.h"
#include "stoker/log.h"
#include "stoker/port/sim_flash.h"

/// Helpers ///

#define MEDIUM_MAX (8u * 1024u) /* bytes of the largest flash here */
#define CELLS_MAX  (MEDIUM_MAX / STK_LOG_CELL_BYTES)
#define UNIT_MAX   256u
#define SEQUENCE   52u /* SPEC.md, 6.2 */

static const struct stk_flash_geometry shapes[] = {
    {.read_unit = 1, .prog_unit = 1, .block_bytes = 512, .blocks = 6, .erased = 0xFF, .rewrite = STK_FLASH_MANY},
    {.read_unit = 8, .prog_unit = 8, .block_bytes = 512, .blocks = 8, .erased = 0xFF, .rewrite = STK_FLASH_INVERT},
    {.read_unit = 4, .prog_unit = 32, .block_bytes = 256, .blocks = 9, .erased = 0x00, .rewrite = STK_FLASH_ONCE},
    {.read_unit = 64, .prog_unit = 64, .block_bytes = 1024, .blocks = 5, .erased = 0xFF, .rewrite = STK_FLASH_ONCE},
    {.read_unit = 1, .prog_unit = 256, .block_bytes = 1024, .blocks = 8, .erased = 0xFF, .rewrite = STK_FLASH_ONCE},
};
#define SHAPES (sizeof shapes / sizeof shapes[0])

STK_STORAGE_DEFINE(memory, 3u * MEDIUM_MAX);
static struct stk_sim_flash flash;
static uint8_t page[STK_LOG_BUFFER_BYTES(1, UNIT_MAX)], walk_buffer[2048];
static struct stk_log the_log;
static struct stk_log_iter iter;
static uint32_t dead; /* every program and erase fails and changes nothing */

static uint32_t random_state = 11;

static uint32_t random_below(uint32_t n) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % n;
}

static void geometry_of(void *ctx, struct stk_flash_geometry *geometry) {
    stk_sim_flash_ops.geometry(ctx, geometry);
}

static int read_it(void *ctx, uint32_t block, uint32_t offset, void *data, uint32_t bytes) {
    return stk_sim_flash_ops.read(ctx, block, offset, data, bytes);
}

static int prog_it(void *ctx, uint32_t block, uint32_t offset, const void *data, uint32_t bytes) {
    return dead ? STK_E_IO : stk_sim_flash_ops.prog(ctx, block, offset, data, bytes);
}

static int erase_it(void *ctx, uint32_t block) {
    return dead ? STK_E_IO : stk_sim_flash_ops.erase(ctx, block);
}

static const struct stk_flash_ops ops = {"sim", geometry_of, read_it, prog_it, erase_it, NULL};
static const struct stk_log_config config = {{&ops, &flash}, page, sizeof page};

/* Returns the only record that has this sequence. */
static struct stk_log_record record_of(uint32_t sequence) {
    uint32_t h = sequence * 0x9E3779B1u;
    return (struct stk_log_record){.timestamp_ns = (uint64_t)sequence << 8,
                                   .slot = h,
                                   .tenant = ~h,
                                   .opcode = h >> 7,
                                   .args = {h, h + 1, h + 2, h + 3},
                                   .epoch = sequence / 3,
                                   .sequence = sequence,
                                   .kind = h & 3u,
                                   .status = h >> 8 & 255u,
                                   .failure = h >> 16 & 3u,
                                   .error = (int32_t)(h >> 16) - 32768,
                                   .digest = (uint64_t)h << 9};
}

static int is_whole(const struct stk_log_record *r) {
    struct stk_log_record w = record_of(r->sequence);
    return r->timestamp_ns == w.timestamp_ns && r->slot == w.slot && r->tenant == w.tenant && r->opcode == w.opcode &&
           memcmp(r->args, w.args, sizeof w.args) == 0 && r->epoch == w.epoch && r->kind == w.kind &&
           r->status == w.status && r->failure == w.failure && r->error == w.error && r->digest == w.digest;
}

static void format_at(const struct stk_flash_geometry *g, uint32_t sequence) {
    const struct stk_sim_flash_config c = {.geometry = *g, .strict_once = true, .seed = 5};
    struct stk_arena arena;
    stk_arena_init(&arena, memory, sizeof memory);
    assert_int_equal(stk_sim_flash_init(&flash, &c, &arena), STK_OK);
    dead = 0;
    assert_int_equal(stk_log_format(&the_log, &config, 9, sequence), STK_OK);
}

static int append(void) {
    const struct stk_log_record r = record_of(the_log.sequence);
    return stk_log_append(&the_log, &r);
}

static void append_all(uint32_t count) {
    while (count-- != 0) {
        assert_int_equal(append(), STK_OK);
    }
}

static uint32_t cells_of(const struct stk_flash_geometry *g) {
    return g->block_bytes / STK_LOG_CELL_BYTES;
}

static void start_walk(void) {
    assert_int_equal(stk_log_iterate(&the_log, &iter, walk_buffer, sizeof walk_buffer), STK_OK);
}

/* Walks records without a gap up to the newest; returns how many. `least` of them must be there. */
static uint32_t assert_unbroken(uint32_t least) {
    struct stk_log_record r;
    uint32_t n = 0, next = 0;
    int got;
    start_walk();
    while ((got = stk_log_next(&iter, &r)) == 1) {
        assert_true(is_whole(&r) && (n == 0 || r.sequence == next));
        next = r.sequence + 1;
        n++;
    }
    assert_int_equal(got, 0);
    assert_true(n >= least && iter.records == n && iter.corrupt == 0);
    assert_true(n == 0 || (int32_t)(the_log.sequence - next) >= 0);
    assert_int_equal(flash.violation.rule, STK_SIM_FLASH_KEPT);
    return n;
}

static void mount(void) {
    assert_int_equal(stk_log_mount(&the_log, &config), STK_OK);
}

/// Damage ///

/* A cell for each that was hit. */
static uint8_t hit[CELLS_MAX];

static void flip(uint32_t block, uint32_t bit) {
    hit[block * cells_of(&flash.config.geometry) + bit / (8 * STK_LOG_CELL_BYTES)] = 1;
    stk_sim_flash_flip(&flash, block, bit);
}

/* Fills so much that the oldest blocks were erased, and some of the newest is blank. */
static void fill(const struct stk_flash_geometry *g) {
    uint32_t cells = cells_of(g);
    format_at(g, 1000);
    append_all((cells - 1) * (g->blocks + 2) + cells / 2);
    assert_int_equal(stk_log_sync(&the_log), STK_OK);
    memset(hit, 0, sizeof hit);
}

/* Returns the seed of a block's checksums, computed as SPEC.md says. */
static uint32_t seed_of(uint32_t block) {
    const uint8_t *header = stk_sim_flash_data(&flash, block);
    uint8_t bytes[12];
    memcpy(bytes, header + 8, 8);      /* id, lap */
    memcpy(bytes + 8, header + 40, 4); /* format number */
    return stk_crc32c(0, bytes, sizeof bytes);
}

/* Places and sequences of the records, found as SPEC.md describes. find_places fills them and returns their number. */
static uint32_t places[CELLS_MAX], sequences[CELLS_MAX];

static uint32_t find_places(void) {
    uint32_t n = 0, cells = cells_of(&flash.config.geometry);
    for (uint32_t i = 0; i < cells * flash.config.geometry.blocks; i++) {
        const uint8_t *cell = stk_sim_flash_data(&flash, i / cells) + i % cells * STK_LOG_CELL_BYTES;
        if (i % cells != 0 && stk_get32(cell + 60) == stk_crc32c(seed_of(i / cells), cell, 60)) {
            places[n] = i;
            sequences[n++] = stk_get32(cell + SEQUENCE);
        }
    }
    return n;
}

static uint8_t seen[CELLS_MAX];

/* Every record whose cell was not hit is returned, no other is, and the walk counts those between that are missing. */
static void assert_others_survive(uint32_t records) {
    struct stk_log_record r;
    uint32_t missing = 0, first = 0, last = 0, returned = 0;
    int got;
    memset(seen, 0, sizeof seen);
    start_walk();
    while ((got = stk_log_next(&iter, &r)) == 1) {
        uint32_t i = 0;
        while (i < records && sequences[i] != r.sequence) {
            i++;
        }
        assert_true(is_whole(&r) && i < records && !seen[i] && (returned == 0 || r.sequence > last));
        seen[i] = 1;
        first = returned++ == 0 ? r.sequence : first;
        last = r.sequence;
    }
    assert_int_equal(got, 0);
    for (uint32_t i = 0; i < records; i++) {
        assert_int_equal(seen[i], !hit[places[i]]);
        missing += !seen[i] && sequences[i] > first && sequences[i] < last;
    }
    assert_true(iter.corrupt == missing && iter.records == returned);
}

static void flipped_bits_cost_their_records_only(void **state) {
    (void)state;
    for (uint32_t i = 0; i < SHAPES * 40u; i++) {
        const struct stk_flash_geometry *g = &shapes[i % SHAPES];
        fill(g);
        uint32_t records = find_places(), flips = 1 + random_below(24);
        while (flips-- != 0) {
            uint32_t cell = 1 + random_below(cells_of(g) - 1);
            flip(random_below(g->blocks), cell * 512 + random_below(512));
        }
        assert_others_survive(records);
        mount();
        assert_others_survive(records);
    }
}

/* Damages the header of every block, one block after the other, alone and together with the header of the next
 * block. */
static void damaged_headers_cost_nothing(void **state) {
    (void)state;
    for (uint32_t i = 0; i < SHAPES; i++) {
        for (uint32_t n = 0; n < 2 * shapes[i].blocks; n++) {
            fill(&shapes[i]);
            uint32_t records = find_places();
            for (uint32_t k = 0; k <= n / shapes[i].blocks; k++) {
                flip((n + k) % shapes[i].blocks, random_below(512));
            }
            assert_others_survive(records);
            mount();
            assert_others_survive(records);
            append_all(3);
            assert_int_equal(stk_log_sync(&the_log), STK_OK);
            mount();
            assert_true(the_log.sequence > sequences[0]);
        }
    }
}

/* Tests a cell that cannot be read, among the cells of one read of the walk. */
static void unreadable_cells_cost_their_records_only(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 4 * 20u; i++) {
        const struct stk_flash_geometry *g = &shapes[i % 4];
        fill(g);
        uint32_t records = find_places(), place = places[random_below(records)];
        hit[place] = 1;
        stk_sim_flash_spoil(&flash, place / cells_of(g), place % cells_of(g) * STK_LOG_CELL_BYTES);
        assert_others_survive(records);
        mount();
        assert_others_survive(records);
    }
}

/// Bad blocks ///

/* Fewest records that must be there when `bad` blocks fail: those of the blocks that never do, but for the one in use,
 * the one ahead, and what a sync pads. */
static uint32_t kept(const struct stk_flash_geometry *g, uint32_t bad) {
    uint32_t blocks = g->blocks - 2 - bad, page_cells = g->prog_unit > 64 ? g->prog_unit / 64 : 1;
    return bad + 2 >= g->blocks ? 1 : blocks * (cells_of(g) - 1) - page_cells;
}

static void assert_passed_over(const struct stk_flash_geometry *g, uint32_t bad) {
    append_all(3 * g->blocks * cells_of(g));
    assert_int_equal(stk_log_sync(&the_log), STK_OK);
    assert_unbroken(kept(g, bad));
    mount();
    append_all(5);
    assert_int_equal(stk_log_sync(&the_log), STK_OK);
}

static void a_program_that_fails_costs_a_block(void **state) {
    (void)state;
    for (uint32_t i = 0; i < SHAPES; i++) {
        uint32_t programs = shapes[i].blocks * shapes[i].block_bytes / (shapes[i].prog_unit > 64 ? 256 : 64);
        for (uint32_t n = 0; n < programs; n++) {
            struct stk_log_stats stats;
            format_at(&shapes[i], 0);
            flash.prog_bad = flash.counts.programs + n;
            append_all(3);
            assert_passed_over(&shapes[i], 1);
            stk_log_stats(&the_log, &stats);
            assert_true(stats.failed <= 4);
        }
    }
}

static void an_erase_that_fails_costs_a_block(void **state) {
    (void)state;
    for (uint32_t i = 0; i < SHAPES; i++) {
        for (uint32_t n = 0; n < shapes[i].blocks; n++) {
            format_at(&shapes[i], 0);
            flash.erase_bad = flash.counts.erases + n;
            assert_passed_over(&shapes[i], 1);
        }
    }
}

/* Three in a row, from every block on, that fail to program or to erase. */
static void bad_blocks_in_a_row_are_passed_over(void **state) {
    (void)state;
    for (uint32_t i = 0; i < SHAPES; i++) {
        for (uint32_t n = 0; n < 2 * shapes[i].blocks; n++) {
            format_at(&shapes[i], 0);
            append_all(n);
            for (uint32_t k = 0; k < 3; k++) {
                struct stk_sim_flash_block *b = stk_sim_flash_block(&flash, (n + k) % shapes[i].blocks);
                b->bad_prog = n >= shapes[i].blocks;
                b->bad_erase = !b->bad_prog;
            }
            assert_passed_over(&shapes[i], 3);
        }
    }
}

static void assert_newest(uint32_t sequence) {
    struct stk_log_record r = {.sequence = ~sequence};
    start_walk();
    while (stk_log_next(&iter, &r) == 1) {
        assert_true(is_whole(&r));
    }
    assert_int_equal(r.sequence, sequence);
}

/* With two good blocks left, one is in use and the other is what is erased ahead: never while it holds the newest
 * record. */
static void the_newest_record_stays_where_two_blocks_are_left(void **state) {
    (void)state;
    for (uint32_t i = 0; i < SHAPES; i++) {
        struct stk_flash_geometry g = shapes[i];
        for (g.blocks = g.prog_unit > 64 ? 4 : 3; g.blocks <= 5; g.blocks++) {
            for (uint32_t pair = 0; pair < g.blocks; pair++) {
                format_at(&g, 0);
                for (uint32_t b = 0; b < g.blocks; b++) {
                    stk_sim_flash_block(&flash, b)->bad_prog = b != pair && b != (pair + 1) % g.blocks;
                }
                for (uint32_t n = 0; n < 6 * cells_of(&g); n++) {
                    uint32_t newest = the_log.sequence;
                    append_all(1);
                    assert_int_equal(stk_log_sync(&the_log), STK_OK);
                    for (uint32_t polls = 0; polls < 3; polls++) {
                        assert_newest(newest);
                        if (n % 11 == polls) {
                            mount();
                        }
                        assert_true(stk_log_poll(&the_log) >= 0);
                    }
                }
            }
        }
    }
}

/* The medium refuses everything, for a while: an error, nothing is lost, and the log goes on afterwards. */
static void a_dead_medium_costs_nothing(void **state) {
    (void)state;
    for (uint32_t i = 0; i < SHAPES * 20u; i++) {
        const struct stk_flash_geometry *g = &shapes[i % SHAPES];
        uint32_t n, failed = 0;
        format_at(g, 0);
        append_all(g->blocks * cells_of(g) + i);
        assert_int_equal(stk_log_sync(&the_log), STK_OK);
        n = assert_unbroken(1);
        dead = 1;
        for (uint32_t k = 0; k < 8; k++) {
            failed += append() == STK_E_IO;
        }
        assert_true(failed != 0 && stk_log_poll(&the_log) == STK_E_IO);
        mount();
        assert_int_equal(assert_unbroken(n), n);
        dead = 0;
        append_all(4);
        assert_int_equal(stk_log_sync(&the_log), STK_OK);
        mount();
        assert_true(the_log.config.flash.ops != NULL);
    }
}

/* Records that an append could not program stay in the buffer, and the next append programs them. */
static void records_wait_for_a_medium_that_revives(void **state) {
    (void)state;
    for (uint32_t i = 0; i < SHAPES; i++) {
        struct stk_log_record r;
        uint32_t count = 0;
        format_at(&shapes[i], 0);
        append_all(10);
        dead = 1;
        while (count < 8 && append() == STK_OK) {
            count++;
        }
        dead = 0;
        append_all(5);
        assert_int_equal(stk_log_sync(&the_log), STK_OK);
        start_walk();
        for (uint32_t n = 0; n < 10 + count; n++) {
            assert_int_equal(stk_log_next(&iter, &r), 1);
            assert_true(r.sequence == n && is_whole(&r));
        }
        for (uint32_t n = 0; n < 5; n++) {
            assert_int_equal(stk_log_next(&iter, &r), 1);
            assert_true(is_whole(&r));
        }
        assert_int_equal(stk_log_next(&iter, &r), 0);
    }
}

/* A call that loses records returns an error, and the newest records of the block in use stay. */
static void when_every_block_is_bad_an_error_says_so(void **state) {
    (void)state;
    for (uint32_t i = 0; i < SHAPES; i++) {
        int err = STK_OK;
        format_at(&shapes[i], 0);
        append_all(2 * cells_of(&shapes[i]));
        assert_int_equal(stk_log_sync(&the_log), STK_OK);
        for (uint32_t b = 0; b < shapes[i].blocks; b++) {
            stk_sim_flash_block(&flash, b)->bad_prog = true;
            stk_sim_flash_block(&flash, b)->bad_erase = true;
        }
        for (uint32_t k = 0; k < cells_of(&shapes[i]) && err == STK_OK; k++) {
            err = append();
        }
        assert_int_equal(err, STK_E_IO);
        assert_int_equal(stk_log_sync(&the_log) < 0 || the_log.pending == 0, 1);
    }
}

/// Wear and work ///

static void assert_even_wear(const struct stk_flash_geometry *g) {
    uint32_t least = UINT32_MAX, most = 0;
    for (uint32_t b = 0; b < g->blocks; b++) {
        uint32_t n = stk_sim_flash_block(&flash, b)->erases;
        least = n < least ? n : least;
        most = n > most ? n : most;
    }
    assert_true(most - least <= 1);
}

static void wear_is_even(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 2 * SHAPES; i++) {
        const struct stk_flash_geometry *g = &shapes[i / 2];
        format_at(g, 0);
        for (uint32_t n = 0; n < 6 * g->blocks * cells_of(g); n++) {
            append_all(1);
            assert_true(i % 2 == 0 || stk_log_poll(&the_log) >= 0);
            assert_even_wear(g);
        }
        /* A lap erases each block once. */
        assert_true(stk_sim_flash_block(&flash, 0)->erases >= 6 && stk_sim_flash_block(&flash, 0)->erases <= 9);
    }
}

/* Makes one poll for each block of records, at any place in the block. */
static void an_append_programs_once_and_never_erases(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t worth = cells_of(&shapes[i]) - 1;
        for (uint32_t phase = 0; phase < worth; phase++) {
            format_at(&shapes[i], 0);
            for (uint32_t n = 0; n < 4 * shapes[i].blocks * worth; n++) {
                uint64_t erases, programs;
                if (n % worth == phase) {
                    assert_true(stk_log_poll(&the_log) >= 0);
                }
                erases = flash.counts.erases;
                programs = flash.counts.programs;
                append_all(1);
                assert_true(flash.counts.erases == erases && flash.counts.programs == programs + 1);
            }
        }
    }
}

/// Numbers ///

static void the_sequence_wraps(void **state) {
    (void)state;
    for (uint32_t i = 0; i < SHAPES; i++) {
        struct stk_log_record r;
        format_at(&shapes[i], (uint32_t)-10);
        append_all(20);
        assert_int_equal(stk_log_sync(&the_log), STK_OK);
        assert_int_equal(assert_unbroken(20), 20);
        mount();
        assert_int_equal(assert_unbroken(20), 20);
        for (uint32_t n = 0; n < 20; n++) {
            uint32_t sequence = (uint32_t)-10 + n;
            start_walk();
            assert_int_equal(stk_log_seek_sequence(&iter, sequence), STK_OK);
            assert_int_equal(stk_log_next(&iter, &r), 1);
            assert_int_equal(r.sequence, sequence);
        }
    }
}

static void an_epoch_is_data(void **state) {
    static const uint32_t epochs[] = {0, UINT32_MAX, 0, 1, UINT32_MAX - 1, 0x80000000u};
    (void)state;
    for (uint32_t i = 0; i < SHAPES; i++) {
        format_at(&shapes[i], 0);
        for (uint32_t n = 0; n < 6; n++) {
            struct stk_log_record r = record_of(n);
            r.epoch = epochs[n];
            assert_int_equal(stk_log_append(&the_log, &r), STK_OK);
        }
        assert_int_equal(stk_log_sync(&the_log), STK_OK);
        mount();
        start_walk();
        for (uint32_t n = 0; n < 6; n++) {
            struct stk_log_record r;
            assert_int_equal(stk_log_next(&iter, &r), 1);
            assert_int_equal(r.epoch, epochs[n]);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flipped_bits_cost_their_records_only),
        cmocka_unit_test(damaged_headers_cost_nothing),
        cmocka_unit_test(unreadable_cells_cost_their_records_only),
        cmocka_unit_test(a_program_that_fails_costs_a_block),
        cmocka_unit_test(an_erase_that_fails_costs_a_block),
        cmocka_unit_test(bad_blocks_in_a_row_are_passed_over),
        cmocka_unit_test(the_newest_record_stays_where_two_blocks_are_left),
        cmocka_unit_test(a_dead_medium_costs_nothing),
        cmocka_unit_test(records_wait_for_a_medium_that_revives),
        cmocka_unit_test(when_every_block_is_bad_an_error_says_so),
        cmocka_unit_test(wear_is_even),
        cmocka_unit_test(an_append_programs_once_and_never_erases),
        cmocka_unit_test(the_sequence_wraps),
        cmocka_unit_test(an_epoch_is_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
