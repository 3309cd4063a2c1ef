/* The search through all executions.
 *
 * A state is an execution so far. Writes and fences are added as soon as a thread comes to them, since a write may take
 * any later place in its modification order whenever it is added. Where every thread is at a read, the search goes on
 * with each read of each thread from each write that it may read from. Equal executions that were built in different
 * orders are looked at once. */
#include "explore.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"

#define NOTES 16

static struct {
    const struct weak_program *program;
    const struct weak_mutation *mutation;
    void (*asked)(const struct weak_site *site, enum weak_part part);
    const uint32_t *words[WORDS];
    unsigned shared;
    struct weak_result result;
    uint32_t notes[NOTES];
    /* The thread that runs now, in the execution so far. */
    struct graph *graph;
    unsigned thread, at;
    bool setting_up, shown;
    jmp_buf out;
} run;

/// Equal executions ///

static struct {
    struct key *keys;
    size_t size, count;
} visited;

static bool is_zero(const struct key *k) {
    return k->a == 0 && k->b == 0;
}

static struct key *place_for(struct key *keys, size_t size, struct key k) {
    size_t i = k.a & (size - 1u);
    while (!is_zero(&keys[i]) && (keys[i].a != k.a || keys[i].b != k.b)) {
        i = (i + 1u) & (size - 1u);
    }
    return &keys[i];
}

static void grow(void) {
    size_t size = visited.size != 0 ? visited.size * 2u : 1024u;
    struct key *keys = calloc(size, sizeof *keys);
    if (!keys) {
        fprintf(stderr, "weak: out of memory\n");
        exit(2);
    }
    for (size_t i = 0; i < visited.size; i++) {
        if (!is_zero(&visited.keys[i])) {
            *place_for(keys, size, visited.keys[i]) = visited.keys[i];
        }
    }
    free(visited.keys);
    visited.keys = keys;
    visited.size = size;
}

/* Returns true the first time that an execution like this one comes. */
static bool is_new(const struct graph *g) {
    struct key k = graph_key(g), *place;
    if (visited.count * 2u >= visited.size) {
        grow();
    }
    place = place_for(visited.keys, visited.size, k);
    if (!is_zero(place)) {
        return false;
    }
    *place = k;
    visited.count++;
    return true;
}

/// What threads call ///

bool weak_same_site(const struct weak_site *a, const struct weak_site *b) {
    return a->line == b->line && strcmp(a->call, b->call) == 0 && strcmp(a->file, b->file) == 0;
}

static int word_of(const uint32_t *p) {
    for (unsigned i = 0; i < run.shared; i++) {
        if (run.words[i] == p) {
            return (int)i;
        }
    }
    return -1;
}

static void share(const uint32_t *words, unsigned count, bool owned) {
    for (unsigned i = 0; i < count; i++) {
        graph_share(run.graph, words[i], owned);
        run.words[run.shared++] = words + i;
    }
}

void weak_share(const void *words, unsigned count) {
    share(words, count, false);
}

void weak_share_owned(const void *words, unsigned count) {
    share(words, count, true);
}

/* Reports a part of an order to the caller of weak_explore, when the thread makes the access for the first time. */
static void tell(const struct weak_site *site, enum weak_part part) {
    if (run.asked && run.at == run.graph->threads[run.thread].count) {
        run.asked(site, part);
    }
}

/* Reports a part of an order. Returns the order, without this part if the mutation takes it away. */
static unsigned part_of(const struct weak_site *site, unsigned order, unsigned bits, enum weak_part part) {
    const struct weak_mutation *m = run.mutation;
    if ((order & bits) == 0u || order == WEAK_PLAIN || order == WEAK_SEQ_CST) {
        return order;
    }
    tell(site, part);
    return m && m->part == part && weak_same_site(m->site, site) ? order & ~bits : order;
}

static unsigned weakened(const struct weak_site *site, unsigned order) {
    order = part_of(site, order, WEAK_ACQUIRE, WEAK_PART_ACQUIRE);
    return part_of(site, order, WEAK_RELEASE, WEAK_PART_RELEASE);
}

/* Performs one access of the running thread. If the thread has made this access before in this execution, returns the
 * event of the access. Otherwise notes the access as the thread's next one and leaves the thread by longjmp. */
static const struct event *perform(const struct op *op) {
    struct thread *t = &run.graph->threads[run.thread];
    if (run.at < t->count) {
        return &run.graph->events[t->events[run.at++]];
    }
    if (run.program->patience != 0u && t->count == run.program->patience) {
        weak_stop();
    }
    t->next = *op;
    t->state = PENDING;
    longjmp(run.out, 1);
}

uint32_t weak_load(const uint32_t *word, unsigned order, const struct weak_site *site) {
    int at = word_of(word);
    struct op op = {.kind = LOAD, .word = (uint8_t)at, .site = *site};
    if (at < 0 || run.setting_up) {
        return *word;
    }
    op.order = weakened(site, order);
    return perform(&op)->read;
}

void weak_store(uint32_t *word, uint32_t value, unsigned order, const struct weak_site *site) {
    int at = word_of(word);
    struct op op = {.kind = STORE, .word = (uint8_t)at, .value = value, .site = *site};
    if (run.setting_up) {
        *word = value;
    }
    if (at >= 0 && !run.setting_up) {
        op.order = weakened(site, order);
        (void)perform(&op);
    }
}

uint32_t weak_cas(uint32_t *word, uint32_t expected, uint32_t desired, unsigned order, unsigned failure,
                  const struct weak_site *site) {
    int at = word_of(word);
    struct op op = {
        .kind = RMW, .word = (uint8_t)at, .compares = true, .expected = expected, .value = desired, .site = *site};
    if (at < 0 || run.setting_up) {
        return *word;
    }
    op.order = weakened(site, order);
    op.failure = part_of(site, failure, WEAK_ACQUIRE, WEAK_PART_FAILURE);
    return perform(&op)->read;
}

uint32_t weak_add(uint32_t *word, uint32_t value, unsigned order, const struct weak_site *site) {
    int at = word_of(word);
    struct op op = {.kind = RMW, .word = (uint8_t)at, .value = value, .site = *site};
    if (at < 0 || run.setting_up) {
        return *word;
    }
    op.order = weakened(site, order);
    return perform(&op)->read;
}

void weak_fence(unsigned order, enum weak_scope scope, const struct weak_site *site) {
    const struct weak_mutation *m = run.mutation;
    struct op op = {.kind = FENCE, .order = order, .scope = scope, .site = *site};
    tell(site, WEAK_PART_FENCE);
    if (!m || m->part != WEAK_PART_FENCE || !weak_same_site(m->site, site)) {
        (void)perform(&op);
    }
}

void weak_barrier(unsigned group) {
    struct op op = {.kind = ARRIVE, .group = group};
    (void)perform(&op);
    op.kind = LEAVE;
    (void)perform(&op);
}

void weak_outcome(bool seen) {
    run.result.outcome = run.result.outcome || seen;
}

void weak_goal(unsigned goal) {
    run.result.goals |= 1u << goal;
}

void weak_stop(void) {
    longjmp(run.out, 2);
}

void weak_note(unsigned place, uint32_t value) {
    run.notes[place] = value;
}

uint32_t weak_noted(unsigned place) {
    return run.notes[place];
}

uint32_t weak_last(const uint32_t *word) {
    int at = word_of(word);
    return at < 0 ? *word : run.graph->events[run.graph->order[at][run.graph->writes[at] - 1u]].written;
}

/// The search ///

/* Runs a thread from its start to its next access, or to its end. */
static void advance(struct graph *g, unsigned thread) {
    run.graph = g;
    run.thread = thread;
    run.at = 0;
    g->threads[thread].state = ENDED;
    if (setjmp(run.out) == 0) {
        run.program->threads[thread]();
    }
}

static bool is_over(void) {
    return run.mutation && (run.result.outcome || run.result.raced);
}

/* Prints the first execution with the outcome or a data race, in a search without a mutation. */
static void show(const struct graph *g) {
    bool bad = run.result.outcome || run.result.raced;
    if (bad && !run.shown && !run.mutation && run.asked) {
        printf("%s:\n", run.program->name);
        graph_print(g);
    }
    run.shown = run.shown || bad;
}

/* Counts an execution in which all threads have ended, or wait in vain, and makes the final check. Before the check the
 * threads run once more, so that all notes are of this execution. */
static void finish(struct graph *g) {
    run.result.executions++;
    if (!run.program->final) {
        return;
    }
    memset(run.notes, 0, sizeof run.notes);
    for (unsigned t = 0; t < WEAK_THREADS; t++) {
        if (run.program->threads[t]) {
            advance(g, t);
        }
    }
    run.graph = g;
    run.program->final();
    show(g);
}

static void explore(struct graph *g);

static void extend(const struct graph *g, unsigned thread, unsigned place) {
    struct graph next = *g;
    graph_add(&next, thread, place);
    if (next.too_late) {
        return;
    }
    run.result.raced = run.result.raced || next.raced;
    show(&next);
    if (!is_over() && graph_is_consistent(&next)) {
        explore(&next);
    }
}

/* Adds the next event of a thread that is no read, in every way. Returns false if there is no such thread. */
static bool extend_without_read(const struct graph *g) {
    for (unsigned t = 0; t < WEAK_THREADS; t++) {
        const struct op *op = &g->threads[t].next;
        if (g->threads[t].state != PENDING || op->kind == LOAD || op->kind == RMW ||
            (op->kind == LEAVE && !graph_may_leave(g, t))) {
            continue;
        }
        if (op->kind != STORE) {
            extend(g, t, 0);
            return true;
        }
        for (unsigned place = graph_oldest(g, t, op->word); place < g->writes[op->word] && !is_over(); place++) {
            if (!graph_is_taken(g, op->word, place)) {
                extend(g, t, place);
            }
        }
        return true;
    }
    return false;
}

static bool extend_with_read(const struct graph *g) {
    bool any = false;
    for (unsigned t = 0; t < WEAK_THREADS; t++) {
        const struct op *op = &g->threads[t].next;
        if (g->threads[t].state != PENDING || (op->kind != LOAD && op->kind != RMW)) {
            continue;
        }
        any = true;
        for (unsigned place = graph_oldest(g, t, op->word); place < g->writes[op->word] && !is_over(); place++) {
            if (!graph_op_writes(g, op, place) || !graph_is_taken(g, op->word, place)) {
                extend(g, t, place);
            }
        }
    }
    return any;
}

static void explore(struct graph *g) {
    for (unsigned t = 0; t < WEAK_THREADS; t++) {
        if (run.program->threads[t] && g->threads[t].state == UNKNOWN) {
            advance(g, t);
        }
    }
    show(g);
    if (is_over() || extend_without_read(g)) {
        return;
    }
    if (is_new(g) && !extend_with_read(g)) {
        finish(g);
    }
}

struct weak_result weak_explore(const struct weak_program *program, const struct weak_mutation *mutation,
                                void (*asked)(const struct weak_site *site, enum weak_part part)) {
    static struct graph first;
    memset(&run, 0, sizeof run);
    run.program = program;
    run.mutation = mutation;
    run.asked = asked;
    run.graph = &first;
    if (visited.size != 0) {
        memset(visited.keys, 0, visited.size * sizeof *visited.keys);
    }
    visited.count = 0;
    graph_begin(&first, program->device, program->at_once);
    run.setting_up = true;
    program->setup();
    run.setting_up = false;
    explore(&first);
    run.result.states = visited.count;
    return run.result;
}
