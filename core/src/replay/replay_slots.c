/* stoker: the slots of a replay. Publishes work to every target, waits until a slot has ended in all of them, and
 * compares the ends. It waits for a slot only when a record asks for it, so that the targets keep the freedom of
 * schedule that the recorded run had. */
#include "ring/custody.h"
#include "replay_internal.h"
#include "ring/slot_words.h"
#include "stoker/atomic.h"
#include "stoker/deadline.h"
#include "stoker/wait.h"

/* Looks at a slot before a sleep. A short slot ends while the host looks, and a sleep takes tens of microseconds. */
#define SPINS 64u

const struct stk_recorded_end stk_recorded_done = {.status = STK_SLOT_DONE};
const struct stk_recorded_end stk_recorded_unknown = {.status = STK_SLOT_EMPTY};

/* Returns the first word of a slot in the ring of one target. */
static uint32_t *words_of(const struct stk_replay *r, uint32_t target, uint32_t slot) {
    return STK_SLOT_AT(r->config.target[target].memory.ring, slot);
}

/// Waiting ///

/* Lets every target work, not only the one that is waited for: workers may be code on this thread, and the other target
 * needs its time too. Returns above 0 when one of them did something at once, or the error of a target that was
 * lost. */
static int drive(struct stk_replay *r) {
    int did = 0;
    for (uint32_t t = 0; t < r->config.targets; t++) {
        const struct stk_replay_target *target = &r->config.target[t];
        int err = target->dispatch.ops->drive(target->dispatch.ctx, true);
        if (err < 0) {
            r->report->target = t;
            return err;
        }
        did |= err;
    }
    return did;
}

/* Returns the time of the platform's clock, in nanoseconds. */
static uint64_t now(const struct stk_replay *r) {
    return r->config.platform.ops->now_ns(r->config.platform.ctx);
}

/* Waits a little for a slot whose status was `seen`, first awake and then asleep. A device cannot wake the host, so the
 * sleep is short, and its end without a change is no error: await() counts the time. */
static int doze(struct stk_replay *r, const uint32_t *status, uint32_t seen) {
    int err;
    for (uint32_t i = 0; i < SPINS && stk_load(status) == seen; i++) {
        stk_pause();
    }
    err = r->config.platform.ops->wait(r->config.platform.ctx, status, stk_le32(seen), STK_WAIT_SLICE_NS);
    return err == STK_E_TIMEOUT ? STK_OK : err;
}

/* Waits until the slot has ended in one target, while all of them work. STK_E_TIMEOUT names the target in the report;
 * the slot is left running. */
static int await(struct stk_replay *r, uint32_t target, uint32_t slot) {
    const uint32_t *status = words_of(r, target, slot) + STK_SLOT_STATUS;
    struct stk_deadline end;
    stk_deadline_start(&end, r->config.slot_timeout_ns, now(r));
    for (;;) {
        /* Acquire: the other words are those that the worker stored before this status. */
        uint32_t seen = stk_load_acquire(status);
        int did;
        if (stk_slot_ended(r->config.target[target].memory.control, slot, seen)) {
            return STK_OK;
        }
        did = drive(r);
        if (did == 0) {
            did = doze(r, status, seen);
        }
        if (did < 0) {
            return did;
        }
        if (stk_deadline_look(&end, now(r)) == 0u) {
            r->report->target = target;
            return STK_E_TIMEOUT;
        }
    }
}

/// Comparing ///

/* Fills the report with a difference: `word` is the result or the observable, `a` the value of the first target, `b`
 * that of the second one or of the recording. The caller has set slot, opcode and sequence. */
static int differs(struct stk_replay *r, enum stk_replay_what what, uint32_t word, uint64_t a, uint64_t b) {
    r->report->what = what;
    r->report->epoch = r->epoch;
    r->report->word = word;
    r->report->value[0] = a;
    r->report->value[1] = b;
    return STK_REPLAY_DIFFERS;
}

/* Compares the end of a slot in the first target with an end of the other side. The status decides first: results of
 * slots that ended differently say nothing. `results` may be NULL, when the recording has none. */
static int compare(struct stk_replay *r, const struct stk_slot *a, uint32_t status, const uint32_t *results) {
    if (a->status != status) {
        return differs(r, STK_REPLAY_STATUS, 0, a->status, status);
    }
    for (uint32_t i = 0; results && i < STK_SLOT_RESULTS; i++) {
        if (a->args[STK_RESULT_ARG + i] != results[i]) {
            return differs(r, STK_REPLAY_RESULT, i, a->args[STK_RESULT_ARG + i], results[i]);
        }
    }
    return STK_REPLAY_SAME;
}

/* Copies a finished slot out of every target. A slot in FAULT becomes EMPTY here, once it has been read: the host
 * acknowledges a fault before the slot can be published again. So does a slot whose word is not a status, which counts
 * as a fault. */
static void take(struct stk_replay *r, uint32_t slot, struct stk_slot ends[STK_REPLAY_TARGETS]) {
    for (uint32_t t = 0; t < r->config.targets; t++) {
        uint32_t *w = words_of(r, t, slot), status = stk_load(w + STK_SLOT_STATUS);
        stk_slot_copy_end(w, status, &ends[t]);
        if (ends[t].status == STK_SLOT_FAULT) {
            stk_store_release(w + STK_SLOT_STATUS, STK_SLOT_EMPTY); /* release: the reads of the words come first */
        }
    }
}

int stk_replay_settle(struct stk_replay *r, uint32_t slot, const struct stk_recorded_end *recorded) {
    struct stk_slot ends[STK_REPLAY_TARGETS] = {{0}};
    if (!r->slots[slot].flying) {
        return STK_REPLAY_SAME;
    }
    for (uint32_t t = 0; t < r->config.targets; t++) {
        int err = await(r, t, slot);
        if (err < 0) {
            r->report->slot = slot;
            return err;
        }
    }
    /* All targets have ended the slot. It is free from here on, also when a difference is found below. */
    take(r, slot, ends);
    r->slots[slot].flying = 0;
    r->flying--;
    r->report->slot = slot;
    r->report->opcode = ends[0].opcode;
    r->report->sequence = r->slots[slot].sequence;
    if (r->config.targets == STK_REPLAY_TARGETS) {
        return compare(r, &ends[0], ends[1].status, ends[1].args + STK_RESULT_ARG);
    }
    return recorded->status == STK_SLOT_EMPTY ? STK_REPLAY_SAME
                                              : compare(r, &ends[0], recorded->status, recorded->results);
}

int stk_replay_settle_all(struct stk_replay *r, const struct stk_recorded_end *recorded) {
    int what = STK_REPLAY_SAME;
    /* No bound on `i` is needed: `flying` counts the slots under way, so it is 0 before `i` leaves the ring. */
    for (uint32_t i = 0; r->flying != 0u && what == STK_REPLAY_SAME; i++) {
        what = stk_replay_settle(r, i, recorded);
    }
    return what;
}

int stk_replay_observables(struct stk_replay *r, const struct stk_log_record *record) {
    const uint32_t *a = r->config.target[0].memory.control + STK_CTL_OBSERVABLE;
    const uint32_t *b =
        r->config.targets == STK_REPLAY_TARGETS ? r->config.target[1].memory.control + STK_CTL_OBSERVABLE : NULL;
    uint64_t digest;
    r->report->sequence = record->sequence;
    r->report->slot = STK_RECORD_NO_SLOT;
    /* Two targets are compared word by word, which names the observable. A digest of the recording could only say that
     * some word differs. */
    for (uint32_t i = 0; b && i < r->shape.observables; i++) {
        uint32_t x = stk_load(a + i), y = stk_load(b + i);
        if (x != y) {
            return differs(r, STK_REPLAY_OBSERVABLE, i, x, y);
        }
    }
    if (b || record->digest == 0u) {
        return STK_REPLAY_SAME;
    }
    digest = stk_record_digest_words(&r->hash, a, r->shape.observables);
    return digest == record->digest ? STK_REPLAY_SAME : differs(r, STK_REPLAY_DIGEST, 0, digest, record->digest);
}

/// Publishing ///

int stk_replay_publish(struct stk_replay *r) {
    const struct stk_log_record *p = &r->pending;
    const struct stk_work work = {p->opcode, p->tenant, stk_priority_of_wire((uint32_t)p->error), STK_SLOT_ARGS,
                                  r->args};
    int err;
    if (!r->has_pending) {
        return STK_REPLAY_SAME;
    }
    r->has_pending = 0;
    /* Before a fence every slot has ended, as in the recorded work: a fence writes an observable, and handlers may read
     * it. */
    err = p->opcode == STK_OP_BATCH_FENCE ? stk_replay_settle_all(r, &stk_recorded_done)
                                          : stk_replay_settle(r, p->slot, &stk_recorded_done);
    for (uint32_t t = 0; t < r->config.targets && err == STK_OK; t++) {
        struct stk_ring ring = {.words = r->config.target[t].memory.ring, .slots = r->shape.slots};
        err = stk_ring_publish(&ring, p->slot, &work);
    }
    if (err != STK_OK) {
        return err;
    }
    /* Fences are waited for like all slots. They are not counted as work in the report. */
    r->slots[p->slot] = (struct stk_replay_slot){.sequence = p->sequence, .flying = 1};
    r->flying++;
    r->report->slots += p->opcode != STK_OP_BATCH_FENCE ? 1u : 0u;
    return STK_REPLAY_SAME;
}
