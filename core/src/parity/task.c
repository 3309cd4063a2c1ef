/* stoker: task slots: work that can pause, yield and be queued again, with a place to go on from. The reference
 * implementation has them; the workers of this library run slots of the ring and no tasks. */
#include "stoker/parity/task.h"

#include "base/memory.h"
#include "ring/slot_words.h"

/* Words of a task behind those that it shares with a ring slot, by index in the slot. struct stk_task says what they
 * mean. */
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

/* Sets of states, a bit for each. */
#define SET(state)  (1u << (state))
#define SCHEDULABLE (SET(STK_TASK_READY) | SET(STK_TASK_YIELDED) | SET(STK_TASK_REQUEUED))
#define LIVE        (SCHEDULABLE | SET(STK_TASK_RUNNING) | SET(STK_TASK_PAUSED))

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

/* Returns the words of a task. */
static uint32_t *task_at(const struct stk_task_queue *queue, uint32_t slot) {
    return STK_SLOT_AT(queue->words, slot);
}

/* Returns 1 if the state is in the set. A word that is no state is in none. */
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
    /* Acquire: the last owner's writes to the slot are over before ours. */
    if (!is_in(stk_load_acquire(w), SET(STK_TASK_EMPTY) | SET(STK_TASK_DONE))) {
        return STK_E_STATUS;
    }
    memcpy(from, task, sizeof from);
    for (uint32_t i = 1; i < STK_SLOT_WORDS; i++) {
        stk_store(w + i, from[i]);
    }
    /* Release: who sees READY sees the words above. */
    stk_store_release(w, STK_TASK_READY);
    return STK_OK;
}

int stk_task_read(const struct stk_task_queue *queue, uint32_t slot, struct stk_task *task) {
    uint32_t to[STK_SLOT_WORDS];
    if (slot >= queue->slots) {
        return STK_E_RANGE;
    }
    const uint32_t *w = task_at(queue, slot);
    to[0] = stk_load_acquire(w);
    for (uint32_t i = 1; i < STK_SLOT_WORDS; i++) {
        to[i] = stk_load(w + i);
    }
    memcpy(task, to, sizeof to);
    return STK_OK;
}

/* Makes a task whose state is in `set` the caller's, by RUNNING. A task that is RUNNING already is taken to be the
 * caller's own. Returns the state before, or STK_E_RANGE, STK_E_STATUS. */
static int own(const struct stk_task_queue *queue, uint32_t slot, uint32_t set) {
    if (slot >= queue->slots) {
        return STK_E_RANGE;
    }
    uint32_t *w = task_at(queue, slot);
    uint32_t state = stk_load_acquire(w);
    /* The swap acquires: the words are those of the party that stored this state. */
    int ours = is_in(state, set) && (state == STK_TASK_RUNNING || stk_cas(w, state, STK_TASK_RUNNING) == state);
    return ours ? (int)state : STK_E_STATUS;
}

/* Stores the new state of a task, and so gives the task away. Release: the words of the task go with the state. */
static int leave(uint32_t *w, enum stk_task_state state) {
    stk_store_release(w, (uint32_t)state);
    return STK_OK;
}

/* Stores where a task goes on, and a word of its own. */
static void go_on_at(uint32_t *w, uint32_t pc, uint32_t data) {
    stk_store(w + PC, pc);
    stk_store(w + DATA, data);
}

/* Changes flags of a task that is the caller's, so that no other party changes them meanwhile. */
static void set_flags(uint32_t *w, uint32_t clear, uint32_t set) {
    stk_store(w + FLAGS, (stk_load(w + FLAGS) & ~clear) | set);
}

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
    if (yields == UINT32_MAX) { /* refused: the task goes back to the state that it had */
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
    if (age == UINT32_MAX || requeues == UINT32_MAX) {
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
    stk_store(w + DATA, data);
    return leave(w, STK_TASK_FAULTED);
}

int stk_task_acknowledge(struct stk_task_queue *queue, uint32_t slot) {
    int from = own(queue, slot, SET(STK_TASK_FAULTED));
    return from < 0 ? from : leave(task_at(queue, slot), STK_TASK_EMPTY);
}

void stk_task_queue_snapshot(const struct stk_task_queue *queue, struct stk_task_snapshot *snapshot) {
    uint32_t count[STK_TASK_FAULTED + 2] = {0}; /* per state, and of words that are none */
    uint64_t requeues = 0;
    uint32_t oldest = 0;
    for (uint32_t i = 0; i < queue->slots; i++) {
        const uint32_t *w = task_at(queue, i);
        uint32_t state = stk_load_acquire(w), age = stk_load(w + AGE); /* acquire: the counters are not older */
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
