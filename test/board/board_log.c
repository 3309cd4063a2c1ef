/* board_log KIND PATH check RECORDS
 * board_log KIND PATH live NAME ACKED SEED [early]
 * board_log KIND PATH expect NAME ACKED
 *
 * A log on a real medium (medium.h says which kinds). `check` formats it, appends so many records with syncs, polls and
 * mounts in between, and compares what a walk finds. `live` mounts it, checks that the records 1 to ACKED are there,
 * and appends and syncs until the power goes; a line "NAME acked N" says that a sync of the records up to N returned.
 * ACKED is `new` where the log is to be formatted first. `expect` ends where `live` begins to append. With `early` the
 * line comes before the sync, which is wrong, so that a test of power cuts can be seen to fail. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "medium.h"
#include "stoker/err.h"

#define FORMAT_ID   0x424F4152u
#define INDEXES_MAX (1u << 20)
#define BATCH_MAX   24u
#define MOUNT_EVERY 101u /* records of `check` */
#define LOST_BLOCKS 3u   /* in use, ready ahead, and the one that a mount behind a full block left */

static struct medium medium;
static struct stk_log flash_log;
static uint8_t seen[INDEXES_MAX / 8u];
static uint32_t random_state;

/* The records that a walk found: their number, and their range. */
struct found {
    uint32_t records;
    uint32_t first; /* smallest index */
    uint32_t last;  /* index of the newest record */
};

static void must(int err, const char *what, uint32_t index) {
    if (err < 0) {
        medium_fail("%s at record %u: %s", what, (unsigned)index, stk_err_name(err));
    }
}

static uint32_t draw(uint32_t below) {
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % below;
}

static int is_seen(uint32_t index) {
    return seen[index / 8u] >> index % 8u & 1u;
}

/* Walks the log: each record is whole and has a number of its own, and within a boot the indexes go up one by one. */
static struct found walk(void) {
    struct found found = {.first = UINT32_MAX};
    struct stk_log_record r, before = {.boot = 0};
    struct stk_log_iter iter;
    int more;
    memset(seen, 0, sizeof seen);
    must(stk_log_iterate(&flash_log, &iter, medium.walk, MEDIUM_BUFFER_BYTES), "walk", 0);
    while ((more = stk_log_next(&iter, &r)) == 1) {
        uint32_t index = r.args[0];
        if (!medium_is_whole(&r) || index >= INDEXES_MAX) {
            medium_fail("record %u holds what nobody wrote", (unsigned)r.sequence);
        }
        if (found.records != 0u && (int32_t)(r.sequence - before.sequence) <= 0) {
            medium_fail("number %u comes after %u", (unsigned)r.sequence, (unsigned)before.sequence);
        }
        if (r.boot == before.boot && !r.resumed && index != before.args[0] + 1u) {
            medium_fail("record %u comes after %u", (unsigned)index, (unsigned)before.args[0]);
        }
        seen[index / 8u] |= (uint8_t)(1u << index % 8u);
        found.first = index < found.first ? index : found.first;
        found.last = index;
        found.records++;
        before = r;
    }
    must(more, "walk", found.last);
    return found;
}

/* Returns how many of the newest records the log must still have: one in each block, since a mount may cost the rest of
 * a block. Older ones may be overwritten. */
static uint32_t least_kept(uint32_t acked) {
    uint32_t blocks = medium.geometry.blocks, kept = blocks > LOST_BLOCKS ? blocks - LOST_BLOCKS : 1u;
    return acked < kept ? acked : kept;
}

/* Checks that no synced record is missing, other than the oldest ones, which the log may have overwritten. */
static struct found expect(const char *name, uint32_t acked) {
    struct found found = walk();
    for (uint32_t i = found.first; i <= acked; i++) {
        if (!is_seen(i)) {
            medium_fail("%s: record %u was synced and is lost, of %u to %u", name, (unsigned)i, (unsigned)found.first,
                        (unsigned)acked);
        }
    }
    if (acked != 0u && (found.records == 0u || found.first > acked || acked - found.first + 1u < least_kept(acked))) {
        medium_fail("%s: %u records from %u on, and %u were synced", name, (unsigned)found.records,
                    (unsigned)found.first, (unsigned)acked);
    }
    printf("%s kept %u to %u, %u beyond, numbers to %u\n", name, (unsigned)found.first, (unsigned)acked,
           (unsigned)(found.last > acked ? found.last - acked : 0u), (unsigned)flash_log.sequence);
    return found;
}

static void mount(uint32_t index) {
    memset(medium.config.buffer, 0x5A, MEDIUM_BUFFER_BYTES); /* a mount takes nothing from the buffer of before */
    must(stk_log_mount(&flash_log, &medium.config), "mount", index);
}

/* Appends `count` records from `index` on. */
static void append(uint32_t index, uint32_t count) {
    struct stk_log_record batch[BATCH_MAX];
    for (uint32_t i = 0; i < count; i++) {
        batch[i] = medium_record(index + i);
    }
    must(stk_log_append_batch(&flash_log, batch, count), "append", index);
}

/// The commands ///

static int check(uint32_t records) {
    uint32_t next = 1, mounted = 0;
    struct stk_log_stats stats;
    if (records == 0u || records >= INDEXES_MAX) {
        medium_fail("check: give 1 to %u records", INDEXES_MAX - 1u);
    }
    random_state = records;
    must(stk_log_format(&flash_log, &medium.config, FORMAT_ID, 0), "format", 0);
    while (next <= records) {
        uint32_t left = records - next + 1u, count = 1u + draw(7u);
        count = count < left ? count : left;
        append(next, count);
        next += count;
        if (draw(3u) == 0u) {
            must(stk_log_sync(&flash_log), "sync", next);
        }
        if (draw(5u) == 0u) {
            must(stk_log_poll(&flash_log), "poll", next);
        }
        if (next / MOUNT_EVERY != mounted) {
            mounted = next / MOUNT_EVERY;
            must(stk_log_sync(&flash_log), "sync", next);
            mount(next);
        }
    }
    must(stk_log_sync(&flash_log), "sync", next);
    mount(next);
    stk_log_stats(&flash_log, &stats);
    if (expect("check", records).last != records) {
        medium_fail("the newest record is not %u", (unsigned)records);
    }
    printf("blocks of %u, units of %u, rewrite %d; %u reads at the last mount\n", (unsigned)medium.geometry.block_bytes,
           (unsigned)medium.geometry.prog_unit, (int)medium.geometry.rewrite, (unsigned)stats.mount_reads);
    return 0;
}

/* Formats or mounts. Returns the number of synced records. */
static uint32_t begin(const char *name, const char *acked) {
    uint32_t count = (uint32_t)strtoul(acked, NULL, 10);
    if (strcmp(acked, "new") == 0) {
        must(stk_log_format(&flash_log, &medium.config, FORMAT_ID, 0), "format", 0);
        printf("%s formatted\n", name);
    } else {
        mount(count);
        (void)expect(name, count);
    }
    return count;
}

/* A boot goes on behind the last record that was synced for sure: those after it may fade, so none of them counts. */
static int live(const char *name, const char *acked, uint32_t seed, int early) {
    uint32_t next = begin(name, acked) + 1u;
    random_state = seed;
    while (next + BATCH_MAX < INDEXES_MAX) {
        uint32_t count = 1u + draw(BATCH_MAX);
        append(next, count);
        next += count;
        if (draw(4u) == 0u) {
            if (early) {
                printf("%s acked %u\n", name, (unsigned)(next - 1u));
            }
            must(stk_log_sync(&flash_log), "sync", next);
            if (!early) {
                printf("%s acked %u\n", name, (unsigned)(next - 1u));
            }
        }
        if (draw(8u) == 0u) {
            must(stk_log_poll(&flash_log), "poll", next);
        }
    }
    medium_fail("%s: no number is left", name);
}

int main(int argc, char **argv) {
    const char *command = argc > 4 ? argv[3] : "";
    setvbuf(stdout, NULL, _IOLBF, 0); /* one write for a line, so that lines of several processes stay whole */
    if (strcmp(command, "check") == 0 && argc == 5) {
        medium_open(&medium, argv[1], argv[2]);
        return check((uint32_t)strtoul(argv[4], NULL, 10));
    }
    if (strcmp(command, "live") == 0 && (argc == 7 || (argc == 8 && strcmp(argv[7], "early") == 0))) {
        medium_open(&medium, argv[1], argv[2]);
        return live(argv[4], argv[5], (uint32_t)strtoul(argv[6], NULL, 10), argc == 8);
    }
    if (strcmp(command, "expect") == 0 && argc == 6) {
        medium_open(&medium, argv[1], argv[2]);
        (void)begin(argv[4], argv[5]);
        return 0;
    }
    fprintf(stderr, "usage: board_log KIND PATH check RECORDS | live NAME ACKED SEED [early] | expect NAME ACKED\n");
    return 2;
}
