/* One row for each cause that the reference gives: which code of this library means it. A record's message names the
 * cause more exactly than its class: of 420 refusals of the ring all are "QueueFull". */
#include "causes.h"

#include <string.h>

#include "vector_check.h"

#define FULL "QueueFull"

struct cause {
    enum vec_family family;
    int err;
    const char *class, *queue; /* queue: "-" where the class has none */
    const char *says;          /* a part of the message that no other cause of the family has */
};

static const struct cause causes[] = {
    {VEC_QUEUE, STK_E_STATUS, FULL, "submission", "slot is not publishable"},
    {VEC_QUEUE, STK_E_STATUS, FULL, "submission", "illegal ring slot transition"},
    {VEC_QUEUE, STK_E_STATUS, FULL, "submission", "publish transitions must use publish_slot"},
    {VEC_QUEUE, STK_E_OPCODE, FULL, "submission", "User opcode overlaps"},
    {VEC_QUEUE, STK_E_ARGS, FULL, "submission", "too many args for one slot"},
    {VEC_QUEUE, STK_E_RANGE, FULL, "submission", "slot_idx exceeds ring slot count"},
    {VEC_QUEUE, STK_E_RANGE, FULL, "submission", "batch publish exceeds ring slot count"},
    {VEC_QUEUE, STK_E_RANGE, FULL, "submission", "work item publish exceeds ring slot count"},
    {VEC_QUEUE, STK_E_RANGE, FULL, "submission", "work item count exceeds ring slot count"},
    {VEC_QUEUE, STK_E_RANGE, FULL, "submission", "work item publish slot index overflowed"},
    {VEC_QUEUE, STK_E_RANGE, FULL, "submission", "slot status is outside the validated ring buffer"},
    {VEC_QUEUE, STK_E_OVERFLOW, FULL, "submission", "split the dispatch into smaller ring shards"},
    {VEC_QUEUE, STK_E_ALIGN, FULL, "submission", "ring buffer byte length is not an exact multiple"},
    {VEC_QUEUE, STK_E_ALIGN, FULL, "submission", "control buffer byte length is not 4-byte aligned"},
    {VEC_QUEUE, STK_E_MISSING, FULL, "submission", "control buffer is too small"},

    {VEC_IO, STK_E_ALIGN, "Backend", "-", "which is not 4-byte aligned"},
    {VEC_IO, STK_E_ALIGN, "Backend", "-", "which is not a multiple of slot size"},
    {VEC_IO, STK_E_STATUS, FULL, "submission", "io_queue slot still in flight"},
    {VEC_IO, STK_E_STATUS, FULL, "submission", "io_queue completion requires a CLAIMED request"},
    {VEC_IO, STK_E_RANGE, FULL, "submission", "io_queue slot exceeds MegakernelIoQueue::slot_count"},
    {VEC_IO, STK_E_RANGE, FULL, "submission", "io_queue completion slot exceeds queue length"},
    {VEC_IO, STK_E_OVERFLOW, FULL, "submission", "exceeds the compiled IO poll window"},
    {VEC_IO, STK_E_ARG, FULL, "submission", "requires at least one slot"},

    {VEC_PROTOCOL, STK_E_ALIGN, "MisalignedByteLength", "-", "not a whole number of u32 words"},
    {VEC_PROTOCOL, STK_E_MISSING, "MissingWord", "-", "is missing word"},
    {VEC_PROTOCOL, STK_E_OVERFLOW, "ByteLengthOverflow", "-", "byte length overflow"},

    {VEC_TASK, STK_E_STATUS, "Backend", "-", "megakernel task cannot"},
    {VEC_TASK, STK_E_OVERFLOW, "Backend", "-", "overflowed u32"},

    {VEC_TELEMETRY, STK_E_ARG, "Backend", "-", "done counter moved backwards"},
    {VEC_TELEMETRY, STK_E_ALIGN, "Backend", "-", "not a multiple of slot size"},
    {VEC_TELEMETRY, STK_E_MISSING, "Backend", "-", "megakernel control snapshot has"},
    {VEC_TELEMETRY, STK_E_ALIGN, "Backend", "-", "megakernel control snapshot has"},

    {VEC_SKETCH, STK_E_ARG, FULL, "telemetry", "depth and width must be non-zero"},
    {VEC_SKETCH, STK_E_OVERFLOW, FULL, "telemetry", "dimensions overflowed"},
    {VEC_MERGE, STK_E_ARG, "Backend", "-", "cannot merge Count-Min sketches"},

    {VEC_TENANT, STK_E_REVOKED, "Revoked", "-", "was revoked"},
    {VEC_TENANT, STK_E_OPCODE, "OpcodeOutOfRange", "-", "published local opcode"},
    {VEC_TENANT, STK_E_LIMIT, "Backpressure", "-", "outstanding slots, cap"},
    {VEC_TENANT, STK_E_LIMIT, "StagingBackpressure", "-", "already reserved, cap"},
    {VEC_TENANT, STK_E_UNDERFLOW, "ResourceUnderflow", "-", " released "},
    {VEC_TENANT, STK_E_TIMEOUT, "QuiesceTimeout", "-", "quiesce timed out"},
    {VEC_TENANT, STK_E_STATUS, FULL, "submission", "slot is not publishable"},
    {VEC_TENANT, STK_E_RANGE, FULL, "submission", "slot_idx exceeds ring slot count"},
    {VEC_TENANT, STK_E_OVERFLOW, FULL, "tenant_resource_quota", "reservation overflowed"},

    {VEC_CACHE, STK_E_OVERFLOW, "hit_rate_ppm", "-", "hit-rate"},

    {VEC_LOG, STK_E_ARG, "ZeroCapacity", "-", "capacity must be > 0"},
    {VEC_LOG, STK_E_OVERFLOW, "CapacityOverflow", "-", "exceeds max"},
    {VEC_LOG, STK_E_FORMAT, "HeaderMismatch", "-", "header mismatch"},
    {VEC_LOG, STK_E_SHORT, "Io", "-", "failed to fill whole buffer"},
    {VEC_LOG_REPLAY, STK_E_CORRUPT, "HeaderMismatch", "-", "header mismatch"},
    {VEC_LOG_REPLAY, STK_E_SHORT, "Io", "-", "failed to fill whole buffer"},
};
#define CAUSES (sizeof causes / sizeof causes[0])

/* Returns the first cause of a code, or NULL when a call of that family has no cause for it. */
static const struct cause *cause_of(enum vec_family family, int err) {
    for (const struct cause *c = causes; c < causes + CAUSES; c++) {
        if (c->family == family && c->err == err) {
            return c;
        }
    }
    return NULL;
}

const char *cause_class(enum vec_family family, int err) {
    const struct cause *c = cause_of(family, err);
    return c == NULL ? stk_err_name(err) : c->class;
}

const char *cause_queue(enum vec_family family, int err) {
    const struct cause *c = cause_of(family, err);
    return c == NULL ? stk_err_name(err) : c->queue;
}

/* Returns the first cause of the family that the message names. If a message belongs to several codes, returns the
 * cause of `err`. */
static const struct cause *named_by(const char *msg, enum vec_family family, int err) {
    const struct cause *found = NULL;
    for (const struct cause *c = causes; c < causes + CAUSES; c++) {
        if (c->family == family && strstr(msg, c->says) != NULL && (found == NULL || c->err == err)) {
            found = c;
        }
    }
    return found;
}

void cause_expect(struct vec *v, enum vec_family family, int err) {
    if (!vec_has(v, "msg") || vec_seen(v, "msg")) {
        return;
    }
    const struct cause *c = named_by(vec_get(v, "msg"), family, err);
    if (c == NULL) {
        v->skipped++;
        v->unknown_cause = true;
        return;
    }
    v->checks++;
    if (c->err != err) {
        vec_differ(v, "msg", stk_err_name(c->err), stk_err_name(err));
    }
}
