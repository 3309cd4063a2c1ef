/* stoker: task slots: work that can pause, yield and be requeued, and that stores where it goes on. The reference
 * implementation has this module; the workers of this library run slots of the ring and no tasks.
 *
 * The state, which is word 0 of a slot, decides who may write the other words. A party takes a task by a
 * compare-and-swap to RUNNING, changes the words, and gives the task away by storing another state with release. */
#include "stoker/parity/task.h"

#include "base/memory.h"
#include "ring/slot_words.h"

/* Index in the slot of each word that a task has and a slot of the ring has not. struct stk_task has the meanings. */
enum {
    INPUT = STK_SLOT_ARG0,
    OUTPUT,
    PARAM,
    PC,
    DATA,
    EPOCH,
    ID,
    PARENT,
    AGE,
    REQUEUES,
    YIELDS,
    FLAGS,
    WORDS
};
_Static_assert(WORDS == STK_SLOT_WORDS, "a task is a slot");
_Static_assert(sizeof(struct stk_task) == STK_SLOT_BYTES, "a task has a member per word");

/* Sets of states, with a bit for each state. A worker may claim a SCHEDULABLE task; a LIVE task is not ended yet. */
#define SET(state)  (1u << (state))
#define SCHEDULABLE (SET(STK_TASK_READY) | SET(STK_TASK_YIELDED) | SET(STK_TASK_REQUEUED))
#define LIVE        (SCHEDULABLE | SET(STK_TASK_RUNNING) | SET(STK_TASK_PAUSED))

/* A task queue has the layout of a ring, so the ring checks sizes, alignment and overlap. */
int stk_task_queue_bytes(uint32_t slots, size_t *bytes) {
    return stk_ring_bytes(slots, bytes);
}

int stk_task_queue_init(struct stk_task_queue *queue, void *mem, size_t bytes, uint32_t slots) {
    struct stk_ring ring;
    int err = stk_ring_init(&ring, mem, bytes, slots);
    if (err == STK_OK) {
        queue->words = ring.words;
        queue->slots = ring.slots;
    }
    return err;
}

int stk_task_queue_view(struct stk_task_queue *queue, void *mem, size_t bytes) {
    struct stk_ring ring;
    int err = stk_ring_view(&ring, mem, bytes);
    if (err == STK_OK) {
        queue->words = ring.words;
        queue->slots = ring.slots;
    }
    return err;
}

/* Returns the words of the task in `slot`, which the caller has checked against queue->slots. */
static uint32_t *task_at(const struct stk_task_queue *queue, uint32_t slot) {
    return STK_SLOT_AT(queue->words, slot);
}

/* Returns 1 if the state is in the set. A word that is not a state is in no set; shifting 1 by such a word would be
 * undefined. */
static int is_in(uint32_t state, uint32_t set) {
    return state <= STK_TASK_FAULTED && (SET(state) & set) != 0;
}

int stk_task_schedulable(uint32_t state) {
    return is_in(state, SCHEDULABLE);
}

int stk_task_publish(struct stk_task_queue *queue, uint32_t slot, const struct stk_task *task) {
    uint32_t from[STK_SLOT_WORDS];
    if (slot >= queue->slots) {
        return STK_E_RANGE;
    }
    if (!stk_opcode_ok(task->opcode)) {
        return STK_E_OPCODE;
    }
    if (task->priority > STK_WIRE_PRIORITY_IDLE) {
        return STK_E_ARG;
    }
    uint32_t *w = task_at(queue, slot);
    /* Acquire: the writes of the last owner are over before this call writes. A FAULTED task is not free: somebody has
     * to acknowledge it first. */
    if (!is_in(stk_load_acquire(w), SET(STK_TASK_EMPTY) | SET(STK_TASK_DONE))) {
        return STK_E_STATUS;
    }
    /* Copies first: `task` may be the slot itself, whose words are stored below. */
    memcpy(from, task, sizeof from);
    for (uint32_t i = 1; i < STK_SLOT_WORDS; i++) {
        stk_store(w + i, from[i]);
    }
    /* Release: a worker that sees READY sees the words above. */
    stk_store_release(w, STK_TASK_READY);
    return STK_OK;
}

int stk_task_read(const struct stk_task_queue *queue, uint32_t slot, struct stk_task *task) {
    uint32_t to[STK_SLOT_WORDS];
    if (slot >= queue->slots) {
        return STK_E_RANGE;
    }
    const uint32_t *w = task_at(queue, slot);
    /* Acquire: the words are at least as new as this state. Their owner may be changing them meanwhile. */
    to[0] = stk_load_acquire(w);
    for (uint32_t i = 1; i < STK_SLOT_WORDS; i++) {
        to[i] = stk_load(w + i);
    }
    memcpy(task, to, sizeof to);
    return STK_OK;
}

/* Takes the task in `slot` for the caller, by storing RUNNING, if its state is in `set`. A task that is RUNNING already
 * is taken for the caller's own, which no word can prove: only the worker that claimed a task may move it on. Other
 * parties may see RUNNING for a moment even if the caller refuses the move afterwards. Returns the state before;
 * STK_E_RANGE no such slot; STK_E_STATUS another state, or another party was faster. */
static int own(const struct stk_task_queue *queue, uint32_t slot, uint32_t set) {
    if (slot >= queue->slots) {
        return STK_E_RANGE;
    }
    uint32_t *w = task_at(queue, slot);
    uint32_t state = stk_load_acquire(w);
    /* The compare-and-swap acquires: the words are those of the party that stored this state. */
    int ours = is_in(state, set) && (state == STK_TASK_RUNNING || stk_cas(w, state, STK_TASK_RUNNING) == state);
    return ours ? (int)state : STK_E_STATUS;
}

/* Stores the new state of a task and so gives the task away. Release: a party that sees the state also sees the words
 * of the task. The caller must not touch the words afterwards. Returns STK_OK. */
static int leave(uint32_t *w, enum stk_task_state state) {
    stk_store_release(w, (uint32_t)state);
    return STK_OK;
}

/* Stores the place at which a task goes on, `pc`, and one word of data. The meaning of both is the handler's. */
static void go_on_at(uint32_t *w, uint32_t pc, uint32_t data) {
    stk_store(w + PC, pc);
    stk_store(w + DATA, data);
}

/* Clears some flags of a task and then sets others. A load and a store are enough: the task is the caller's, so no
 * other party changes the flags meanwhile. */
static void set_flags(uint32_t *w, uint32_t clear, uint32_t set) {
    stk_store(w + FLAGS, (stk_load(w + FLAGS) & ~clear) | set);
}

/* Each move below takes the task by own(), changes its words, and gives the task away by leave(). */

int stk_task_claim(struct stk_task_queue *queue, uint32_t slot) {
    return own(queue, slot, SCHEDULABLE);
}

int stk_task_pause(struct stk_task_queue *queue, uint32_t slot, uint32_t pc, uint32_t data, uint32_t epoch) {
    int from = own(queue, slot, LIVE);
    if (from < 0) {
        return from;
    }
    uint32_t *w = task_at(queue, slot);
    go_on_at(w, pc, data);
    stk_store(w + EPOCH, epoch);
    /* The flag RESUMED says that the last pause is over. A new pause begins, so the flag goes. */
    set_flags(w, STK_TASK_FLAG_RESUMED, STK_TASK_FLAG_PAUSED);
    return leave(w, STK_TASK_PAUSED);
}

int stk_task_resume(struct stk_task_queue *queue, uint32_t slot) {
    int from = own(queue, slot, SET(STK_TASK_PAUSED));
    if (from < 0) {
        return from;
    }
    uint32_t *w = task_at(queue, slot);
    set_flags(w, STK_TASK_FLAG_PAUSED | STK_TASK_FLAG_YIELDED, STK_TASK_FLAG_RESUMED);
    return leave(w, STK_TASK_READY);
}

int stk_task_yield(struct stk_task_queue *queue, uint32_t slot, uint32_t pc, uint32_t data) {
    int from = own(queue, slot, LIVE);
    if (from < 0) {
        return from;
    }
    uint32_t *w = task_at(queue, slot);
    uint32_t yields = stk_load(w + YIELDS);
    if (yields == UINT32_MAX) { /* the counter would wrap around: gives the task back in the state that it had */
        (void)leave(w, (enum stk_task_state)from);
        return STK_E_OVERFLOW;
    }
    go_on_at(w, pc, data);
    stk_store(w + YIELDS, yields + 1);
    set_flags(w, 0, STK_TASK_FLAG_YIELDED);
    return leave(w, STK_TASK_YIELDED);
}

int stk_task_requeue(struct stk_task_queue *queue, uint32_t slot, uint32_t pc, uint32_t data, uint32_t priority) {
    if (priority > STK_WIRE_PRIORITY_IDLE) {
        return STK_E_ARG;
    }
    int from = own(queue, slot, LIVE);
    if (from < 0) {
        return from;
    }
    uint32_t *w = task_at(queue, slot);
    uint32_t age = stk_load(w + AGE), requeues = stk_load(w + REQUEUES);
    if (age == UINT32_MAX || requeues == UINT32_MAX) { /* a counter would wrap around: as in stk_task_yield */
        (void)leave(w, (enum stk_task_state)from);
        return STK_E_OVERFLOW;
    }
    stk_store(w + STK_SLOT_PRIORITY, priority);
    go_on_at(w, pc, data);
    stk_store(w + AGE, age + 1);
    stk_store(w + REQUEUES, requeues + 1);
    set_flags(w, 0, STK_TASK_FLAG_REQUEUE);
    return leave(w, STK_TASK_REQUEUED);
}

int stk_task_complete(struct stk_task_queue *queue, uint32_t slot) {
    int from = own(queue, slot, LIVE);
    if (from < 0) {
        return from;
    }
    uint32_t *w = task_at(queue, slot);
    stk_store(w + FLAGS, 0);
    return leave(w, STK_TASK_DONE);
}

int stk_task_fault(struct stk_task_queue *queue, uint32_t slot, uint32_t data) {
    int from = own(queue, slot, LIVE);
    if (from < 0) {
        return from;
    }
    uint32_t *w = task_at(queue, slot);
    /* The error code takes the place of the word of data: a task that failed does not go on. */
    stk_store(w + DATA, data);
    return leave(w, STK_TASK_FAULTED);
}

int stk_task_acknowledge(struct stk_task_queue *queue, uint32_t slot) {
    int from = own(queue, slot, SET(STK_TASK_FAULTED));
    return from < 0 ? from : leave(task_at(queue, slot), STK_TASK_EMPTY);
}

void stk_task_queue_snapshot(const struct stk_task_queue *queue, struct stk_task_snapshot *snapshot) {
    uint32_t count[STK_TASK_FAULTED + 2] = {0}; /* tasks in each state; the last one counts words that are no state */
    uint64_t requeues = 0;
    uint32_t oldest = 0;
    /* Takes no task and stops no worker, so each slot is counted as it was at one moment of the loop. */
    for (uint32_t i = 0; i < queue->slots; i++) {
        const uint32_t *w = task_at(queue, i);
        uint32_t state = stk_load_acquire(w), age = stk_load(w + AGE); /* acquire: age is at least as new as state */
        count[state <= STK_TASK_FAULTED ? state : STK_TASK_FAULTED + 1]++;
        requeues += stk_load(w + REQUEUES);
        oldest = age > oldest ? age : oldest;
    }
    *snapshot = (struct stk_task_snapshot){
        .empty = count[STK_TASK_EMPTY],
        .ready = count[STK_TASK_READY],
        .running = count[STK_TASK_RUNNING],
        .done = count[STK_TASK_DONE],
        .paused = count[STK_TASK_PAUSED],
        .yielded = count[STK_TASK_YIELDED],
        .requeued = count[STK_TASK_REQUEUED],
        .faulted = count[STK_TASK_FAULTED],
        .unknown = count[STK_TASK_FAULTED + 1],
        .schedulable = count[STK_TASK_READY] + count[STK_TASK_YIELDED] + count[STK_TASK_REQUEUED],
        .max_priority_age = oldest,
        .total_requeues = requeues,
        .continuation_pressure = requeues + count[STK_TASK_YIELDED] + count[STK_TASK_REQUEUED],
    };
}
