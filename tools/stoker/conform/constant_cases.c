/* Records of constants: the number that the reference gives for each name of the wire format. */
#include "cases.h"

#include "stoker/control.h"
#include "stoker/words.h"

#include <string.h>

/* The reference's name of each constant, and its value here. */
static const struct {
    const char *name;
    uint64_t value;
} constant[] = {
    {"SLOT_WORDS", STK_SLOT_WORDS},
    {"STATUS_WORD", STK_SLOT_STATUS},
    {"OPCODE_WORD", STK_SLOT_OPCODE},
    {"TENANT_WORD", STK_SLOT_TENANT},
    {"PRIORITY_WORD", STK_SLOT_PRIORITY},
    {"ARG0_WORD", STK_SLOT_ARG0},
    {"ARGS_PER_SLOT", STK_SLOT_ARGS},
    {"CONTROL_MIN_WORDS", STK_CTL_WORDS_MIN},
    {"MAX_OBSERVABLE_SLOTS", STK_CONTROL_OBSERVABLES_MAX},
    {"MAX_ENCODED_OBSERVABLE_SLOTS", STK_CONTROL_OBSERVABLES_INIT_MAX},
    {"MAX_RING_SLOTS", STK_RING_SLOTS_MAX},
    {"MAX_ENCODED_RING_SLOTS", STK_RING_SLOTS_INIT_MAX},
    {"MAX_DEBUG_RECORDS", STK_DEBUG_LOG_RECORDS_MAX},
    {"MAX_ENCODED_DEBUG_RECORDS", STK_DEBUG_LOG_RECORDS_INIT_MAX},
    {"control.SHUTDOWN", STK_CTL_SHUTDOWN},
    {"control.DONE_COUNT", STK_CTL_DONE_COUNT},
    {"control.TENANT_BASE", STK_CTL_TENANT_BASE},
    {"control.TENANT_QUOTA_BASE", STK_CTL_TENANT_QUOTA},
    {"control.TENANT_FAIRNESS_BASE", STK_CTL_TENANT_FAIRNESS},
    {"control.TENANT_FAIRNESS_SLOTS", STK_CTL_TENANT_FAIRNESSES},
    {"control.METRICS_BASE", STK_CTL_METRICS},
    {"control.METRICS_SLOTS", STK_CTL_METRICS_SLOTS},
    {"control.EPOCH", STK_CTL_EPOCH},
    {"control.PRIORITY_OFFSETS_BASE", STK_CTL_PRIORITY_OFFSETS},
    {"control.PRIORITY_OFFSETS_SLOTS", STK_PRIORITY_OFFSETS},
    {"control.PRIORITY_STARVATION_COUNTER", STK_CTL_STARVATION},
    {"control.PRIORITY_FAIRNESS_BASE", STK_CTL_PRIORITY_FAIRNESS},
    {"control.PRIORITY_FAIRNESS_SLOTS", STK_PRIORITIES},
    {"control.OBSERVABLE_BASE", STK_CTL_OBSERVABLE},
    {"slot.EMPTY", STK_SLOT_EMPTY},
    {"slot.PUBLISHED", STK_SLOT_PUBLISHED},
    {"slot.CLAIMED", STK_SLOT_CLAIMED},
    {"slot.DONE", STK_SLOT_DONE},
    {"slot.WAIT_IO", STK_SLOT_WAIT_IO},
    {"slot.YIELD", STK_SLOT_YIELD},
    {"slot.REQUEUE", STK_SLOT_REQUEUE},
    {"slot.FAULT", STK_SLOT_FAULT},
    {"debug.CURSOR_WORD", STK_DEBUG_CURSOR_WORD},
    {"debug.RECORDS_BASE", STK_DEBUG_RECORDS_WORD},
    {"debug.RECORD_WORDS", STK_DEBUG_RECORD_WORDS},
    {"debug.RECORD_CAPACITY", STK_DEBUG_RECORDS_DEFAULT},
    {"debug.BUFFER_WORDS", STK_DEBUG_LOG_BYTES(STK_DEBUG_RECORDS_DEFAULT) / 4},
    {"opcode.LOAD_MISS", STK_OP_LOAD_MISS},
    {"opcode.PACKED_SLOT", STK_OP_PACKED_SLOT},
    {"opcode.PRINTF", STK_OP_PRINTF},
    {"opcode.SHUTDOWN", STK_OP_SHUTDOWN},
    {"opcode.BATCH_FENCE", STK_OP_BATCH_FENCE},
    {"opcode.SYSTEM_MASK", STK_OP_SYSTEM_BIT},
    {"opcode.RESERVED_MAX_RANGE_MIN", STK_OP_RESERVED_MIN},
    {"scheduler.PRIORITY_LEVELS", STK_PRIORITIES},
    {"scheduler.STARVATION_THRESHOLD", STK_STARVATION_LIMIT},
    {"scheduler.TENANT_FAIRNESS_THRESHOLD", STK_TENANT_FAIRNESS_LIMIT},
    {"tenant.OPCODE_BASE", STK_OP_TENANT_BASE},
    {"tenant.OPCODE_RANGE", STK_OP_TENANT_RANGE},
    {"tenant.ID_MAX", STK_TENANT_NONE - 1},
};

/* For a record "const": compares the value of a name. A constant that no header has is not compared, and so not counted
 * as passed. */
static void do_const(struct vec *v, struct world *w) {
    const char *name = vec_need(v, "name");
    (void)w;
    for (size_t i = 0; i < sizeof constant / sizeof constant[0]; i++) {
        if (strcmp(name, constant[i].name) == 0) {
            vec_expect_u64(v, "value", constant[i].value);
            return;
        }
    }
    v->skip = v->bad == 0;
}

const struct handler constant_handlers[] = {
    {"const", do_const},
    {NULL, NULL},
};
