/* Walks over the records of a replay log, forwards or backwards, over all of them or over a range. */
#include <string.h>

#include "log_image.h"

#define OTHER_WRITER 8u /* set in the kind of cells that are no replay records (SPEC.md sections 6.2 and 9) */

/// Entries ///

static void take_cell(struct log_entry *e) {
    e->is_cell = (e->cell.kind & OTHER_WRITER) != 0;
    stk_log_get_record(&e->cell, &e->record);
}

int log_image_next(struct log_image *f, struct log_entry *e) {
    int got;
    e->is_cell = false;
    if (f->v1) {
        return stk_log_next(&f->iter, &e->record);
    }
    got = stk_log_next_cell(&f->iter, &e->cell);
    if (got == 1) {
        take_cell(e);
    }
    return got;
}

int log_image_prev(struct log_image *f, struct log_entry *e) {
    int got = stk_log_prev_cell(&f->iter, &e->cell);
    if (got == 1) {
        take_cell(e);
    }
    return got;
}

/// Ranges ///

/* Returns true if the entry is in the range. A cell has no time stamp, so a range of times leaves it out. */
static bool is_wanted(const struct log_range *r, const struct log_entry *e) {
    if ((r->has_since || r->has_until) && e->is_cell) {
        return false;
    }
    return (!r->has_boot || e->record.boot == (uint64_t)r->boot) &&
           (!r->has_since || e->record.timestamp_ns >= r->since) &&
           (!r->has_until || e->record.timestamp_ns <= r->until);
}

/* Makes a boot that is counted from the last one a number as records have it. 0 or an error of the walk. */
static int resolve_boot(struct log_image *f, struct log_range *r) {
    struct log_entry last;
    int got = stk_log_seek_end(&f->iter);
    got = got < 0 ? got : log_image_prev(f, &last);
    r->boot += got == 1 ? (int64_t)last.record.boot : 0;
    return got < 0 ? got : STK_OK;
}

/* Places the walk before the first entry that may be wanted, or behind the last one. 0 or an error. */
static int begin(struct log_image *f, const struct log_range *r) {
    uint32_t boot = (uint32_t)r->boot;
    if (f->v1) {
        return STK_OK; /* the walk stands at the begin, and is made once only */
    }
    if (r->reverse) {
        return stk_log_seek_end(&f->iter);
    }
    if (r->has_boot) {
        return r->has_since ? stk_log_seek_boot_time(&f->iter, boot, r->since) : stk_log_seek_boot(&f->iter, boot);
    }
    return stk_log_iterate(&f->log, &f->iter, f->reads, LOG_IMAGE_READ_BYTES);
}

/* Returns true if no entry behind this one is wanted: the walk has passed the boot that was asked for. */
static bool is_past(const struct log_range *r, const struct log_entry *e) {
    int64_t behind = (int64_t)e->record.boot - r->boot;
    return r->has_boot && (r->reverse ? behind < 0 : behind > 0);
}

struct walk {
    struct log_image *f;
    const struct log_range *range;
    void (*each)(void *ctx, const struct log_entry *entry);
    void *ctx;
    struct log_counts *counts;
    uint32_t skip, most; /* wanted entries to pass over first, and to take then */
};

/* Walks on from the place that `begin` chose. Returns 0, or the error that ended the walk. */
static int walk_on(struct walk *w) {
    struct log_entry e;
    struct log_counts *c = w->counts;
    int got = 0;
    while (c->records < w->most &&
           (got = w->range->reverse ? log_image_prev(w->f, &e) : log_image_next(w->f, &e)) == 1 &&
           !is_past(w->range, &e)) {
        if (!is_wanted(w->range, &e) || w->skip != 0) {
            w->skip -= is_wanted(w->range, &e) ? 1u : 0u;
            continue;
        }
        c->first = c->records == 0 ? e.record.sequence : c->first;
        c->last = e.record.sequence;
        c->records++;
        if (w->each) {
            w->each(w->ctx, &e);
        }
    }
    return got < 0 ? got : STK_OK;
}

/* Places a walk forwards before the newest `lines` entries of the range. A range that is not all of the log is walked
 * once before, to see how many there are. 0 or an error. */
static int begin_last(struct walk *w) {
    const struct log_range *r = w->range;
    struct log_counts counts = {0};
    struct walk all = {w->f, r, NULL, NULL, &counts, 0, UINT32_MAX};
    int err;
    if (!w->f->v1 && !r->has_boot && !r->has_since && !r->has_until) {
        return stk_log_seek_last(&w->f->iter, r->lines);
    }
    err = begin(w->f, r);
    err = err < 0 ? err : walk_on(&all);
    w->skip = counts.records > r->lines ? counts.records - r->lines : 0u;
    if (w->f->v1) { /* a damaged record, which ended the walk, will end the next one too */
        return stk_vrrl_iterate(&w->f->vrrl, &w->f->iter, w->f->reads, LOG_IMAGE_READ_BYTES);
    }
    return err < 0 ? err : begin(w->f, r);
}

/* A walk backwards counts no damage: walks the same way forwards, whose counters say what is missing in between. */
static int count_damage(struct log_image *f, const struct log_counts *counts) {
    struct log_entry e = {.record = {.sequence = counts->first - 1u}};
    int got = stk_log_seek_sequence(&f->iter, counts->last);
    while (got >= 0 && e.record.sequence != counts->first && (got = log_image_next(f, &e)) == 1) {
    }
    return got < 0 ? got : STK_OK;
}

/// Reports ///

/* Prints at which record or block the walk ended, and why. */
static void say_why(const struct log_image *f, int err) {
    struct stk_error_info info = {0, 0, 0};
    if (f->v1) {
        stk_vrrl_where(&f->iter, &info);
    }
    if (err == STK_E_CORRUPT) {
        cli_note("%s: record %u: magic 0x%08llX: the records after it are not shown", f->name, (unsigned)info.index,
                 (unsigned long long)info.value);
    } else if (f->v1) {
        cli_note("%s: record %u: %s: %s", f->name, (unsigned)info.index, stk_err_name(err), cli_fix(err));
    } else {
        cli_note("%s: block %u: %s: %s", f->name, f->iter.block, stk_err_name(err), cli_fix(err));
    }
}

/* Fills the counts in, and prints what could not be read. Returns the exit code. */
static int finish(struct log_image *f, struct log_counts *counts, int err) {
    counts->corrupt = f->iter.corrupt;
    counts->torn = f->iter.torn;
    counts->unreadable = f->v1 ? 0u : f->iter.unreadable;
    if (err < 0) {
        counts->corrupt++;
        say_why(f, err);
    }
    if (counts->unreadable) {
        cli_note("%s: the room of %u record%s could not be read (%s): its records are not shown", f->name,
                 counts->unreadable, cli_s(counts->unreadable),
                 f->read_error ? strerror(f->read_error) : "the file is too short");
    }
    return counts->corrupt || counts->unreadable ? CLI_FAULT : CLI_OK;
}

int log_image_check_range(const struct log_image *f, const struct log_range *range) {
    return f->v1 && (range->reverse || range->has_boot)
               ? cli_bad(
                     "%s: is a v1 log, which has no boots and is read forwards only: leave --boot and --reverse away",
                     f->name)
               : 0;
}

int log_image_walk(struct log_image *f, const struct log_range *range,
                   void (*each)(void *ctx, const struct log_entry *entry), void *ctx, struct log_counts *counts) {
    struct log_range r = *range;
    struct walk w = {f, &r, each, ctx, counts, 0, r.has_lines && r.reverse ? r.lines : UINT32_MAX};
    int err = STK_OK;
    memset(counts, 0, sizeof *counts);
    if (r.has_boot && r.boot <= 0) {
        err = resolve_boot(f, &r);
    }
    if (err == STK_OK) {
        err = r.has_lines && !r.reverse ? begin_last(&w) : begin(f, &r);
    }
    err = err < 0 ? err : walk_on(&w);
    if (err == STK_OK && r.reverse && counts->records != 0) {
        err = count_damage(f, counts);
    }
    return finish(f, counts, err);
}
