/* Records of tables of the format: priority partitions, transitions of a slot, classes of opcodes, and plans of
 * probes. */
#include "cases.h"

#include "stoker/control.h"
#include "stoker/ring.h"
#include "stoker/parity/schedule.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For a record "priority_offsets": compares the default partition of a ring. */
static void do_priority_offsets(struct vec *v, struct world *w) {
    uint32_t o[STK_PRIORITY_OFFSETS];
    char text[80];
    (void)w;
    stk_priority_offsets(vec_u32(v, "total_slots"), o);
    snprintf(text, sizeof text, "%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32, o[0], o[1],
             o[2], o[3], o[4], o[5]);
    vec_expect_text(v, "offsets", text);
}

/* For a record "write_priority_offsets": writes the partition into a buffer of 0xEE bytes. The hash of the whole buffer
 * shows that no other word changed. */
static void do_write_priority_offsets(struct vec *v, struct world *w) {
    struct stk_control control;
    char hash[20];
    size_t len = vec_size(v, "buffer_len");
    size_t from = len < 512 ? len : 512, to = len < 560 ? len : 560;
    uint8_t *b = vec_alloc(len);
    (void)w;
    memset(b, 0xEE, len);
    int err = stk_control_view(&control, b, len);
    if (err == STK_OK) {
        err = stk_control_set_priorities(&control, vec_u32(v, "total_slots"), NULL);
    } else {
        (void)vec_get(v, "total_slots");
    }
    vec_expect_result(v, VEC_QUEUE, err);
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)vec_fnv1a64(b, len));
    vec_expect_text(v, "after_fnv1a64", hash);
    vec_expect_hex(v, "tail_hex", b + from, to - from);
    free(b);
}

static const char *const moves[] = {"publish", "claim", "done", "fault", "cancel", "publish_slot"};
#define PUBLISH_SLOT 5u
#define MOVES        6u

static int move(struct stk_ring *ring, unsigned to) {
    static const struct stk_work nop = {STK_OP_NOP, 0, STK_PRIORITY_NORMAL, 0, NULL};
    return to == PUBLISH_SLOT ? stk_ring_publish(ring, 0, &nop) : stk_ring_transition(ring, 0, (enum stk_transition)to);
}

/* For a record "transition_row": makes one move of a slot with any status. */
static void do_transition_row(struct vec *v, struct world *w) {
    struct stk_slot slot;
    struct stk_ring ring;
    struct bytes *b = &w->ring;
    uint32_t from = vec_u32(v, "from");
    unsigned to = vec_one_of(v, "to", moves, MOVES);
    if (to == MOVES) {
        return;
    }
    bytes_zero(b, STK_SLOT_BYTES);
    for (unsigned i = 0; i < 4; i++) {
        b->p[i] = (uint8_t)(from >> (8 * i));
    }
    int err = stk_ring_view(&ring, b->p, b->len);
    if (err == STK_OK) {
        err = move(&ring, to);
    }
    vec_expect_result(v, VEC_QUEUE, err);
    vec_expect_u64(v, "allowed", err >= 0);
    if (vec_has(v, "previous")) {
        vec_expect_u64(v, "previous", (uint64_t)err);
    }
    if (stk_ring_read(&ring, 0, &slot) == STK_OK) {
        vec_expect_u64(v, "after", slot.status);
    }
}

/* For a record "opcode": compares whether an opcode is the user's, and whether it may be published. */
static void do_opcode(struct vec *v, struct world *w) {
    uint32_t op = vec_u32(v, "op");
    int as_user = stk_opcode_user(op), as_published = stk_opcode_publishable(op);
    bool user = as_user == STK_OK, publish = as_published == STK_OK;
    (void)w;
    vec_expect_outcome(v, "user", "ok", "err", as_user, STK_E_OPCODE);
    vec_expect_outcome(v, "publish", "ok", "err", as_published, STK_E_OPCODE);
    if (vec_has(v, "msg")) {
        cause_expect(v, VEC_QUEUE, as_published < 0 ? as_published : as_user);
    }
    /* The system's opcodes are those that are not the user's; it has a body for those that may be published. */
    vec_expect_u64(v, "is_system", !user);
    vec_expect_u64(v, "is_builtin", !user && publish);
}

/* For a record "probe": compares how a worker's lanes are spread over a partition. */
static void do_probe(struct vec *v, struct world *w) {
    struct stk_probe plan = stk_probe_plan(vec_u32(v, "partition_slots"), vec_u32(v, "worker_width"));
    (void)w;
    vec_expect_u64(v, "probe_count", plan.probe_count);
    vec_expect_u64(v, "active_lanes", plan.active_lanes);
    vec_expect_u64(v, "probe_budget", plan.probe_budget);
}

const struct handler table_handlers[] = {
    {"priority_offsets", do_priority_offsets},
    {"write_priority_offsets", do_write_priority_offsets},
    {"transition", do_transition_row},
    {"opcode", do_opcode},
    {"probe", do_probe},
    {NULL, NULL},
};
