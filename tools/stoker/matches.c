/* The list of the first matches of a scan. Devices find matches in any order, so the list is kept longer than the
 * number that is asked for, and is cut when it is full. */
#include "matches.h"

#include <stdlib.h>
#include <string.h>

int matches_init(struct matches *m, uint64_t wanted) {
    memset(m, 0, sizeof *m);
    m->wanted = (size_t)wanted;
    return 0;
}

void matches_free(struct matches *m) {
    free(m->items);
    memset(m, 0, sizeof *m);
}

int matches_open(const struct matches *m) {
    return m->wanted != 0 && !m->closed;
}

/* Orders matches by their place, then by the number of their pattern, as they are printed. */
static int compare(const void *a, const void *b) {
    const struct match *x = a, *y = b;
    if (x->start != y->start) {
        return x->start < y->start ? -1 : 1;
    }
    return x->pattern < y->pattern ? -1 : x->pattern > y->pattern;
}

/* Sorts the file's matches and drops those past the wanted number. */
static void trim(struct matches *m) {
    if (m->count > m->file_start) {
        qsort(m->items + m->file_start, m->count - m->file_start, sizeof *m->items, compare);
    }
    m->count = m->count < m->wanted ? m->count : m->wanted;
}

/* Adds a match. The list is cut to the wanted number when it is full, and grows only if that does not help. */
static int push(struct matches *m, struct match match) {
    if (m->count == m->room && m->count / 2u >= m->wanted) {
        trim(m); /* frees half of the room or more, so the list never holds more than twice the wanted number */
    }
    if (m->count == m->room) {
        size_t room = m->room ? m->room * 2u : 1024u;
        struct match *items = realloc(m->items, room * sizeof *items);
        if (!items) {
            return cli_bad("no memory for %zu matches: use a smaller --offsets", room);
        }
        m->items = items;
        m->room = room;
    }
    m->items[m->count++] = match;
    return 0;
}

int matches_add(struct matches *m, const struct patterns *p, uint32_t file, uint64_t end, uint32_t state) {
    struct stk_match_cursor cursor = {0};
    uint32_t pattern;
    int err = 0;
    while (err == 0 && stk_automaton_next(&p->automaton, state, &cursor, &pattern)) {
        uint32_t length = p->items[pattern].len;
        err = push(m, (struct match){.start = end - length, .file = file, .pattern = pattern, .length = length});
    }
    return err;
}

void matches_settle(struct matches *m, uint64_t seen, uint32_t max_len) {
    if (!matches_open(m) || m->count < m->wanted) {
        return;
    }
    trim(m);
    /* A match that is still to come starts max_len before what was looked at, or later. */
    if (m->count > m->file_start && m->items[m->count - 1u].start + max_len <= seen) {
        m->closed = 1;
    }
}

void matches_restart(struct matches *m, size_t wanted) {
    m->wanted = wanted;
    m->count = m->file_start = 0;
    m->closed = wanted == 0u;
}

size_t matches_room(const struct matches *m) {
    return m->wanted > m->file_start ? m->wanted - m->file_start : 0u;
}

int matches_full_before(const struct matches *m, uint64_t from, uint32_t max_len) {
    return m->count >= m->wanted && m->count > m->file_start && m->items[m->count - 1u].start + max_len <= from;
}

int matches_merge(struct matches *m, const struct matches *part) {
    int bad = 0;
    for (size_t i = 0; bad == 0 && i < part->count; i++) {
        bad = push(m, part->items[i]);
    }
    if (part->count != 0u && m->count >= m->wanted) {
        trim(m);
    }
    return bad;
}

void matches_end_file(struct matches *m, int keep) {
    if (keep) {
        trim(m);
        m->file_start = m->count;
    } else {
        m->count = m->file_start;
    }
    m->closed = m->count >= m->wanted;
}
