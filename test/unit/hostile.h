/* Rings full of slots that mean harm, and what they may have changed: the rules of core/SPEC.md once more, without the
 * kernel's code. The same rings run on the interpreter, on the resident kernel and in a simulator. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include "stoker/atomic.h"
#include "op_image.h"
#include "stoker/scan_words.h"

#define HOSTILE_TENANTS     4u   /* authorised: 0 .. 3 */
#define HOSTILE_OBSERVABLES 100u /* observables of each tenant; the last of the 512 belong to no tenant */
#define HOSTILE_SHARE       1024u
#define HOSTILE_GOOD        4u    /* one slot in this number is harmless */
#define HOSTILE_IMAGE       3072u /* the one automaton in the tables; whose it is depends on the shares */
#define HOSTILE_IMAGE_BYTES (STK_IMAGE_TABLE_BYTE + 16u)

struct hostile {
    struct op_image image; /* before the slots run */
    uint32_t payload_bytes;
    uint64_t random;
};

static inline uint32_t hostile_next(struct hostile *h) {
    h->random ^= h->random << 13;
    h->random ^= h->random >> 7;
    h->random ^= h->random << 17;
    return (uint32_t)(h->random >> 16);
}

static inline uint32_t hostile_first(uint32_t tenant) {
    return STK_CTL_OBSERVABLE + tenant * HOSTILE_OBSERVABLES;
}

static inline uint32_t hostile_opcode(struct hostile *h) {
    static const uint32_t some[] = {0,
                                    1,
                                    2,
                                    3,
                                    4,
                                    5,
                                    6,
                                    7,
                                    8,
                                    STK_OP_SCAN_COUNT,
                                    STK_OP_SCAN_LOCATE,
                                    STK_OP_SUM64,
                                    STK_OP_CRC32C,
                                    STK_OP_FIR_Q15,
                                    STK_OP_LOAD_MISS,
                                    STK_OP_PRINTF,
                                    STK_OP_PACKED_SLOT,
                                    STK_OP_PACKED_SLOT,
                                    STK_OP_TENANT_BASE,
                                    STK_OP_TENANT_BASE + STK_OP_TENANT_RANGE,
                                    STK_OP_RESERVED_MIN,
                                    STK_OP_SYSTEM_BIT};
    uint32_t r = hostile_next(h);
    return r % 16u == 0u ? (r | 1u) & 0xFFFFFFFEu : some[r / 16u % (sizeof some / sizeof *some)];
}

static inline uint32_t hostile_tenant(struct hostile *h) {
    static const uint32_t some[] = {4, 28, 29, 31, 32, 0x80000000u, UINT32_MAX};
    uint32_t r = hostile_next(h);
    return r % 8u == 0u ? some[r / 8u % 7u] : r / 8u % HOSTILE_TENANTS;
}

/* Returns a number close to some border. */
static inline uint32_t hostile_argument(struct hostile *h) {
    const uint32_t border[] = {0,
                               STK_CTL_OBSERVABLE,
                               OPS_CONTROL,
                               hostile_first(hostile_next(h) % 6u),
                               h->payload_bytes,
                               HOSTILE_SHARE * (hostile_next(h) % 6u),
                               64u * (hostile_next(h) % 32u),
                               0x80000000u,
                               0x40000000u + STK_CTL_OBSERVABLE,
                               OPS_IO,
                               OPS_SLOTS};
    uint32_t r = hostile_next(h);
    return r % 8u == 0u ? hostile_next(h) : border[r / 8u % (sizeof border / sizeof *border)] + r / 128u % 5u - 2u;
}

static inline void hostile_slot(struct hostile *h, uint32_t slot) {
    uint32_t args[STK_SLOT_ARGS], i, tenant = hostile_tenant(h), opcode = hostile_opcode(h);
    for (i = 0; i < STK_SLOT_ARGS; i++) {
        args[i] = hostile_argument(h);
    }
    if (opcode == STK_OP_PACKED_SLOT && hostile_next(h) % 4u != 0u) {
        uint32_t r = hostile_next(h);
        args[0] = r % 4u | (r / 4u % 13u) << 8 | (r / 64u % 9u) << 16 | (r / 1024u % 9u) << 24;
        args[1] = (r / 16384u % 9u) | (r % 7u) << 8 | (r % 11u) << 16 | (r % 5u) << 24;
    }
    if (slot % HOSTILE_GOOD == 0u) {
        tenant = slot / HOSTILE_GOOD % HOSTILE_TENANTS;
        opcode = STK_OP_STORE_U32;
        args[1] = hostile_first(tenant) + 99u;
    }
    op_publish(&h->image, slot, opcode, tenant, args);
}

/* Two states and two classes of bytes: the byte 'x' is the one pattern. */
static inline void hostile_automaton(uint32_t *image) {
    uint32_t *table = image + STK_IMAGE_TABLE_BYTE / 4u;
    memset(image, 0, HOSTILE_IMAGE_BYTES);
    stk_store(&image[STK_IMAGE_W_MAGIC], STK_IMAGE_MAGIC);
    stk_store(&image[STK_IMAGE_W_VERSION], STK_IMAGE_VERSION);
    stk_store(&image[STK_IMAGE_W_STATES], 2);
    stk_store(&image[STK_IMAGE_W_CLASSES], 2);
    stk_store(&image[STK_IMAGE_W_ACCEPT], 1);
    stk_store(&image[STK_IMAGE_W_MAX_LEN], 1);
    stk_store(&image[STK_IMAGE_W_TABLE], 4);
    ((uint8_t *)(image + STK_IMAGE_WORDS))['x'] = 1;
    stk_store(&table[1], 2u | STK_IMAGE_ENDS);
    stk_store(&table[3], 2u | STK_IMAGE_ENDS);
}

/* Fills the ring and the buffers with pseudo-random words, which the seed determines. */
static inline void hostile_fill(struct hostile *h, uint32_t seed, uint32_t payload_bytes) {
    uint32_t i;
    h->random = (seed + 1u) * UINT64_C(0x9E3779B97F4A7C15);
    h->payload_bytes = payload_bytes;
    op_image_reset(&h->image);
    for (i = 0; i < HOSTILE_TENANTS; i++) {
        stk_store(&h->image.control[STK_CTL_TENANT_MASK + i], UINT32_MAX);
    }
    stk_store(&h->image.control[STK_CTL_SHARE_OBSERVABLES], HOSTILE_OBSERVABLES);
    stk_store(&h->image.control[STK_CTL_SHARE_PAYLOAD], HOSTILE_SHARE);
    hostile_automaton(h->image.tables + HOSTILE_IMAGE / 4u);
    for (i = 0; i < OPS_SLOTS; i++) {
        hostile_slot(h, i);
    }
}

/// What must come of it ///

static inline int hostile_owns(uint32_t tenant, uint32_t first, uint64_t count) {
    uint32_t from = hostile_first(tenant), end = from + HOSTILE_OBSERVABLES;
    return first >= from && first <= end && count <= end - first;
}

static inline int hostile_owns_bytes(const struct hostile *h, uint32_t tenant, uint32_t first, uint64_t count) {
    uint32_t from = tenant * HOSTILE_SHARE, end = from + HOSTILE_SHARE;
    end = end < h->payload_bytes ? end : h->payload_bytes;
    return first >= from && first <= end && count <= end - first;
}

/* The tables have as many shares as the payload; each is cut to a multiple of 64. */
static inline int hostile_owns_tables(const struct hostile *h, uint32_t tenant, uint32_t first, uint64_t count) {
    uint32_t shares = h->payload_bytes == 0u ? 1u : (h->payload_bytes + HOSTILE_SHARE - 1u) / HOSTILE_SHARE;
    uint32_t share = OPS_TABLES / shares / 64u * 64u, from = tenant * share, end = from + share;
    end = end < OPS_TABLES ? end : OPS_TABLES;
    return first >= from && first <= end && count <= end - first;
}

static inline int hostile_meet(uint32_t a, uint64_t a_bytes, uint32_t b, uint64_t b_bytes) {
    return a_bytes != 0u && b_bytes != 0u && a < b + b_bytes && b < a + a_bytes;
}

static inline uint32_t hostile_fir_verdict(const struct hostile *h, uint32_t t, const uint32_t *a) {
    uint64_t out_bytes = (uint64_t)a[1] - a[2], tap_bytes = a[4] * UINT64_C(2);
    if (a[0] % 2u != 0 || !hostile_owns_bytes(h, t, a[0], a[1])) {
        return STK_REASON_PAYLOAD;
    }
    if (a[1] % 2u != 0 || a[2] % 2u != 0 || a[2] > a[1] || a[4] == 0u || a[4] > STK_FIR_TAPS_MAX) {
        return STK_REASON_ARGUMENT;
    }
    if (a[3] % 2u != 0 || !hostile_owns_bytes(h, t, a[3], tap_bytes) || a[5] % 2u != 0 ||
        !hostile_owns_bytes(h, t, a[5], out_bytes)) {
        return STK_REASON_PAYLOAD;
    }
    return hostile_meet(a[5], out_bytes, a[0], a[1]) || hostile_meet(a[5], out_bytes, a[3], tap_bytes)
               ? STK_REASON_ARGUMENT
               : 0;
}

static inline uint32_t hostile_scan_verdict(const struct hostile *h, uint32_t t, uint32_t op, const uint32_t *a) {
    uint32_t at;
    uint64_t bytes;
    if (!hostile_owns_bytes(h, t, a[0], a[1])) {
        return STK_REASON_PAYLOAD;
    }
    if (a[2] > a[1] || (op == STK_OP_SCAN_LOCATE && (a[STK_SCAN_FROM] < a[2] || a[STK_SCAN_FROM] > a[1]))) {
        return STK_REASON_ARGUMENT;
    }
    if (a[STK_SCAN_IMAGE] != HOSTILE_IMAGE || !hostile_owns_tables(h, t, HOSTILE_IMAGE, HOSTILE_IMAGE_BYTES)) {
        return STK_REASON_TABLE;
    }
    at = op == STK_OP_SCAN_LOCATE ? a[STK_SCAN_OUT] : a[STK_SCAN_HITS];
    bytes = op == STK_OP_SCAN_LOCATE ? a[STK_SCAN_ROOM] * UINT64_C(8) : 4u; /* counters of one worker */
    return at % 4u != 0 || !hostile_owns_bytes(h, t, at, bytes) ? STK_REASON_PAYLOAD : 0;
}

/* The end of a slot: the reason of a fault, or one of these values. */
#define HOSTILE_DONE  0u
#define HOSTILE_WAITS 98u /* a fence whose earlier slot waits for ever stays in REQUEUE */
#define HOSTILE_ASKS  97u /* a load miss that nobody serves: WAIT_IO, or REQUEUE when no I/O slot is free */

/* Returns the required end of a fence in slot `slot` over the `items` slots before it. The fence waits as long as one
 * of these slots waits. `after` holds the ends of these slots. */
static inline uint32_t hostile_fence_verdict(const struct op_image *after, uint32_t slot, uint32_t items) {
    uint32_t i;
    for (i = 1; i <= items && i < OPS_SLOTS; i++) {
        uint32_t status = op_status(after, (slot + OPS_SLOTS - i) % OPS_SLOTS);
        if (!stk_status_ended(status)) {
            return HOSTILE_WAITS;
        }
    }
    return HOSTILE_DONE;
}

static inline uint32_t hostile_verdict(const struct hostile *h, const struct op_image *after, uint32_t slot,
                                       const uint32_t *w);

/* Packed slots: SPEC.md, 1.5. The whole header is looked at first, then all fences, then the ops run in order. */
static inline uint32_t hostile_packed_verdict(const struct hostile *h, const struct op_image *after, uint32_t slot,
                                              const uint32_t *w) {
    const uint32_t *a = w + STK_SLOT_ARG0;
    const uint32_t ops = a[0] & 255u, words = a[0] >> 8 & 255u, first = (2u + 2u * ops + 3u) / 4u;
    uint32_t verdict[STK_PACKED_OPS_MAX], i, k, waits = 0, bad = 0;
    if (ops > STK_PACKED_OPS_MAX || first + words > STK_PACKED_WORDS) {
        return STK_REASON_PACKED;
    }
    for (i = 0; i < ops; i++) {
        uint32_t inner[STK_SLOT_WORDS] = {0};
        uint32_t at = a[(3u + 2u * i) / 4u] >> 8u * ((3u + 2u * i) % 4u) & 255u;
        inner[STK_SLOT_OPCODE] = a[(2u + 2u * i) / 4u] >> 8u * ((2u + 2u * i) % 4u) & 255u;
        inner[STK_SLOT_TENANT] = w[STK_SLOT_TENANT];
        if (inner[STK_SLOT_OPCODE] > STK_OP_BATCH_FENCE || at > words) {
            return STK_REASON_PACKED;
        }
        for (k = 0; at + k < words; k++) {
            inner[STK_SLOT_ARG0 + k] = a[first + at + k];
        }
        verdict[i] = hostile_verdict(h, after, slot, inner);
    }
    for (i = 0; i < ops; i++) {
        waits |= verdict[i] == HOSTILE_WAITS;
        bad |= verdict[i] != HOSTILE_DONE;
    }
    return waits ? HOSTILE_WAITS : bad ? STK_REASON_PACKED : HOSTILE_DONE;
}

/* Returns the required end of a slot with the words `w`. `after` holds the ends of the slots before. */
static inline uint32_t hostile_verdict(const struct hostile *h, const struct op_image *after, uint32_t slot,
                                       const uint32_t *w) {
    uint32_t op = w[STK_SLOT_OPCODE], t = w[STK_SLOT_TENANT];
    const uint32_t *a = w + STK_SLOT_ARG0;
    if (t >= HOSTILE_TENANTS) {
        return STK_REASON_TENANT;
    }
    switch (op) {
    case STK_OP_NOP:
    case STK_OP_PRINTF:
        return HOSTILE_DONE;
    case STK_OP_STORE_U32:
    case STK_OP_ATOMIC_ADD:
        return hostile_owns(t, a[1], 1) ? HOSTILE_DONE : STK_REASON_INDEX;
    case STK_OP_LOAD_U32:
        return hostile_owns(t, a[0], 1) && a[1] < OPS_CONTROL && hostile_owns(t, STK_CTL_OBSERVABLE + a[1], 1)
                   ? HOSTILE_DONE
                   : STK_REASON_INDEX;
    case STK_OP_COMPARE_SWAP:
        return STK_REASON_INDEX; /* a share of 100 words never has both words */
    case STK_OP_MEMCPY:
        return hostile_owns(t, a[0], a[2]) && hostile_owns(t, a[1], a[2]) ? HOSTILE_DONE : STK_REASON_INDEX;
    case STK_OP_DFA_STEP:
        return a[1] > 255u || a[0] >= a[3]                                                 ? STK_REASON_ARGUMENT
               : a[2] % 4u != 0 || !hostile_owns_bytes(h, t, a[2], (uint64_t)a[3] * 1024u) ? STK_REASON_PAYLOAD
                                                                                           : HOSTILE_DONE;
    case STK_OP_BATCH_FENCE:
        return hostile_fence_verdict(after, slot, a[0]);
    case STK_OP_LOAD_MISS:
        /* An I/O ticket in a published slot was made up by the publisher: no I/O request has that ticket. */
        return a[2] != 0u ? STK_REASON_ARGUMENT : HOSTILE_ASKS;
    case STK_OP_PACKED_SLOT:
        return hostile_packed_verdict(h, after, slot, w);
    case STK_OP_SCAN_COUNT:
    case STK_OP_SCAN_LOCATE:
        return hostile_scan_verdict(h, t, op, a);
    case STK_OP_SUM64:
        return a[0] % 4u != 0 || !hostile_owns_bytes(h, t, a[0], a[1]) ? STK_REASON_PAYLOAD
               : a[2] != 0                                             ? STK_REASON_ARGUMENT
                                                                       : HOSTILE_DONE;
    case STK_OP_CRC32C:
        return !hostile_owns_bytes(h, t, a[0], a[1]) ? STK_REASON_PAYLOAD
               : a[2] > a[1]                         ? STK_REASON_ARGUMENT
                                                     : HOSTILE_DONE;
    case STK_OP_FIR_Q15:
        return hostile_fir_verdict(h, t, a);
    default:
        return STK_REASON_OPCODE; /* no handler, or one of another tenant's window, or reserved */
    }
}

/* Returns true if there is an I/O slot that no load miss took. */
static inline int hostile_io_is_free(const struct op_image *after) {
    uint32_t i, taken = 0;
    for (i = 0; i < OPS_IO; i++) {
        taken += stk_load(&after->io[i * STK_IO_WORDS + STK_IO_STATUS]) != STK_SLOT_EMPTY;
    }
    return taken < OPS_IO;
}

/* Returns NULL, or a text that says what is wrong with slot `slot` after all slots have run. */
static inline const char *hostile_slot_wrong(const struct hostile *h, const struct op_image *after, uint32_t slot) {
    uint32_t was[STK_SLOT_WORDS], is[STK_SLOT_WORDS], verdict, status;
    stk_copy_out(was, STK_SLOT_AT(h->image.ring, slot), STK_SLOT_WORDS);
    stk_copy_out(is, STK_SLOT_AT(after->ring, slot), STK_SLOT_WORDS);
    verdict = hostile_verdict(h, after, slot, was);
    status = is[STK_SLOT_STATUS];
    if (memcmp(was + 1, is + 1, 12) != 0) {
        return "opcode, tenant or priority was rewritten";
    }
    switch (verdict) {
    case HOSTILE_DONE:
        return status != STK_SLOT_DONE ? "a good slot is not DONE" : NULL;
    case HOSTILE_WAITS:
        return status != STK_SLOT_REQUEUE ? "a fence behind a slot that waits is not in REQUEUE" : NULL;
    case HOSTILE_ASKS:
        return status == STK_SLOT_WAIT_IO                                ? NULL
               : status != STK_SLOT_REQUEUE || hostile_io_is_free(after) ? "a load miss does not wait for its read"
                                                                         : NULL;
    default:
        return status != STK_SLOT_FAULT                              ? "a bad slot did not fault"
               : is[STK_SLOT_ARG0 + STK_FAULT_REASON_ARG] != verdict ? "the reason is another"
                                                                     : NULL;
    }
}

/* Returns true if control word `word` belongs to an authorised tenant with a slot in the ring. */
static inline int hostile_word_owned(const struct hostile *h, uint32_t word) {
    uint32_t i;
    for (i = 0; i < OPS_SLOTS; i++) {
        uint32_t t = stk_load(&STK_SLOT_AT(h->image.ring, i)[STK_SLOT_TENANT]);
        if (t < HOSTILE_TENANTS && hostile_owns(t, word, 1)) {
            return 1;
        }
    }
    return 0;
}

static inline int hostile_byte_owned(const struct hostile *h, uint32_t at) {
    uint32_t i;
    for (i = 0; i < OPS_SLOTS; i++) {
        uint32_t t = stk_load(&STK_SLOT_AT(h->image.ring, i)[STK_SLOT_TENANT]);
        if (t < HOSTILE_TENANTS && hostile_owns_bytes(h, t, at, 1)) {
            return 1;
        }
    }
    return 0;
}

/* Returns true for the words below the observables that workers do not change. */
static inline int hostile_word_kept(uint32_t word) {
    return word == STK_CTL_DONE_COUNT || (word >= STK_CTL_TENANT_FAIRNESS && word <= STK_CTL_EPOCH) ||
           (word >= STK_CTL_WORKERS_IN && word <= STK_CTL_LEASE) || word == STK_CTL_RING_SCAN;
}

/* Returns NULL, or a text that says what is wrong. *where: the slot or the word. */
static inline const char *hostile_wrong(const struct hostile *h, const struct op_image *after, uint32_t *where) {
    const struct op_image *b = &h->image;
    const uint8_t *was = (const uint8_t *)b->payload, *is = (const uint8_t *)after->payload;
    const char *wrong = NULL;
    for (*where = 0; *where < OPS_SLOTS; ++*where) {
        wrong = hostile_slot_wrong(h, after, *where);
        if (wrong != NULL) {
            return wrong;
        }
    }
    for (*where = 0; *where < OPS_CONTROL; ++*where) {
        if (b->control[*where] != after->control[*where] && !hostile_word_kept(*where) &&
            !(*where >= STK_CTL_OBSERVABLE && hostile_word_owned(h, *where))) {
            return "a control word that no tenant owns was written";
        }
    }
    for (*where = 0; *where < OPS_PAYLOAD; ++*where) {
        if (was[*where] != is[*where] && !hostile_byte_owned(h, *where)) {
            return "a payload byte that no tenant owns was written";
        }
    }
    for (*where = 0; *where < OPS_TABLES / 4u; ++*where) {
        if (b->tables[*where] != after->tables[*where]) {
            return "a word of the tables was written";
        }
    }
    for (*where = 0; *where < OPS_ZONE; ++*where) {
        if ((after->zone0[*where] & after->zone1[*where] & after->zone2[*where] & after->zone3[*where] &
             after->zone4[*where] & after->zone5[*where] & after->zone6[*where]) != 0xA5A5A5A5u) {
            return "a word between the buffers was written";
        }
    }
    return NULL;
}

#endif
