/* Records of task slots: each move of a task, and the sums over a task queue. */
#include "cases.h"

#include "stoker/parity/task.h"

#include <stdlib.h>
#include <string.h>

/* Stores the 16 words of a list as a task slot at `at`. Returns false when there are not 16. */
static bool store_words(struct vec *v, const char *key, uint8_t *at) {
    uint32_t *n;
    bool whole = vec_numbers(v, key, ",", 1, &n) == STK_SLOT_WORDS;
    for (size_t i = 0; whole && i < STK_SLOT_BYTES; i++) {
        at[i] = (uint8_t)(n[i / 4] >> (8 * (i % 4)));
    }
    free(n);
    if (!whole) {
        vec_differ(v, key, "16 words", vec_need(v, key));
    }
    return whole;
}

static const char *const actions[] = {"pause", "resume", "yield", "requeue", "complete", "fault"};
enum {
    PAUSE,
    RESUME,
    YIELD,
    REQUEUE,
    COMPLETE,
    FAULT,
    ACTIONS
};

/* Makes the move of the record. Every row has every field, whether the move has a use for it or not. */
static int act(struct vec *v, struct stk_task_queue *queue, unsigned action) {
    uint32_t pc = vec_u32(v, "pc"), data = vec_u32(v, "data"), epoch = vec_u32(v, "epoch");
    uint32_t priority = vec_u32(v, "priority");
    switch (action) {
    case PAUSE:
        return stk_task_pause(queue, 0, pc, data, epoch);
    case RESUME:
        return stk_task_resume(queue, 0);
    case YIELD:
        return stk_task_yield(queue, 0, pc, data);
    case REQUEUE:
        return stk_task_requeue(queue, 0, pc, data, priority);
    case COMPLETE:
        return stk_task_complete(queue, 0);
    default:
        return stk_task_fault(queue, 0, data);
    }
}

/* For a record "task": makes one move of a task, and compares all words of the task. */
static void do_task(struct vec *v, struct world *w) {
    struct stk_task_queue queue;
    uint8_t want[STK_SLOT_BYTES];
    struct bytes *b = &w->ring;
    unsigned action = vec_one_of(v, "action", actions, ACTIONS);
    bytes_zero(b, STK_SLOT_BYTES);
    if (action == ACTIONS || !store_words(v, "before", b->p) || stk_task_queue_view(&queue, b->p, b->len) != STK_OK) {
        return;
    }
    memcpy(want, b->p, sizeof want);
    vec_expect_u64(v, "schedulable",
                   (uint64_t)stk_task_schedulable((uint32_t)want[0] | (uint32_t)want[1] << 8 | (uint32_t)want[2] << 16 |
                                                  (uint32_t)want[3] << 24));
    int err = act(v, &queue, action);
    if (vec_expect_result(v, VEC_TASK, err) && !store_words(v, "words", want)) {
        return;
    }
    for (unsigned i = 0; i < STK_SLOT_WORDS; i++) {
        if (memcmp(want + 4 * i, b->p + 4 * i, 4) != 0) {
            vec_differ_word(v, "words", i, want + 4 * i, b->p + 4 * i);
        }
    }
}

/* For a record "task_slot": adds a task slot. Slots come in order, so the queue grows by one each time. */
static void do_task_slot(struct vec *v, struct world *w) {
    size_t len = w->ring.len;
    uint8_t *grown = vec_alloc(len + STK_SLOT_BYTES);
    if (vec_u64(v, "i") * STK_SLOT_BYTES != len) {
        vec_differ(v, "i", "the next slot", vec_get(v, "i"));
    }
    if (len > 0) {
        memcpy(grown, w->ring.p, len);
    }
    (void)store_words(v, "words", grown + len);
    bytes_take(&w->ring, grown, len + STK_SLOT_BYTES);
}

/* For a record "task_snapshot": compares the sums over a task queue. */
static void do_task_snapshot(struct vec *v, struct world *w) {
    struct stk_task_snapshot s;
    struct stk_task_queue queue;
    int err = stk_task_queue_view(&queue, w->ring.p, w->ring.len);
    vec_expect_text(v, "result", err < 0 ? "err" : "ok");
    if (err < 0) {
        return;
    }
    stk_task_queue_snapshot(&queue, &s);
    vec_expect_u64(v, "ready", s.ready);
    vec_expect_u64(v, "paused", s.paused);
    vec_expect_u64(v, "yielded", s.yielded);
    vec_expect_u64(v, "requeued", s.requeued);
    vec_expect_u64(v, "running", s.running);
    vec_expect_u64(v, "faulted", s.faulted);
    vec_expect_u64(v, "total_requeues", s.total_requeues);
    vec_expect_u64(v, "max_priority_age", s.max_priority_age);
    vec_expect_u64(v, "schedulable", s.schedulable);
    vec_expect_u64(v, "continuation_pressure", s.continuation_pressure);
}

const struct handler task_handlers[] = {
    {"task", do_task},
    {"task_slot", do_task_slot},
    {"task_snapshot", do_task_snapshot},
    {NULL, NULL},
};
