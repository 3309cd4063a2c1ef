/* Executions, one event at a time. */
#include "graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static set bit(unsigned event) {
    return (set)1 << event;
}

static bool writes(const struct event *e) {
    return e->kind == INIT || e->kind == STORE || e->kind == RMW;
}

static bool reads(const struct event *e) {
    return e->kind == LOAD || e->kind == RMW;
}

static bool is_access(const struct event *e) {
    return writes(e) || reads(e);
}

static struct event *new_event(struct graph *g) {
    if (g->count == EVENTS) {
        fprintf(stderr, "weak: a program has more than %d events\n", EVENTS);
        exit(2);
    }
    return &g->events[g->count++];
}

void graph_begin(struct graph *g, unsigned device, bool at_once) {
    memset(g, 0, sizeof *g);
    g->at_once = at_once;
    g->device = device;
}

void graph_share(struct graph *g, uint32_t value, bool owned) {
    struct event *e = new_event(g);
    if (g->words == WORDS) {
        fprintf(stderr, "weak: a program shares more than %d words\n", WORDS);
        exit(2);
    }
    *e = (struct event){.kind = INIT, .thread = NOBODY, .word = g->words, .source = NOBODY, .written = value};
    g->owned |= owned ? 1u << g->words : 0u;
    g->order[g->words][0] = (uint8_t)(g->count - 1);
    g->writes[g->words++] = 1;
    for (unsigned t = 0; t < WEAK_THREADS; t++) {
        g->threads[t].past |= bit(g->count - 1u);
    }
}

/// What an event may read ///

/* Coherence: a read that something has happened after a write, or after a read of it, does not read an older one. */
unsigned graph_oldest(const struct graph *g, unsigned thread, unsigned word) {
    set past = g->threads[thread].past, seen = past;
    unsigned place = g->writes[word];
    for (unsigned i = 0; i < g->count; i++) {
        const struct event *e = &g->events[i];
        if ((past & bit(i)) != 0 && reads(e) && e->word == word) {
            seen |= bit(e->source);
        }
    }
    while (place > 0 && (seen & bit(g->order[word][place - 1u])) == 0) {
        place--;
    }
    return place > 0 ? place - 1u : 0u;
}

bool graph_is_taken(const struct graph *g, unsigned word, unsigned place) {
    return place + 1u < g->writes[word] && g->events[g->order[word][place + 1u]].kind == RMW;
}

bool graph_op_writes(const struct graph *g, const struct op *op, unsigned place) {
    return op->kind == STORE ||
           (op->kind == RMW && (!op->compares || g->events[g->order[op->word][place]].written == op->expected));
}

/// Synchronisation ///

static void join(struct view *to, const struct view *from) {
    to->host |= from->host;
    to->system |= from->system;
    to->device |= from->device;
}

static bool on_device(const struct graph *g, unsigned thread) {
    return (g->device >> thread & 1u) != 0u;
}

/* Returns the view that a release of `events` by this thread gives: the events, by the threads that it reaches. */
static struct view release(const struct graph *g, unsigned thread, unsigned scope, set events) {
    struct view said = {0, 0, 0};
    if (!on_device(g, thread)) {
        said.host = events;
    } else if (scope == WEAK_SYSTEM) {
        said.system = events;
    } else {
        said.device = events;
    }
    return said;
}

/* Returns the events of a view that an acquire by this thread takes in. */
static set acquire(const struct graph *g, unsigned thread, const struct view *said) {
    return said->host | said->system | (on_device(g, thread) ? said->device : 0u);
}

static void insert(struct graph *g, unsigned word, unsigned place, unsigned event) {
    unsigned n = g->writes[word];
    if (n == WRITES) {
        fprintf(stderr, "weak: a program has more than %d writes to one word\n", WRITES);
        exit(2);
    }
    memmove(&g->order[word][place + 1u], &g->order[word][place], n - place);
    g->order[word][place] = (uint8_t)event;
    g->writes[word]++;
}

static bool says_no_more(const struct view *said, const struct view *than) {
    return ((said->host & ~than->host) | (said->system & ~than->system) | (said->device & ~than->device)) == 0u;
}

/* Returns true if the thread of a read has acquired by this read already: by the read itself, or by a fence behind it.
 * Then a release that reaches the read only now comes too late, and the execution is built in another order. */
static bool has_acquired(const struct graph *g, const struct event *read, unsigned number) {
    const struct thread *t = &g->threads[read->thread];
    bool acquired = (read->order & WEAK_ACQUIRE) != 0u;
    for (unsigned i = 0; i < t->count; i++) {
        const struct event *e = &g->events[t->events[i]];
        acquired |= t->events[i] > number && e->kind == FENCE && (e->order & WEAK_ACQUIRE) != 0u;
    }
    return acquired;
}

/* For a model in which all threads see a store at the same time. Walks over the stores to one word in their order.
 * Whoever acquires from a store also acquires the releases of all earlier stores of the walk, so each store gets the
 * releases of the store before. */
static void hand_on(struct graph *g, const struct event *e, unsigned place) {
    for (unsigned p = place; p < g->writes[e->word]; p++) {
        struct event *later = &g->events[g->order[e->word][p]];
        const struct view *said = &g->events[g->order[e->word][p - 1u]].released;
        if (says_no_more(said, &later->released)) {
            continue;
        }
        join(&later->released, said);
        for (unsigned i = 0; i < g->count; i++) {
            const struct event *r = &g->events[i];
            if (reads(r) && r->source == g->order[e->word][p]) {
                g->too_late = g->too_late || has_acquired(g, r, i);
                join(&g->threads[r->thread].heard, said);
            }
        }
    }
}

/* Returns true if two accesses to one word are a data race. All three must hold: at least one access writes; neither
 * access happens before the other; and an access is plain (not atomic), or the word is one that only one thread at a
 * time may use (weak_share_owned). */
static bool races(const struct graph *g, const struct event *e, const struct event *with, unsigned number) {
    return is_access(with) && with->word == e->word && (writes(e) || writes(with)) &&
           (((e->order | with->order) & WEAK_PLAIN) != 0u || (g->owned >> e->word & 1u) != 0u) &&
           (e->before & bit(number)) == 0;
}

static void add_access(struct graph *g, struct thread *t, struct event *e, unsigned number, unsigned place) {
    const struct op *op = &t->next;
    bool stores = graph_op_writes(g, op, place);
    e->kind = (uint8_t)(op->kind == RMW && !stores ? LOAD : op->kind);
    e->order = (uint8_t)(op->kind == RMW && !stores ? op->failure : op->order);
    if (reads(e)) {
        const struct event *source = &g->events[g->order[op->word][place]];
        e->source = g->order[op->word][place];
        e->read = source->written;
        if ((e->order & WEAK_ACQUIRE) != 0u) {
            e->before |= acquire(g, e->thread, &source->released);
        } else if (e->order != WEAK_PLAIN) {
            join(&t->heard, &source->released);
        }
        if (e->kind == RMW) {
            e->released = source->released; /* the release sequence goes on */
        }
    }
    if (stores) {
        e->written = op->kind == RMW && !op->compares ? e->read + op->value : op->value;
        if ((e->order & WEAK_RELEASE) != 0u) {
            struct view said = release(g, e->thread, e->scope, e->before | bit(number));
            join(&e->released, &said);
        } else if (e->order != WEAK_PLAIN) {
            join(&e->released, &t->released);
        }
        insert(g, op->word, place + 1u, number);
        if (g->at_once) {
            hand_on(g, e, place + 1u);
        }
    }
    for (unsigned i = 0; i < number; i++) {
        g->raced = g->raced || races(g, e, &g->events[i], i);
    }
}

static void add_fence(const struct graph *g, struct thread *t, struct event *e, unsigned number) {
    if ((e->order & WEAK_ACQUIRE) != 0u) {
        e->before |= acquire(g, e->thread, &t->heard);
    }
    if ((e->order & WEAK_RELEASE) != 0u) {
        struct view said = release(g, e->thread, e->scope, e->before | bit(number));
        join(&t->released, &said);
    }
}

/* Returns how many events of this kind, ARRIVE or LEAVE, the thread has. */
static unsigned barriers_of(const struct graph *g, unsigned thread, enum kind kind) {
    const struct thread *t = &g->threads[thread];
    unsigned n = 0;
    for (unsigned i = 0; i < t->count; i++) {
        n += g->events[t->events[i]].kind == (unsigned)kind;
    }
    return n;
}

bool graph_may_leave(const struct graph *g, unsigned thread) {
    unsigned turn = barriers_of(g, thread, LEAVE) + 1u;
    for (unsigned t = 0; t < WEAK_THREADS; t++) {
        if ((g->threads[thread].next.group >> t & 1u) != 0u && barriers_of(g, t, ARRIVE) < turn) {
            return false;
        }
    }
    return true;
}

/* Orders the end of a barrier: all events of each thread of the group before its ARRIVE happen before this LEAVE. */
static void add_leave(const struct graph *g, const struct thread *self, struct event *e) {
    unsigned turn = barriers_of(g, e->thread, LEAVE);
    for (unsigned t = 0; t < WEAK_THREADS; t++) {
        unsigned n = 0;
        for (unsigned i = 0; (self->next.group >> t & 1u) != 0u && i < g->threads[t].count; i++) {
            unsigned at = g->threads[t].events[i];
            if (g->events[at].kind == ARRIVE && n++ == turn) {
                e->before |= g->events[at].before | bit(at);
            }
        }
    }
}

void graph_add(struct graph *g, unsigned thread, unsigned place) {
    struct thread *t = &g->threads[thread];
    unsigned number = g->count;
    struct event *e = new_event(g);
    *e = (struct event){.kind = (uint8_t)t->next.kind,
                        .order = (uint8_t)t->next.order,
                        .scope = (uint8_t)t->next.scope,
                        .thread = (uint8_t)thread,
                        .word = t->next.word,
                        .source = NOBODY,
                        .group = t->next.group,
                        .site = t->next.site,
                        .before = t->past};
    if (t->next.kind == FENCE) {
        add_fence(g, t, e, number);
    } else if (t->next.kind == LEAVE) {
        add_leave(g, t, e);
    } else if (t->next.kind != ARRIVE) {
        add_access(g, t, e, number, place);
    }
    t->past |= e->before | bit(number);
    t->events[t->count++] = (uint8_t)number;
    t->state = UNKNOWN;
}

/// Sequential consistency ///

static void close(set relation[EVENTS], unsigned n) {
    for (unsigned k = 0; k < n; k++) {
        for (unsigned i = 0; i < n; i++) {
            relation[i] |= (relation[i] & bit(k)) != 0 ? relation[k] : 0u;
        }
    }
}

static set then(const set relation[EVENTS], set from, unsigned n) {
    set to = 0;
    for (unsigned i = 0; i < n; i++) {
        to |= (from & bit(i)) != 0 ? relation[i] : 0u;
    }
    return to;
}

static unsigned place_of(const struct graph *g, unsigned event) {
    const struct event *e = &g->events[event];
    unsigned place = 0;
    while (g->order[e->word][place] != event) {
        place++;
    }
    return place;
}

/* The relations of the paper, each from an event to a set of events. */
struct relations {
    set hb[EVENTS], eco[EVENTS], scb[EVENTS];
};

/* Adds the relations between two accesses of one word: modification order, from-read and reads-from. */
static void relate_accesses(const struct graph *g, struct relations *r, unsigned a, unsigned b) {
    const struct event *x = &g->events[a], *y = &g->events[b];
    if (a == b || !is_access(x) || !is_access(y) || x->word != y->word) {
        return;
    }
    if (writes(y) && place_of(g, writes(x) ? a : x->source) < place_of(g, b)) {
        r->scb[a] |= bit(b);
        r->eco[a] |= bit(b);
    }
    if (reads(y) && y->source == a) {
        r->eco[a] |= bit(b);
    }
}

static void relate(const struct graph *g, struct relations *r) {
    memset(r, 0, sizeof *r);
    for (unsigned a = 0; a < g->count; a++) {
        for (unsigned b = 0; b < g->count; b++) {
            const struct event *x = &g->events[a], *y = &g->events[b];
            bool hb = (y->before & bit(a)) != 0, same = is_access(x) && is_access(y) && x->word == y->word;
            r->hb[a] |= hb ? bit(b) : 0u;
            r->scb[a] |= hb && (x->thread == y->thread || same) ? bit(b) : 0u;
            relate_accesses(g, r, a, b);
        }
    }
    /* program order, happens-before, program order; where the outer steps go to another word */
    for (unsigned a = 0; a < g->count; a++) {
        set other = 0;
        for (unsigned b = 0; b < g->count; b++) {
            const struct event *x = &g->events[a], *y = &g->events[b];
            bool same = is_access(x) && is_access(y) && x->word == y->word;
            other |= (y->before & bit(a)) != 0 && x->thread == y->thread && !same ? bit(b) : 0u;
        }
        other = then(r->hb, other, g->count);
        for (unsigned b = 0; b < g->count; b++) {
            for (unsigned c = 0; c < b; c++) {
                const struct event *y = &g->events[c], *z = &g->events[b];
                bool same = is_access(y) && is_access(z) && y->word == z->word;
                bool ordered = (other & bit(c)) != 0 && (z->before & bit(c)) != 0;
                r->scb[a] |= ordered && y->thread == z->thread && !same ? bit(b) : 0u;
            }
        }
    }
    close(r->eco, g->count);
}

bool graph_is_consistent(const struct graph *g) {
    static struct relations r;
    set psc[EVENTS] = {0}, strong = 0, fences = 0, any = 0;
    for (unsigned i = 0; i < g->count; i++) {
        if ((g->events[i].order & WEAK_SEQ_CST) == WEAK_SEQ_CST) {
            strong |= bit(i);
            fences |= g->events[i].kind == FENCE ? bit(i) : 0u;
        }
    }
    if ((strong & (strong - 1u)) == 0) {
        return true;
    }
    relate(g, &r);
    for (unsigned i = 0; i < g->count; i++) {
        set from, to, past_fences;
        if ((strong & bit(i)) == 0) {
            continue;
        }
        from = bit(i) | ((fences & bit(i)) != 0 ? r.hb[i] : 0u);
        to = then(r.scb, from, g->count);
        past_fences = (to | then(r.hb, to, g->count)) & fences;
        psc[i] = (to & strong) | past_fences;
        if ((fences & bit(i)) != 0) {
            set far = then(r.hb, then(r.eco, r.hb[i], g->count), g->count);
            psc[i] |= (r.hb[i] | far) & fences;
        }
    }
    close(psc, g->count);
    for (unsigned i = 0; i < g->count; i++) {
        any |= psc[i] & bit(i);
    }
    return any == 0;
}

/// Printing ///

void graph_print(const struct graph *g) {
    static const char *const kinds[] = {"first", "load", "store", "rmw", "fence", "arrive", "leave"};
    static const char *const orders[] = {"relaxed", "acquire", "release", "acq_rel", "?", "?", "?", "seq_cst", "plain"};
    for (unsigned i = 0; i < g->count; i++) {
        const struct event *e = &g->events[i];
        const char *file = e->site.file ? strrchr(e->site.file, '/') : NULL;
        if (e->thread == NOBODY) {
            printf("  %2u:           word %u = %u\n", i, e->word, e->written);
            continue;
        }
        printf("  %2u: thread %u  %-5s %s", i, e->thread, kinds[e->kind], orders[e->order]);
        if (is_access(e)) {
            printf(", word %u", e->word);
        }
        if (reads(e)) {
            printf(", reads %u from %u", e->read, e->source);
        }
        if (writes(e)) {
            printf(", writes %u", e->written);
        }
        printf("  %s:%d %s\n",
               file           ? file + 1
               : e->site.file ? e->site.file
                              : "",
               e->site.line, e->site.call ? e->site.call : "");
    }
}

/// Equal executions ///

static void mix(struct key *k, uint64_t v) {
    k->a = (k->a ^ v) * 0x9E3779B97F4A7C15u;
    k->a ^= k->a >> 29;
    k->b = (k->b + v + 0x632BE59BD9B4E019u) * 0xD6E8FEB86659FD93u;
    k->b ^= k->b >> 32;
}

/* Names an event by its thread and its number there. */
static uint64_t name_of(const struct graph *g, unsigned event) {
    const struct event *e = &g->events[event];
    unsigned at = 0;
    if (e->thread == NOBODY) {
        return event;
    }
    while (g->threads[e->thread].events[at] != event) {
        at++;
    }
    return 0x100u + e->thread * 0x100u + at;
}

struct key graph_key(const struct graph *g) {
    struct key k = {1, 2};
    for (unsigned t = 0; t < WEAK_THREADS; t++) {
        mix(&k, 0xAAAA0000u + g->threads[t].count);
        for (unsigned i = 0; i < g->threads[t].count; i++) {
            const struct event *e = &g->events[g->threads[t].events[i]];
            if (reads(e)) {
                mix(&k, name_of(g, e->source));
            }
        }
    }
    for (unsigned w = 0; w < g->words; w++) {
        mix(&k, 0xBBBB0000u + w);
        for (unsigned i = 1; i < g->writes[w]; i++) {
            mix(&k, name_of(g, g->order[w][i]));
        }
    }
    return k;
}
