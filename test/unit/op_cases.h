/* Cases of the built-in handlers: one slot each and every word that it may change. The same table runs on the
 * interpreter and on the resident kernel. */
#ifndef OP_CASES_H
#define OP_CASES_H

#include "stoker/atomic.h"
#include "op_image.h"
#include "stoker/scan_words.h"

enum op_area {
    OP_NONE,
    OP_CONTROL,
    OP_DEBUG,
    OP_IO,
    OP_ARG /* argument of the slot */
};

struct op_change {
    enum op_area area;
    uint32_t index, value;
};

struct op_case {
    const char *name;
    uint32_t opcode, tenant;
    uint32_t args[STK_SLOT_ARGS];
    uint32_t status; /* status in which the slot ends */
    struct op_change change[9];
};

#define OP_A(...)                                                                                                      \
    { __VA_ARGS__ }
#define OP_REFUSED(reason, value)                                                                                      \
    STK_SLOT_FAULT, {                                                                                                  \
        {OP_ARG, STK_FAULT_VALUE_ARG, value}, {                                                                        \
            OP_ARG, STK_FAULT_REASON_ARG, reason                                                                       \
        }                                                                                                              \
    }
#define OP_SETS(word, value)                                                                                           \
    STK_SLOT_DONE, {                                                                                                   \
        { OP_CONTROL, word, value }                                                                                    \
    }
#define OP_BAD_INDEX(value) OP_REFUSED(STK_REASON_INDEX, value)
#define OP_CRC(value)                                                                                                  \
    STK_SLOT_DONE, {                                                                                                   \
        { OP_ARG, STK_RESULT_ARG, value }                                                                              \
    }
#define OP_NOTHING                                                                                                     \
    STK_SLOT_DONE, {                                                                                                   \
        { OP_NONE, 0, 0 }                                                                                              \
    }

#define OPS_FIRST STK_CTL_OBSERVABLE
#define OPS_LAST  (OPS_CONTROL - 1u)
#define OPS_MAX   0xFFFFFFFFu
#define OBS(i)    (STK_CTL_OBSERVABLE + (i))

/* The packed header: count, words, and the first pair; then two pairs a word. */
#define OP_HEAD(count, words, op, at) ((count) | (words) << 8 | (uint32_t)(op) << 16 | (uint32_t)(at) << 24)
#define OP_PAIR(op, at, op2, at2)     ((op) | (at) << 8 | (uint32_t)(op2) << 16 | (uint32_t)(at2) << 24)

static const struct op_case op_cases[] = {
    {"nop", STK_OP_NOP, 0, OP_A(1, 2, 3), OP_NOTHING},

    {"store at the first observable", STK_OP_STORE_U32, 0, OP_A(7, OPS_FIRST), OP_SETS(OPS_FIRST, 7)},
    {"store at the last observable", STK_OP_STORE_U32, 0, OP_A(OPS_MAX, OPS_LAST), OP_SETS(OPS_LAST, OPS_MAX)},
    {"store before the observables", STK_OP_STORE_U32, 0, OP_A(7, OPS_FIRST - 1u), OP_BAD_INDEX(OPS_FIRST - 1u)},
    {"store one past the control buffer", STK_OP_STORE_U32, 0, OP_A(7, OPS_CONTROL), OP_BAD_INDEX(OPS_CONTROL)},
    {"store at the greatest index", STK_OP_STORE_U32, 0, OP_A(7, OPS_MAX), OP_BAD_INDEX(OPS_MAX)},
    {"store at an index whose bytes wrap", STK_OP_STORE_U32, 0, OP_A(7, 0x40000000u + OPS_FIRST),
     OP_BAD_INDEX(0x40000000u + OPS_FIRST)},
    {"store to the shutdown word", STK_OP_STORE_U32, 0, OP_A(1, STK_CTL_SHUTDOWN), OP_BAD_INDEX(STK_CTL_SHUTDOWN)},
    {"store to a tenant's mask", STK_OP_STORE_U32, 0, OP_A(1, STK_CTL_TENANT_MASK + 1u),
     OP_BAD_INDEX(STK_CTL_TENANT_MASK + 1u)},

    {"add at the first observable", STK_OP_ATOMIC_ADD, 0, OP_A(5, OPS_FIRST),
     OP_SETS(OPS_FIRST, OPS_OBSERVABLE(OPS_FIRST) + 5u)},
    {"add wraps", STK_OP_ATOMIC_ADD, 0, OP_A(OPS_MAX, OPS_LAST), OP_SETS(OPS_LAST, OPS_OBSERVABLE(OPS_LAST) - 1u)},
    {"add before the observables", STK_OP_ATOMIC_ADD, 0, OP_A(5, OPS_FIRST - 1u), OP_BAD_INDEX(OPS_FIRST - 1u)},
    {"add one past the control buffer", STK_OP_ATOMIC_ADD, 0, OP_A(5, OPS_CONTROL), OP_BAD_INDEX(OPS_CONTROL)},
    {"add at the greatest index", STK_OP_ATOMIC_ADD, 0, OP_A(5, OPS_MAX), OP_BAD_INDEX(OPS_MAX)},

    {"load to the first observable", STK_OP_LOAD_U32, 0, OP_A(OPS_LAST, 0),
     OP_SETS(OPS_FIRST, OPS_OBSERVABLE(OPS_LAST))},
    {"load to the last observable", STK_OP_LOAD_U32, 0, OP_A(OPS_FIRST, OPS_OBSERVABLES - 1u),
     OP_SETS(OPS_LAST, OPS_OBSERVABLE(OPS_FIRST))},
    {"load from before the observables", STK_OP_LOAD_U32, 0, OP_A(OPS_FIRST - 1u, 0), OP_BAD_INDEX(OPS_FIRST - 1u)},
    {"load from one past the control buffer", STK_OP_LOAD_U32, 0, OP_A(OPS_CONTROL, 0), OP_BAD_INDEX(OPS_CONTROL)},
    {"load from the greatest index", STK_OP_LOAD_U32, 0, OP_A(OPS_MAX, 0), OP_BAD_INDEX(OPS_MAX)},
    {"load to one past the observables", STK_OP_LOAD_U32, 0, OP_A(OPS_FIRST, OPS_OBSERVABLES),
     OP_BAD_INDEX(OPS_OBSERVABLES)},
    {"load to the greatest observable", STK_OP_LOAD_U32, 0, OP_A(OPS_FIRST, OPS_MAX), OP_BAD_INDEX(OPS_MAX)},
    {"load to an observable that wraps to a control word", STK_OP_LOAD_U32, 0, OP_A(OPS_FIRST, 0u - OPS_FIRST),
     OP_BAD_INDEX(0u - OPS_FIRST)},

    {"swap that succeeds",
     STK_OP_COMPARE_SWAP,
     0,
     OP_A(OPS_FIRST, OPS_OBSERVABLE(OPS_FIRST), 9),
     STK_SLOT_DONE,
     {{OP_CONTROL, OPS_FIRST, 9}, {OP_CONTROL, OBS(OPS_FIRST), OPS_OBSERVABLE(OPS_FIRST)}}},
    {"swap that fails", STK_OP_COMPARE_SWAP, 0, OP_A(OPS_FIRST, 1, 9),
     OP_SETS(OBS(OPS_FIRST), OPS_OBSERVABLE(OPS_FIRST))},
    {"swap at the last index with an observable", STK_OP_COMPARE_SWAP, 0, OP_A(OPS_OBSERVABLES - 1u, 1, 9),
     OP_SETS(OPS_LAST, OPS_OBSERVABLE(OPS_OBSERVABLES - 1u))},
    {"swap one past it", STK_OP_COMPARE_SWAP, 0, OP_A(OPS_OBSERVABLES, OPS_OBSERVABLE(OPS_OBSERVABLES), 9),
     OP_BAD_INDEX(OPS_OBSERVABLES)},
    {"swap before the observables", STK_OP_COMPARE_SWAP, 0, OP_A(OPS_FIRST - 1u, 0, 9), OP_BAD_INDEX(OPS_FIRST - 1u)},
    {"swap at the greatest index", STK_OP_COMPARE_SWAP, 0, OP_A(OPS_MAX, 0, 9), OP_BAD_INDEX(OPS_MAX)},
    {"swap at an index that wraps", STK_OP_COMPARE_SWAP, 0, OP_A(0u - OPS_FIRST, 0, 9), OP_BAD_INDEX(0u - OPS_FIRST)},

    {"copy",
     STK_OP_MEMCPY,
     0,
     OP_A(OBS(0), OBS(100), 2),
     STK_SLOT_DONE,
     {{OP_CONTROL, OBS(100), OPS_OBSERVABLE(OBS(0))}, {OP_CONTROL, OBS(101), OPS_OBSERVABLE(OBS(1))}}},
    {"copy up over itself",
     STK_OP_MEMCPY,
     0,
     OP_A(OBS(0), OBS(1), 3),
     STK_SLOT_DONE,
     {{OP_CONTROL, OBS(1), OPS_OBSERVABLE(OBS(0))},
      {OP_CONTROL, OBS(2), OPS_OBSERVABLE(OBS(1))},
      {OP_CONTROL, OBS(3), OPS_OBSERVABLE(OBS(2))}}},
    {"copy down over itself",
     STK_OP_MEMCPY,
     0,
     OP_A(OBS(1), OBS(0), 3),
     STK_SLOT_DONE,
     {{OP_CONTROL, OBS(0), OPS_OBSERVABLE(OBS(1))},
      {OP_CONTROL, OBS(1), OPS_OBSERVABLE(OBS(2))},
      {OP_CONTROL, OBS(2), OPS_OBSERVABLE(OBS(3))}}},
    {"copy of everything to itself", STK_OP_MEMCPY, 0, OP_A(OPS_FIRST, OPS_FIRST, OPS_OBSERVABLES), OP_NOTHING},
    {"copy of one word too many", STK_OP_MEMCPY, 0, OP_A(OPS_FIRST, OPS_FIRST, OPS_OBSERVABLES + 1u),
     OP_BAD_INDEX(OPS_FIRST)},
    {"copy of the greatest length", STK_OP_MEMCPY, 0, OP_A(OBS(1), OBS(1), OPS_MAX), OP_BAD_INDEX(OBS(1))},
    {"copy of nothing at the end", STK_OP_MEMCPY, 0, OP_A(OPS_CONTROL, OPS_CONTROL, 0), OP_NOTHING},
    {"copy of nothing past the end", STK_OP_MEMCPY, 0, OP_A(OPS_CONTROL + 1u, OPS_FIRST, 0),
     OP_BAD_INDEX(OPS_CONTROL + 1u)},
    {"copy from before the observables", STK_OP_MEMCPY, 0, OP_A(OPS_FIRST - 1u, OBS(9), 2),
     OP_BAD_INDEX(OPS_FIRST - 1u)},
    {"copy to before the observables", STK_OP_MEMCPY, 0, OP_A(OBS(9), OPS_FIRST - 1u, 2), OP_BAD_INDEX(OPS_FIRST - 1u)},
    {"copy to the last word and beyond", STK_OP_MEMCPY, 0, OP_A(OBS(9), OPS_LAST, 2), OP_BAD_INDEX(OPS_LAST)},
    {"copy to the greatest index", STK_OP_MEMCPY, 0, OP_A(OBS(9), OPS_MAX, 2), OP_BAD_INDEX(OPS_MAX)},
    {"copy from the greatest index", STK_OP_MEMCPY, 0, OP_A(OPS_MAX, OBS(9), 2), OP_BAD_INDEX(OPS_MAX)},

    {"step of a table",
     STK_OP_DFA_STEP,
     0,
     OP_A(1, 255, 1024, 2),
     STK_SLOT_DONE,
     {{OP_ARG, STK_RESULT_ARG, OPS_PAYLOAD_WORD(256u + 511u)}}},
    {"step of a table at the end of the payload",
     STK_OP_DFA_STEP,
     0,
     OP_A(0, 0, OPS_PAYLOAD - 2048u, 2),
     STK_SLOT_DONE,
     {{OP_ARG, STK_RESULT_ARG, OPS_PAYLOAD_WORD(OPS_PAYLOAD / 4u - 512u)}}},
    {"step of a table one word too far", STK_OP_DFA_STEP, 0, OP_A(0, 0, OPS_PAYLOAD - 2044u, 2),
     OP_REFUSED(STK_REASON_PAYLOAD, OPS_PAYLOAD - 2044u)},
    {"step of a table between words", STK_OP_DFA_STEP, 0, OP_A(0, 0, 2, 2), OP_REFUSED(STK_REASON_PAYLOAD, 2)},
    {"step of a table far out", STK_OP_DFA_STEP, 0, OP_A(0, 0, 0xFFFFFFFCu, 1),
     OP_REFUSED(STK_REASON_PAYLOAD, 0xFFFFFFFCu)},
    {"step of a table whose size wraps", STK_OP_DFA_STEP, 0, OP_A(0x00400000u, 0, 0, 0x00400001u),
     OP_REFUSED(STK_REASON_PAYLOAD, 0)},
    {"step by more than a byte", STK_OP_DFA_STEP, 0, OP_A(0, 256, 0, 2), OP_REFUSED(STK_REASON_ARGUMENT, 1)},
    {"step by the greatest byte", STK_OP_DFA_STEP, 0, OP_A(0, OPS_MAX, 0, 2), OP_REFUSED(STK_REASON_ARGUMENT, 1)},
    {"step from one past the states", STK_OP_DFA_STEP, 0, OP_A(2, 0, 0, 2), OP_REFUSED(STK_REASON_ARGUMENT, 0)},
    {"step from the greatest state", STK_OP_DFA_STEP, 0, OP_A(OPS_MAX, 0, 0, OPS_MAX),
     OP_REFUSED(STK_REASON_ARGUMENT, 0)},
    {"step of no states", STK_OP_DFA_STEP, 0, OP_A(0, 0, 0, 0), OP_REFUSED(STK_REASON_ARGUMENT, 0)},

    {"fence of nothing",
     STK_OP_BATCH_FENCE,
     0,
     OP_A(0, 77),
     STK_SLOT_DONE,
     {{OP_CONTROL, OPS_FIRST, 77}, {OP_CONTROL, STK_CTL_EPOCH, 1}}},
    {"fence of more items than the ring has",
     STK_OP_BATCH_FENCE,
     0,
     OP_A(OPS_MAX, 78),
     STK_SLOT_DONE,
     {{OP_CONTROL, OPS_FIRST, 78}, {OP_CONTROL, STK_CTL_EPOCH, 1}}},

    {"printf",
     STK_OP_PRINTF,
     0,
     OP_A(11, 22, 33),
     STK_SLOT_DONE,
     {{OP_DEBUG, 0, 4}, {OP_DEBUG, 1, 11}, {OP_DEBUG, 2, 22}, {OP_DEBUG, 3, 33}, {OP_DEBUG, 4, 0}}},
    {"load miss",
     STK_OP_LOAD_MISS,
     0,
     OP_A(42, 1),
     STK_SLOT_WAIT_IO,
     {{OP_ARG, 2, 1},
      {OP_IO, STK_IO_OP, STK_IO_OP_READ},
      {OP_IO, STK_IO_SRC, 42},
      {OP_IO, STK_IO_DST, 42},
      {OP_IO, STK_IO_STATUS, STK_SLOT_PUBLISHED},
      {OP_IO, STK_IO_TAG, 0}}},
    {"load miss with a ticket past the queue", STK_OP_LOAD_MISS, 0, OP_A(42, 1, OPS_IO + 1u),
     OP_REFUSED(STK_REASON_ARGUMENT, 2)},
    {"load miss with the greatest ticket", STK_OP_LOAD_MISS, 0, OP_A(42, 1, OPS_MAX),
     OP_REFUSED(STK_REASON_ARGUMENT, 2)},
    {"shutdown", STK_OP_SHUTDOWN, 0, OP_A(0), OP_SETS(STK_CTL_SHUTDOWN, 1)},

    {"unknown built-in", 8, 0, OP_A(0), OP_REFUSED(STK_REASON_OPCODE, 8)},
    {"reserved opcode", STK_OP_RESERVED_MIN, 0, OP_A(0), OP_REFUSED(STK_REASON_OPCODE, STK_OP_RESERVED_MIN)},
    {"last reserved opcode", STK_OP_RESERVED_MAX, 0, OP_A(0), OP_REFUSED(STK_REASON_OPCODE, STK_OP_RESERVED_MAX)},
    {"unknown user opcode", 0x00010000u, 0, OP_A(0), OP_REFUSED(STK_REASON_OPCODE, 0x00010000u)},
    {"unknown tenant opcode", STK_OP_TENANT_BASE, 0, OP_A(0), OP_REFUSED(STK_REASON_OPCODE, STK_OP_TENANT_BASE)},
    {"unknown system opcode", 0x80000000u, 0, OP_A(0), OP_REFUSED(STK_REASON_OPCODE, 0x80000000u)},

    {"tenant without a mask", STK_OP_NOP, 1, OP_A(0), OP_REFUSED(STK_REASON_TENANT, 1)},
    {"last tenant in the mask table", STK_OP_NOP, 28, OP_A(0), OP_REFUSED(STK_REASON_TENANT, 28)},
    {"tenant past the mask table", STK_OP_STORE_U32, 29, OP_A(1, OPS_FIRST), OP_REFUSED(STK_REASON_TENANT, 29)},
    {"greatest tenant", STK_OP_STORE_U32, OPS_MAX, OP_A(1, OPS_FIRST), OP_REFUSED(STK_REASON_TENANT, OPS_MAX)},

    {"packed store and add",
     STK_OP_PACKED_SLOT,
     0,
     OP_A(OP_HEAD(2u, 4u, 1, 0), OP_PAIR(2u, 2u, 0, 0), 7, OBS(0), 8, OBS(1)),
     STK_SLOT_DONE,
     {{OP_CONTROL, OBS(0), 7}, {OP_CONTROL, OBS(1), OPS_OBSERVABLE(OBS(1)) + 8u}}},
    {"packed ops that share arguments", STK_OP_PACKED_SLOT, 0,
     OP_A(OP_HEAD(2u, 2u, 1, 0), OP_PAIR(2u, 0u, 0, 0), 7, OBS(0)), OP_SETS(OBS(0), 14)},
    {"packed nothing", STK_OP_PACKED_SLOT, 0, OP_A(0), OP_NOTHING},
    {"packed nops to the brim", STK_OP_PACKED_SLOT, 0, OP_A(OP_HEAD(23u, 0u, 0, 0)), OP_NOTHING},
    {"packed argument that is missing is 0", STK_OP_PACKED_SLOT, 0, OP_A(OP_HEAD(1u, 1u, 1, 0), 7),
     OP_REFUSED(STK_REASON_PACKED, 0)},
    {"packed offset one past the words", STK_OP_PACKED_SLOT, 0,
     OP_A(OP_HEAD(2u, 2u, 1, 0), OP_PAIR(1u, 3u, 0, 0), 7, OBS(0)), OP_REFUSED(STK_REASON_PACKED, 1)},
    {"packed offset 255", STK_OP_PACKED_SLOT, 0, OP_A(OP_HEAD(1u, 2u, 1, 255), 7, OBS(0)),
     OP_REFUSED(STK_REASON_PACKED, 0)},
    {"packed words one too many", STK_OP_PACKED_SLOT, 0, OP_A(OP_HEAD(1u, 12u, 0, 0)),
     OP_REFUSED(STK_REASON_PACKED, 255)},
    {"packed words all there are", STK_OP_PACKED_SLOT, 0, OP_A(OP_HEAD(1u, 11u, 0, 0)), OP_NOTHING},
    {"packed words 255", STK_OP_PACKED_SLOT, 0, OP_A(OP_HEAD(1u, 255u, 0, 0)), OP_REFUSED(STK_REASON_PACKED, 255)},
    {"packed ops one too many", STK_OP_PACKED_SLOT, 0, OP_A(OP_HEAD(24u, 0u, 0, 0)),
     OP_REFUSED(STK_REASON_PACKED, 255)},
    {"packed ops 255", STK_OP_PACKED_SLOT, 0, OP_A(OP_HEAD(255u, 0u, 0, 0)), OP_REFUSED(STK_REASON_PACKED, 255)},
    {"packed unknown op, nothing runs", STK_OP_PACKED_SLOT, 0,
     OP_A(OP_HEAD(2u, 2u, 1, 0), OP_PAIR(99u, 0u, 0, 0), 7, OBS(0)), OP_REFUSED(STK_REASON_PACKED, 1)},
    {"packed op that faults ends the slot",
     STK_OP_PACKED_SLOT,
     0,
     OP_A(OP_HEAD(3u, 4u, 1, 0), OP_PAIR(1u, 2u, 2, 0), 7, OBS(0), 7, 5),
     STK_SLOT_FAULT,
     {{OP_CONTROL, OBS(0), 7}, {OP_ARG, STK_FAULT_VALUE_ARG, 1}, {OP_ARG, STK_FAULT_REASON_ARG, STK_REASON_PACKED}}},
    {"packed fence",
     STK_OP_PACKED_SLOT,
     0,
     OP_A(OP_HEAD(1u, 2u, 7, 0), 0, 5),
     STK_SLOT_DONE,
     {{OP_CONTROL, OPS_FIRST, 5}, {OP_CONTROL, STK_CTL_EPOCH, 1}}},

    {"sum of the payload",
     STK_OP_SUM64,
     0,
     OP_A(0, 16),
     STK_SLOT_DONE,
     {{OP_ARG, 8, OPS_PAYLOAD_WORD(0) * 4u + 6u}, {OP_ARG, 9, 3}}},
    {"sum of nothing at the end", STK_OP_SUM64, 0, OP_A(OPS_PAYLOAD, 0), OP_NOTHING},
    {"sum one byte past the end", STK_OP_SUM64, 0, OP_A(OPS_PAYLOAD - 4u, 5),
     OP_REFUSED(STK_REASON_PAYLOAD, OPS_PAYLOAD - 4u)},
    {"sum between words", STK_OP_SUM64, 0, OP_A(1, 4), OP_REFUSED(STK_REASON_PAYLOAD, 1)},
    {"sum of the greatest length", STK_OP_SUM64, 0, OP_A(4, OPS_MAX), OP_REFUSED(STK_REASON_PAYLOAD, 4)},
    {"sum with a lead", STK_OP_SUM64, 0, OP_A(0, 8, 1), OP_REFUSED(STK_REASON_ARGUMENT, STK_ARG_LEAD)},
    {"scan past the payload", STK_OP_SCAN_COUNT, 0, OP_A(OPS_PAYLOAD, 1), OP_REFUSED(STK_REASON_PAYLOAD, OPS_PAYLOAD)},
    {"scan with more lead than bytes", STK_OP_SCAN_COUNT, 0, OP_A(0, 8, 9),
     OP_REFUSED(STK_REASON_ARGUMENT, STK_ARG_LEAD)},
    {"scan without an automaton", STK_OP_SCAN_COUNT, 0, OP_A(0, 8, 0, 64), OP_REFUSED(STK_REASON_TABLE, 2)},
    {"scan with an image off its alignment", STK_OP_SCAN_COUNT, 0, OP_A(0, 8, 0, 32), OP_REFUSED(STK_REASON_TABLE, 1)},
    {"scan with an image at the end", STK_OP_SCAN_COUNT, 0, OP_A(0, 8, 0, OPS_TABLES), OP_REFUSED(STK_REASON_TABLE, 1)},
    {"scan with an image past the end", STK_OP_SCAN_COUNT, 0, OP_A(0, 8, 0, OPS_TABLES - 256u),
     OP_REFUSED(STK_REASON_TABLE, 1)},
    {"scan with an image that ends with the tables", STK_OP_SCAN_COUNT, 0, OP_A(0, 8, 0, OPS_TABLES - 320u),
     OP_REFUSED(STK_REASON_TABLE, 2)},
    {"scan with an image behind all", STK_OP_SCAN_COUNT, 0, OP_A(0, 8, 0, 0xFFFFFFC0u),
     OP_REFUSED(STK_REASON_TABLE, 1)},
    {"locate past the payload", STK_OP_SCAN_LOCATE, 0, OP_A(1, OPS_PAYLOAD), OP_REFUSED(STK_REASON_PAYLOAD, 1)},
    {"locate from before the lead", STK_OP_SCAN_LOCATE, 0, OP_A(0, 8, 4, 0, 3),
     OP_REFUSED(STK_REASON_ARGUMENT, STK_SCAN_FROM)},
    {"locate from past the bytes", STK_OP_SCAN_LOCATE, 0, OP_A(0, 8, 4, 0, 9),
     OP_REFUSED(STK_REASON_ARGUMENT, STK_SCAN_FROM)},
    {"crc of nothing at the end", STK_OP_CRC32C, 0, OP_A(OPS_PAYLOAD, 0, 0, 0x12345678), OP_CRC(0x12345678)},
    {"crc of a chunk that is all lead", STK_OP_CRC32C, 0, OP_A(4, 8, 8), OP_CRC(0)},
    {"crc past the payload", STK_OP_CRC32C, 0, OP_A(OPS_PAYLOAD - 1u, 2),
     OP_REFUSED(STK_REASON_PAYLOAD, OPS_PAYLOAD - 1u)},
    {"crc at the greatest offset", STK_OP_CRC32C, 0, OP_A(OPS_MAX, 1), OP_REFUSED(STK_REASON_PAYLOAD, OPS_MAX)},
    {"crc of bytes that wrap", STK_OP_CRC32C, 0, OP_A(16, OPS_MAX), OP_REFUSED(STK_REASON_PAYLOAD, 16)},
    {"crc with more lead than bytes", STK_OP_CRC32C, 0, OP_A(0, 8, 9), OP_REFUSED(STK_REASON_ARGUMENT, STK_ARG_LEAD)},
    {"fir past the payload", STK_OP_FIR_Q15, 0, OP_A(OPS_PAYLOAD - 2u, 4),
     OP_REFUSED(STK_REASON_PAYLOAD, OPS_PAYLOAD - 2u)},
    {"fir of bytes that wrap", STK_OP_FIR_Q15, 0, OP_A(2, OPS_MAX - 1u), OP_REFUSED(STK_REASON_PAYLOAD, 2)},
    {"fir at an odd byte", STK_OP_FIR_Q15, 0, OP_A(1, 8), OP_REFUSED(STK_REASON_PAYLOAD, 1)},
    {"fir of half a sample", STK_OP_FIR_Q15, 0, OP_A(0, 9), OP_REFUSED(STK_REASON_ARGUMENT, STK_ARG_BYTES)},
    {"fir with an odd lead", STK_OP_FIR_Q15, 0, OP_A(0, 8, 1), OP_REFUSED(STK_REASON_ARGUMENT, STK_ARG_LEAD)},
    {"fir with more lead than bytes", STK_OP_FIR_Q15, 0, OP_A(0, 8, 10), OP_REFUSED(STK_REASON_ARGUMENT, STK_ARG_LEAD)},
    {"fir without taps", STK_OP_FIR_Q15, 0, OP_A(0, 8, 0, 16, 0, 32), OP_REFUSED(STK_REASON_ARGUMENT, STK_FIR_COUNT)},
    {"fir with one tap too many", STK_OP_FIR_Q15, 0, OP_A(0, 8, 0, 16, 257, 1024),
     OP_REFUSED(STK_REASON_ARGUMENT, STK_FIR_COUNT)},
    {"fir with taps past the payload", STK_OP_FIR_Q15, 0, OP_A(0, 8, 0, OPS_PAYLOAD - 2u, 2, 32),
     OP_REFUSED(STK_REASON_PAYLOAD, OPS_PAYLOAD - 2u)},
    {"fir with taps at an odd byte", STK_OP_FIR_Q15, 0, OP_A(0, 8, 0, 17, 1, 32), OP_REFUSED(STK_REASON_PAYLOAD, 17)},
    {"fir to an odd byte", STK_OP_FIR_Q15, 0, OP_A(0, 8, 0, 16, 1, 33), OP_REFUSED(STK_REASON_PAYLOAD, 33)},
    {"fir to past the payload", STK_OP_FIR_Q15, 0, OP_A(0, 8, 0, 16, 1, OPS_PAYLOAD - 6u),
     OP_REFUSED(STK_REASON_PAYLOAD, OPS_PAYLOAD - 6u)},
    {"fir in place", STK_OP_FIR_Q15, 0, OP_A(0, 8, 0, 16, 1, 0), OP_REFUSED(STK_REASON_ARGUMENT, STK_FIR_OUT)},
    {"fir onto its last sample", STK_OP_FIR_Q15, 0, OP_A(8, 8, 0, 0, 1, 14),
     OP_REFUSED(STK_REASON_ARGUMENT, STK_FIR_OUT)},
    {"fir onto its taps", STK_OP_FIR_Q15, 0, OP_A(16, 8, 0, 8, 1, 2), OP_REFUSED(STK_REASON_ARGUMENT, STK_FIR_OUT)},
};

#define OP_CASES (sizeof op_cases / sizeof *op_cases)

/* Puts the case into slot 0 of a fresh image. */
static inline void op_case_before(const struct op_case *c, struct op_image *m) {
    op_image_reset(m);
    op_publish(m, 0, c->opcode, c->tenant, c->args);
}

/* Makes the image that the case must leave. */
static inline void op_case_after(const struct op_case *c, struct op_image *m) {
    uint32_t *slot = op_slot(m, 0);
    const struct op_change *x;
    for (x = c->change; x->area != OP_NONE; x++) {
        uint32_t *area[] = {NULL, m->control, m->debug, m->io, slot + STK_SLOT_ARG0};
        stk_store(&area[x->area][x->index], x->value);
    }
    stk_store(&slot[STK_SLOT_STATUS], c->status);
    if (c->opcode < STK_CTL_METRICS_SLOTS) {
        stk_store(&m->control[STK_CTL_METRICS + c->opcode], 1);
    }
    stk_store(&m->control[STK_CTL_DONE_COUNT], c->status == STK_SLOT_DONE);
    stk_store(&m->control[STK_CTL_FAULT_COUNT], c->status == STK_SLOT_FAULT);
}

#endif
