/* stoker: builds the automaton of a set of patterns (Aho-Corasick over byte classes), and turns the visits that a
 * device counts into occurrences. The scan itself is in kernels/ops/scan.h. Two tables are built: a trie in order of
 * insertion, then the image in breadth-first order with the states that end no pattern first. DESIGN.md, "Scan", has
 * the reasons.
 *
 * Names: a state is a node of the trie, that is a prefix of some pattern. A state accepts when a pattern ends there,
 * either the whole prefix or a suffix of it. */
#include "stoker/automaton.h"

#include "base/memory.h"
#include "stoker/le.h"

#define NONE UINT32_MAX /* no next state yet */

/* A filter with more keys than this would let so much text pass that the text goes faster without. */
#define FILTER_KEYS_MAX (STK_FILTER_HALF / 16u)

/* The working memory of the build. The arrays lie in the arena behind the result, and the build gives them back. */
struct build {
    struct stk_automaton *a;
    uint32_t *trie;    /* states * classes: next state, NONE where the trie has none yet */
    uint32_t *order;   /* trie states in breadth-first order */
    uint32_t *name;    /* per trie state: the number of the state in the image */
    uint32_t *fail;    /* per trie state: the state of its longest proper suffix */
    uint32_t *nearest; /* per trie state: the state of the longest pattern that the state ends with; 0: there is none */
    uint32_t shallow;  /* states of fewer than STK_FILTER_SPAN bytes */
    size_t image_mark; /* mark of the arena before the image */
    uint8_t classes[STK_IMAGE_CLASS_BYTES]; /* class of each byte value */
};

/* Returns the bytes of a table; 0: header and table would pass 2^31 bytes, the most that the format has. */
static size_t table_bytes(uint64_t states, uint32_t classes) {
    uint64_t bytes = states <= UINT32_MAX ? states * classes * 4u : UINT64_MAX;
    return bytes > UINT32_MAX / 2u - STK_IMAGE_TABLE_BYTE ? 0u : (size_t)bytes;
}

/* Returns the length of the image's table: a power of two, so that the device can mask its look-ups. Then a damaged
 * table makes no load outside of it. */
static size_t padded(size_t bytes) {
    size_t power = 4u;
    while (power < bytes) {
        power *= 2u;
    }
    return power;
}

/* Rounds up as the arena does, in 64 bits: STK_ALIGNED has a size_t, which may wrap on a CPU of 32 bits. */
static uint64_t aligned(uint64_t bytes) {
    return (bytes + (STK_ALIGN - 1u)) & ~(uint64_t)(STK_ALIGN - 1u);
}

/* Returns the bytes of arena that a build takes: the image, the trie, six arrays with a word for each state and two
 * with a word for each pattern (take_all). 0: the table does not fit the format, or the sum does not fit a size_t. */
static size_t build_bytes(uint64_t states, uint32_t classes, uint32_t count) {
    size_t table = table_bytes(states, classes);
    uint64_t all = aligned(STK_IMAGE_TABLE_BYTE + (uint64_t)padded(table)) + aligned(table) +
                   6u * aligned(states * 4u) + 2u * aligned((uint64_t)count * 4u);
    return table == 0u || all > SIZE_MAX ? 0u : (size_t)all;
}

size_t stk_automaton_bytes(uint32_t count, uint64_t total, uint32_t distinct) {
    /* The automaton has a root, and at most one state for each byte of the patterns. It has one class for each byte
     * value that occurs in the patterns, and one class for all other byte values, unless the patterns have all 256. */
    return build_bytes(total + 1u, distinct < 256u ? distinct + 1u : 256u, count);
}

/* Sets classes[v] to 1 for each byte value that occurs. Returns the number of these values. */
static uint32_t mark_used(struct build *b, const struct stk_pattern *patterns, uint32_t count) {
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < patterns[i].len; k++) {
            uint8_t *mark = &b->classes[patterns[i].bytes[k]];
            used += *mark == 0u ? 1u : 0u;
            *mark = 1;
        }
    }
    return used;
}

/* Returns the first class of the byte values that occur. Class 0 is for those that occur nowhere, where there are some.
 */
static uint32_t first_class(uint32_t used) {
    return used < 256u ? 1u : 0u;
}

/* Gives each byte value that occurs a class of its own, in their order; all others share class 0. */
static void classify_in_order(struct build *b, uint32_t used) {
    uint32_t class = first_class(used);
    for (uint32_t v = 0; v < 256u; v++) {
        b->classes[v] = b->classes[v] != 0u ? (uint8_t) class ++ : 0u;
    }
}

/* Numbers the classes so that the byte values that occur most come first. `uses`: room for one count for each byte
 * value. */
static void classify_by_use(struct build *b, const struct stk_pattern *patterns, uint32_t used, uint32_t *uses) {
    memset(uses, 0, STK_IMAGE_CLASS_BYTES * sizeof *uses);
    for (uint32_t i = 0; i < b->a->patterns; i++) {
        for (uint32_t k = 0; k < patterns[i].len; k++) {
            uses[patterns[i].bytes[k]]++;
        }
    }
    for (uint32_t v = 0; v < 256u; v++) {
        uint32_t before = 0;
        for (uint32_t other = 0; other < 256u; other++) {
            int first = uses[other] != uses[v] ? uses[other] > uses[v] : other < v;
            before += uses[other] != 0u && first ? 1u : 0u;
        }
        b->classes[v] = uses[v] != 0u ? (uint8_t)(first_class(used) + before) : 0u;
    }
}

/* Numbers the classes of the byte values. Where a row is longer than a cache line of 16 entries, the byte values that
 * occur most come first, so that most look-ups are in the first line of a row. Their uses are counted in the memory of
 * the trie, which is not begun yet. The trie of so many values has 18 states of 17 classes or more. */
static void classify(struct build *b, const struct stk_pattern *patterns, uint32_t used) {
    if (used > 16u) {
        _Static_assert(18u * 17u >= STK_IMAGE_CLASS_BYTES, "the uses of the byte values fit in the trie");
        classify_by_use(b, patterns, used, b->trie);
    } else {
        classify_in_order(b, used);
    }
}

/* Checks that there are patterns and that none is empty. Writes the sum of their lengths to *total, and the longest one
 * to the automaton. */
static int check_patterns(struct stk_automaton *a, const struct stk_pattern *patterns, uint32_t count,
                          uint64_t *total) {
    *total = 0;
    if (count == 0u || count == NONE) {
        return STK_E_PATTERN;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (patterns[i].len == 0u || !patterns[i].bytes) {
            a->info.index = i;
            return STK_E_PATTERN;
        }
        *total += patterns[i].len;
        a->max_len = patterns[i].len > a->max_len ? patterns[i].len : a->max_len;
    }
    return STK_OK;
}

/* Sets all next states of a new state to NONE. */
static void clear_row(struct build *b, uint32_t state) {
    for (uint32_t k = 0; k < b->a->classes; k++) {
        b->trie[(size_t)state * b->a->classes + k] = NONE;
    }
}

/* Inserts every pattern into the trie. ends[i] becomes the trie state of pattern i; write_kept() turns it into the
 * number of the image. */
static void insert_all(struct build *b, const struct stk_pattern *patterns) {
    struct stk_automaton *a = b->a;
    a->states = b->shallow = 1;
    clear_row(b, 0);
    b->nearest[0] = 0;
    for (uint32_t i = 0; i < a->patterns; i++) {
        uint32_t state = 0;
        for (uint32_t k = 0; k < patterns[i].len; k++) {
            uint32_t *next = &b->trie[(size_t)state * a->classes + b->classes[patterns[i].bytes[k]]];
            if (*next == NONE) {
                *next = a->states;
                b->nearest[a->states] = 0;
                b->shallow += k + 1u < STK_FILTER_SPAN ? 1u : 0u;
                clear_row(b, a->states++);
            }
            state = *next;
        }
        b->nearest[state] = state; /* the pattern itself is the longest one with which this state can end */
        a->ends[i] = state;
    }
}

/* Completes each row of the trie from the row of its longest suffix, so that every look-up has a next state. Breadth
 * first: the suffix is shorter than its state, so its row is complete before. The order is kept for number(). */
static void complete(struct build *b) {
    struct stk_automaton *a = b->a;
    uint32_t head = 0, tail = 0;
    b->order[tail++] = 0;
    b->fail[0] = 0;
    while (head < tail) {
        uint32_t state = b->order[head++];
        uint32_t *row = &b->trie[(size_t)state * a->classes];
        const uint32_t *suffix = &b->trie[(size_t)b->fail[state] * a->classes];
        for (uint32_t k = 0; k < a->classes; k++) {
            uint32_t beyond = state == 0u ? 0u : suffix[k];
            if (row[k] == NONE) {
                row[k] = beyond;
            } else {
                /* A state that ends no pattern of its own ends what its longest suffix ends. */
                uint32_t *nearest = &b->nearest[row[k]];
                *nearest = *nearest != 0u ? *nearest : b->nearest[beyond];
                b->fail[row[k]] = beyond;
                b->order[tail++] = row[k];
            }
        }
    }
}

/* Numbers the states breadth first, those that accept nothing before those that do. So one comparison with
 * first_accept tells them apart, the accepting ones index the counters without a gap, and a deeper state among them has
 * a larger number. */
static void number(struct build *b) {
    struct stk_automaton *a = b->a;
    uint32_t next = 0;
    for (int accepting = 0; accepting < 2; accepting++) {
        a->first_accept = next;
        for (uint32_t i = 0; i < a->states; i++) {
            if ((b->nearest[b->order[i]] != 0u) == accepting) {
                b->name[b->order[i]] = next++;
            }
        }
    }
}

/* Writes header, classes and table of the image (scan_words.h). An entry holds the index of the next state's row, so
 * that the device needs no multiplication, and a bit that says whether the next state accepts. */
static void write_image(struct build *b) {
    struct stk_automaton *a = b->a;
    uint32_t *table = a->image + STK_IMAGE_TABLE_BYTE / 4u;
    size_t table_length = padded((size_t)a->states * a->classes * 4u);
    a->image_bytes = STK_IMAGE_TABLE_BYTE + table_length;
    memset(a->image, 0, a->image_bytes);
    a->image[STK_IMAGE_W_TABLE] = stk_le32((uint32_t)(table_length / 4u));
    a->image[STK_IMAGE_W_MAGIC] = stk_le32(STK_IMAGE_MAGIC);
    a->image[STK_IMAGE_W_VERSION] = stk_le32(STK_IMAGE_VERSION);
    a->image[STK_IMAGE_W_STATES] = stk_le32(a->states);
    a->image[STK_IMAGE_W_CLASSES] = stk_le32(a->classes);
    a->image[STK_IMAGE_W_ACCEPT] = stk_le32(a->first_accept);
    a->image[STK_IMAGE_W_MAX_LEN] = stk_le32(a->max_len);
    memcpy(a->image + STK_IMAGE_WORDS, b->classes, STK_IMAGE_CLASS_BYTES);
    for (uint32_t s = 0; s < a->states; s++) {
        uint32_t *row = table + (size_t)b->name[s] * a->classes;
        for (uint32_t k = 0; k < a->classes; k++) {
            uint32_t next = b->trie[(size_t)s * a->classes + k];
            row[k] = stk_le32(b->name[next] * a->classes | (b->nearest[next] != 0u ? STK_IMAGE_ENDS : 0u));
        }
    }
}

/* Sets `bit` for the key of four bytes, or for all keys of three bytes with any byte behind them. Returns how many
 * bytes of the filter were 0 before. */
static uint32_t filter_set(uint8_t *half, const uint8_t *p, uint32_t len, uint32_t bit) {
    uint32_t keys = len < STK_FILTER_SPAN ? STK_FILTER_LASTS : 1u, fresh = 0;
    uint32_t four = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
    for (uint32_t last = 0; last < keys; last++) {
        uint32_t byte = len < STK_FILTER_SPAN ? last : p[3];
        uint8_t *at = &half[STK_FILTER_KEY(four | byte << 24)];
        fresh += *at == 0u ? 1u : 0u;
        *at |= (uint8_t)bit;
    }
    return fresh;
}

/* Returns 1 where a pattern ends in the first six bytes of a longer one. */
static int holds_another(const struct build *b, const struct stk_pattern *pattern) {
    const uint32_t *table = b->a->image + STK_IMAGE_TABLE_BYTE / 4u;
    uint32_t entry = 0;
    for (uint32_t k = 0; k + 1u < pattern->len && k < 6u && (entry & STK_IMAGE_ENDS) == 0u; k++) {
        entry = stk_le32(table[entry + b->classes[pattern->bytes[k]]]);
    }
    return (entry & STK_IMAGE_ENDS) != 0u;
}

/* Writes the filter behind the table. A pattern has one of seven bits in the bytes of both halves. The eighth bit is
 * in every byte of the second half, so it asks for the first four bytes alone. It is that of a pattern with too few
 * bytes for a second key, and of one that holds another: the text may have the first six bytes and no more, and then
 * the visit is of the state of these six, as without the filter. There is no filter where it does not fit, where a
 * pattern is too short for it, or where it would let too much pass. */
static void write_filter(struct build *b, const struct stk_pattern *patterns, size_t room) {
    struct stk_automaton *a = b->a;
    uint8_t *filter = (uint8_t *)a->image + a->image_bytes, *then = filter + STK_FILTER_HALF;
    uint32_t keys = 0;
    if (room < STK_FILTER_BYTES) {
        return;
    }
    memset(filter, 0, STK_FILTER_HALF);
    memset(then, 0x80, STK_FILTER_HALF);
    for (uint32_t i = 0; i < a->patterns && keys <= FILTER_KEYS_MAX; i++) {
        if (patterns[i].len < STK_FILTER_SPAN) {
            return;
        }
        int alone = holds_another(b, &patterns[i]);
        for (uint32_t at = 0; at < STK_FILTER_STEP; at++) {
            const uint8_t *p = patterns[i].bytes + at;
            uint32_t len = patterns[i].len - at, bit = len > STK_FILTER_SPAN && !alone ? 1u << i % 6u : 0x80u;
            keys += filter_set(filter, p, len, at == 0u ? bit | STK_FILTER_START : bit);
            if (len > STK_FILTER_SPAN) {
                (void)filter_set(then, p + 2, len - 2u, bit);
            }
        }
    }
    if (keys <= FILTER_KEYS_MAX) {
        a->image[STK_IMAGE_W_FILTER] = stk_le32(STK_FILTER_BYTES);
        a->image[STK_IMAGE_W_SHALLOW] = stk_le32(b->shallow);
        a->image_bytes += STK_FILTER_BYTES;
    }
}

/* Writes the links and the lists of patterns, which the host keeps. Their state numbers are those of the image.
 * Patterns that end in one state are equal, and form a list; the walk backwards puts the first one in front. */
static void write_kept(struct build *b) {
    struct stk_automaton *a = b->a;
    for (uint32_t s = 0; s < a->states; s++) {
        if (b->nearest[s] != 0u) {
            a->link[b->name[s] - a->first_accept] = b->name[b->nearest[b->fail[s]]];
        }
    }
    memset(a->first_pattern, 0, (size_t)(a->states - a->first_accept) * 4u);
    for (uint32_t i = a->patterns; i-- > 0u;) {
        uint32_t at;
        a->ends[i] = b->name[a->ends[i]];
        at = a->ends[i] - a->first_accept;
        a->next_pattern[i] = a->first_pattern[at];
        a->first_pattern[at] = i + 1u;
    }
}

/* Takes the arrays that stay, then the image, then those that are only for building: `need` bytes in all, or nothing.
 * The image lies before the arrays that are given back, so that it can grow by the filter over their memory. */
static int take_all(struct build *b, struct stk_arena *arena, size_t states, size_t need) {
    struct stk_automaton *a = b->a;
    size_t start = stk_arena_mark(arena);
    /* All of it at once first: a refusal then names what the whole needs. */
    if (!stk_arena_take(arena, need)) {
        a->info.value = arena->need;
        return STK_E_SPACE;
    }
    stk_arena_release(arena, start);
    size_t table = table_bytes(states, a->classes);
    a->link = stk_arena_take(arena, states * 4u);
    a->first_pattern = stk_arena_take(arena, states * 4u);
    a->ends = stk_arena_take(arena, (size_t)a->patterns * 4u);
    a->next_pattern = stk_arena_take(arena, (size_t)a->patterns * 4u);
    b->image_mark = stk_arena_mark(arena);
    a->image = stk_arena_take(arena, STK_IMAGE_TABLE_BYTE + padded(table));
    b->trie = stk_arena_take(arena, table);
    b->order = stk_arena_take(arena, states * 4u);
    b->name = stk_arena_take(arena, states * 4u);
    b->fail = stk_arena_take(arena, states * 4u);
    b->nearest = stk_arena_take(arena, states * 4u);
    return STK_OK;
}

int stk_automaton_build(struct stk_automaton *a, const struct stk_pattern *patterns, uint32_t count,
                        struct stk_arena *arena) {
    struct build b = {.a = a};
    size_t need;
    uint64_t total;
    uint32_t used = 0;
    int err;
    *a = (struct stk_automaton){.patterns = count};
    err = check_patterns(a, patterns, count, &total);
    if (err == STK_OK) {
        used = mark_used(&b, patterns, count);
        a->classes = first_class(used) + used;
        need = build_bytes(total + 1u, a->classes, count);
        err = need == 0u ? STK_E_OVERFLOW : STK_OK;
        if (err == STK_OK) {
            err = take_all(&b, arena, (size_t)total + 1u, need);
        }
    }
    if (err != STK_OK) {
        a->info.err = err;
        return err;
    }
    classify(&b, patterns, used);
    insert_all(&b, patterns);
    complete(&b);
    number(&b);
    write_image(&b);
    write_kept(&b);
    /* Nothing of the build is needed for the filter but the image itself, so the filter may use its memory. */
    stk_arena_release(arena, b.image_mark);
    write_filter(&b, patterns, stk_arena_left(arena) - a->image_bytes);
    /* Takes the memory in which the image lies already. This cannot fail: the memory was just given back. */
    (void)stk_arena_take(arena, a->image_bytes);
    return STK_OK;
}

void stk_automaton_occurrences(const struct stk_automaton *a, const uint64_t *visits, uint64_t *scratch,
                               uint64_t *occurrences) {
    uint32_t accepting = stk_automaton_accepting(a);
    memcpy(scratch, visits, (size_t)accepting * sizeof *scratch);
    /* The deepest states have the largest numbers. A visit of a state is also a visit of the state that its link leads
     * to. */
    for (uint32_t i = accepting; i-- > 0u;) {
        if (a->link[i] != 0u) {
            scratch[a->link[i] - a->first_accept] += scratch[i];
        }
    }
    for (uint32_t p = 0; p < a->patterns; p++) {
        occurrences[p] = scratch[a->ends[p] - a->first_accept];
    }
}

int stk_automaton_next(const struct stk_automaton *a, uint32_t accepting, struct stk_match_cursor *cursor,
                       uint32_t *pattern) {
    if (cursor->state == 0u) {
        if (accepting >= stk_automaton_accepting(a)) {
            return 0;
        }
        cursor->state = a->first_accept + accepting + 1u;
        cursor->pattern = a->first_pattern[accepting];
    }
    if (cursor->pattern == 0u) {
        /* A link leads to a state in which a pattern of that length ends, so one step finds the next pattern. */
        uint32_t shorter = a->link[cursor->state - 1u - a->first_accept];
        if (shorter == 0u) {
            return 0;
        }
        cursor->state = shorter + 1u;
        cursor->pattern = a->first_pattern[shorter - a->first_accept];
    }
    *pattern = cursor->pattern - 1u;
    cursor->pattern = a->next_pattern[*pattern];
    return 1;
}
