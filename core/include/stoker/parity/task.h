/* stoker: task slots, for work that stops and goes on later.
 *
 * A task slot has 16 words (core/SPEC.md, "Task queue"). The first four words are those of a ring slot. Three words of
 * a work item come next. The other words say how the task goes on: the place, one word of data, and counters by which a
 * scheduler prefers old tasks. As in the ring, the state word alone says which party may write a slot. A party that
 * moves a task stores RUNNING first, then writes the words of the task, and stores the new state last. */
#ifndef STOKER_PARITY_TASK_H
#define STOKER_PARITY_TASK_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/err.h"
#include "stoker/words.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Layout ///

#define STK_TASK_QUEUE_BYTES(slots)        ((size_t)(slots)*STK_SLOT_BYTES)
#define STK_TASK_QUEUE_DEFINE(name, slots) STK_STORAGE_DEFINE(name, STK_TASK_QUEUE_BYTES(slots))

/* The values of word 0 of a task. The moves between them are the calls below. */
enum stk_task_state {
    STK_TASK_EMPTY,
    STK_TASK_READY,
    STK_TASK_RUNNING,
    STK_TASK_DONE,
    STK_TASK_PAUSED,
    STK_TASK_YIELDED,
    STK_TASK_REQUEUED,
    STK_TASK_FAULTED
};

#define STK_TASK_FLAG_PAUSED  1u /* set by pause, cleared by resume */
#define STK_TASK_FLAG_YIELDED 2u /* set by yield, cleared by resume */
#define STK_TASK_FLAG_REQUEUE 4u /* set by requeue */
#define STK_TASK_FLAG_RESUMED 8u /* set by resume, cleared by pause */

/* A copy of a task, in the byte order of the host. The members are the words of the slot, in their order. */
struct stk_task {
    uint32_t state;
    uint32_t opcode;
    uint32_t tenant;
    uint32_t priority;             /* STK_WIRE_PRIORITY_*, since the members are the words */
    uint32_t input, output, param; /* arguments 0 to 2, as of a work item */
    uint32_t pc;                   /* the place at which the task goes on; the handler picks the numbers */
    uint32_t data;                 /* a word that the handler keeps across a stop; the error code of a FAULTED task */
    uint32_t resume_epoch;         /* first epoch in which a PAUSED task may go on */
    uint32_t id;                   /* number that the publisher gave the task */
    uint32_t parent;               /* id of the task that made this one, 0 for none */
    uint32_t age_ticks;            /* age of the task, one tick for each requeue; a scheduler may prefer old tasks */
    uint32_t requeues;             /* how often the task was requeued */
    uint32_t yields;               /* how often the task has yielded */
    uint32_t flags;                /* STK_TASK_FLAG_* */
};

struct stk_task_queue {
    uint32_t *words; /* slots * 16 little-endian words, caller's memory */
    uint32_t slots;
};

/* Sets *bytes to the size of a queue of `slots` tasks. STK_E_OVERFLOW more slots than STK_RING_SLOTS_MAX. */
STK_MUST_CHECK int stk_task_queue_bytes(uint32_t slots, size_t *bytes);

/* Lays out an empty queue: clears `slots` slots at mem. Errors as stk_ring_init. */
STK_MUST_CHECK int stk_task_queue_init(struct stk_task_queue *queue, void *mem, size_t bytes, uint32_t slots);

/* Attaches to a queue that exists, changing nothing. Errors as stk_ring_view. */
STK_MUST_CHECK int stk_task_queue_view(struct stk_task_queue *queue, void *mem, size_t bytes);

/// Tasks ///

/* A task is live while it is READY, RUNNING, PAUSED, YIELDED or REQUEUED. Errors of every call below: STK_E_RANGE there
 * is no such slot; STK_E_STATUS the task is in a state that forbids the move, or another party moved the task first. On
 * error the words of the task stay as they were, but other parties may see RUNNING for a moment. Only the worker that
 * claimed a task may move it out of RUNNING. ISR-safe. */

/* Writes `task` into slot `slot`, which must be EMPTY or DONE, and makes it READY; task->state is
 * ignored, and `task` may be the slot itself. One publisher per slot at a time. STK_E_OPCODE as
 * stk_ring_publish; STK_E_ARG a priority above STK_WIRE_PRIORITY_IDLE. */
STK_MUST_CHECK int stk_task_publish(struct stk_task_queue *queue, uint32_t slot, const struct stk_task *task);

/* Copies slot `slot` to *out. The state is read first, with acquire order. */
STK_MUST_CHECK int stk_task_read(const struct stk_task_queue *queue, uint32_t slot, struct stk_task *task);

/* Returns 1 if a worker may take a task in this state (READY, YIELDED or REQUEUED), else 0. */
int stk_task_schedulable(uint32_t state);

/* READY, YIELDED, REQUEUED -> RUNNING, for the caller alone. Returns the state before. */
STK_MUST_CHECK int stk_task_claim(struct stk_task_queue *queue, uint32_t slot);

/* Live -> PAUSED. The task is to go on at `pc` with `data`, no earlier than in epoch `epoch`. */
STK_MUST_CHECK int stk_task_pause(struct stk_task_queue *queue, uint32_t slot, uint32_t pc, uint32_t data,
                                  uint32_t epoch);

/* PAUSED -> READY. The call does not check the epoch: the caller has seen that resume_epoch has come. */
STK_MUST_CHECK int stk_task_resume(struct stk_task_queue *queue, uint32_t slot);

/* Live -> YIELDED. The task is to go on at `pc` with `data`. Counts the yield. STK_E_OVERFLOW the count of yields is
 * 2^32 - 1: the count says how often the task has yielded, so it does not wrap. */
STK_MUST_CHECK int stk_task_yield(struct stk_task_queue *queue, uint32_t slot, uint32_t pc, uint32_t data);

/* Live -> REQUEUED with priority `priority`. The task is to go on at `pc` with `data`. Counts the requeue, and adds one
 * tick to the age. STK_E_ARG `priority` is above STK_WIRE_PRIORITY_IDLE; STK_E_OVERFLOW a counter would
 * wrap. */
STK_MUST_CHECK int stk_task_requeue(struct stk_task_queue *queue, uint32_t slot, uint32_t pc, uint32_t data,
                                    uint32_t priority);

/* Live -> DONE. Clears all flags. */
STK_MUST_CHECK int stk_task_complete(struct stk_task_queue *queue, uint32_t slot);

/* Moves a live task to FAULTED, with the error code `data`. */
STK_MUST_CHECK int stk_task_fault(struct stk_task_queue *queue, uint32_t slot, uint32_t data);

/* FAULTED -> EMPTY, by the host once it has read the fault. */
STK_MUST_CHECK int stk_task_acknowledge(struct stk_task_queue *queue, uint32_t slot);

/// Snapshot ///

struct stk_task_snapshot {
    uint32_t empty, ready, running, done, paused, yielded, requeued, faulted;
    uint32_t unknown;               /* slots whose state word is not a state */
    uint32_t schedulable;           /* ready + yielded + requeued */
    uint32_t max_priority_age;      /* ticks, of any slot */
    uint64_t total_requeues;        /* sum of the requeues of all slots, in any state */
    uint64_t continuation_pressure; /* total_requeues + yielded + requeued */
};

/* Counts the tasks of the whole queue. While other parties move tasks, each slot is counted as it was at one moment,
 * but not all slots at the same moment. */
void stk_task_queue_snapshot(const struct stk_task_queue *queue, struct stk_task_snapshot *snapshot);

#ifdef __cplusplus
}
#endif
#endif
