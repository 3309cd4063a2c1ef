/* stoker: lays out the control buffer, and loads and stores its words for the host. Every call checks that its own word
 * is there, because a buffer that was read back may be short. The words have their meaning in the kernels (SPEC.md,
 * 2.1). */
#include "stoker/control.h"

#include "base/error_info.h"
#include "base/memory.h"
#include "slot_words.h"
#include "stoker/atomic.h"
#include "base/words_of.h"

int stk_control_bytes(uint32_t observables, size_t *bytes) {
    if (observables > STK_CONTROL_OBSERVABLES_MAX) {
        return STK_E_OVERFLOW;
    }
    return stk_size_of(4u * ((uint64_t)STK_CTL_WORDS_MIN + observables), bytes);
}

/* Stores `value` to the first `count` words, and to no more than `most`. Init takes any number of tenants, while the
 * tables of masks and quotas have a length of their own. */
static void fill(uint32_t *words, uint32_t count, uint32_t most, uint32_t value) {
    for (uint32_t i = 0; i < count && i < most; i++) {
        stk_store(words + i, value);
    }
}

_Static_assert(STK_CONTROL_OBSERVABLES_INIT_MAX <= SIZE_MAX / 4u - STK_CTL_WORDS_MIN,
               "what init lays out can be counted");

int stk_control_init(struct stk_control *control, void *mem, size_t bytes, int shutdown, uint32_t tenants,
                     uint32_t observables) {
    if (observables > STK_CONTROL_OBSERVABLES_INIT_MAX) {
        return STK_E_OVERFLOW;
    }
    size_t need = STK_CONTROL_BYTES(observables);
    int err = stk_layout_check(mem, bytes, need);
    if (err != STK_OK) {
        return err;
    }
    /* Nobody shares the memory before init returns, so these stores need no atomics. */
    memset(mem, 0, need);
    uint32_t *w = mem;
    stk_store(w + STK_CTL_SHUTDOWN, shutdown != 0);
    stk_store(w + STK_CTL_TENANT_BASE, STK_CTL_TENANT_MASK);
    fill(w + STK_CTL_TENANT_MASK, tenants, STK_CTL_TENANT_MASKS, UINT32_MAX);
    fill(w + STK_CTL_TENANT_QUOTA, tenants, STK_CTL_TENANT_QUOTAS, STK_TENANT_QUOTA_DEFAULT);
    control->words = w;
    control->count = STK_CTL_WORDS_MIN + observables;
    return STK_OK;
}

int stk_control_view(struct stk_control *control, void *mem, size_t bytes) {
    uint32_t count;
    int err = stk_whole_records(mem, bytes, 4, UINT32_MAX, &count);
    if (err != STK_OK) {
        return err;
    }
    control->words = mem;
    control->count = count;
    return STK_OK;
}

/* Checks that `word` lies in the buffer. If not, the error names the word, and the bytes that a buffer with this word
 * has. */
static int reach(const struct stk_control *control, uint32_t word, struct stk_error_info *info) {
    if (word >= control->count) {
        return stk_fail(info, STK_E_MISSING, word, 4u * ((uint64_t)word + 1));
    }
    return STK_OK;
}

int stk_control_word(const struct stk_control *control, uint32_t word, uint32_t *value, struct stk_error_info *info) {
    int err = reach(control, word, info);
    if (err == STK_OK) {
        /* Acquire: the caller sees everything that the writer of this word stored before the word. */
        *value = stk_load_acquire(control->words + word);
    }
    return err;
}

int stk_control_done_count(const struct stk_control *control, uint32_t *value, struct stk_error_info *info) {
    return stk_control_word(control, STK_CTL_DONE_COUNT, value, info);
}

int stk_control_epoch(const struct stk_control *control, uint32_t *value, struct stk_error_info *info) {
    return stk_control_word(control, STK_CTL_EPOCH, value, info);
}

int stk_control_observable(const struct stk_control *control, uint32_t index, uint32_t *value,
                           struct stk_error_info *info) {
    /* Above this number the index of the word would wrap, and name a control word that is no observable. */
    if (index > UINT32_MAX - STK_CTL_OBSERVABLE) {
        return stk_fail(info, STK_E_OVERFLOW, index, STK_CONTROL_OBSERVABLES_MAX);
    }
    return stk_control_word(control, STK_CTL_OBSERVABLE + index, value, info);
}

/* Checks one metric word after the other, so that the error names the first word that is missing. A check of the last
 * word alone would name the last one. */
static int metrics_reach(const struct stk_control *control, struct stk_error_info *info) {
    int err = STK_OK;
    for (uint32_t i = 0; i < STK_CTL_METRICS_SLOTS && err == STK_OK; i++) {
        err = reach(control, STK_CTL_METRICS + i, info);
    }
    return err;
}

int stk_control_metrics(const struct stk_control *control, struct stk_metric *out, uint32_t cap,
                        struct stk_error_info *info) {
    /* Collected here first, since `out` must stay untouched when it turns out to be too small. */
    struct stk_metric found[STK_CTL_METRICS_SLOTS];
    uint32_t count = 0;
    int err = metrics_reach(control, info);
    if (err != STK_OK) {
        return err;
    }
    for (uint32_t i = 0; i < STK_CTL_METRICS_SLOTS; i++) {
        /* Relaxed: a counter stands for itself, and nothing else is read on the strength of it. */
        uint32_t value = stk_load(control->words + STK_CTL_METRICS + i);
        if (value != 0) {
            found[count].opcode = i;
            found[count++].count = value;
        }
    }
    if (count > cap) {
        return stk_fail(info, STK_E_SPACE, cap, (uint64_t)count * sizeof *out);
    }
    if (count > 0) {
        memcpy(out, found, count * sizeof *out);
    }
    return (int)count;
}

int stk_control_set_shutdown(struct stk_control *control, int shutdown, struct stk_error_info *info) {
    int err = reach(control, STK_CTL_SHUTDOWN, info);
    if (err == STK_OK) {
        /* Release: a worker that sees the flag sees every slot that was published before. */
        stk_store_release(control->words + STK_CTL_SHUTDOWN, shutdown != 0);
    }
    return err;
}

int stk_control_ring_doorbell(struct stk_control *control, struct stk_error_info *info) {
    int err = reach(control, STK_CTL_DOORBELL, info);
    if (err == STK_OK) {
        stk_ring_bell(control->words + STK_CTL_DOORBELL);
    }
    return err;
}

int stk_control_set_shares(struct stk_control *control, uint32_t observables, uint32_t payload_bytes,
                           struct stk_error_info *info) {
    /* The word of the observables lies before the word of the payload, so one check covers both. */
    int err = reach(control, STK_CTL_SHARE_PAYLOAD, info);
    if (err == STK_OK && payload_bytes % 64u != 0) {
        err = stk_fail(info, STK_E_ALIGN, STK_CTL_SHARE_PAYLOAD, payload_bytes);
    }
    if (err == STK_OK) {
        /* Relaxed: no worker runs yet. The start of the workers orders these stores, as it does all of the setup. */
        stk_store(control->words + STK_CTL_SHARE_OBSERVABLES, observables);
        stk_store(control->words + STK_CTL_SHARE_PAYLOAD, payload_bytes);
    }
    return err;
}

int stk_control_set_custody(struct stk_control *control, uint32_t at, struct stk_error_info *info) {
    int err = reach(control, STK_CTL_NO_SHARED_ATOMICS, info);
    /* Bit 0 of the word is not part of the place, so 31 bits are left for it. */
    if (err == STK_OK && at != 0u && (at < control->count || at > UINT32_MAX >> STK_CUSTODY_SHIFT)) {
        err = stk_fail(info, STK_E_RANGE, STK_CTL_NO_SHARED_ATOMICS, at);
    }
    if (err == STK_OK) {
        /* The port may have set bit 0 already (the device is behind a bus), so the bit is kept. */
        uint32_t bus = stk_load(control->words + STK_CTL_NO_SHARED_ATOMICS) & STK_NO_SHARED_ATOMICS_BIT;
        stk_store(control->words + STK_CTL_NO_SHARED_ATOMICS, at << STK_CUSTODY_SHIFT | bus);
    }
    return err;
}

int stk_control_set_quota(struct stk_control *control, uint32_t tenant, uint32_t claims, struct stk_error_info *info) {
    int err = tenant < STK_CTL_TENANT_MASKS ? STK_OK : stk_fail(info, STK_E_RANGE, tenant, STK_CTL_TENANT_MASKS);
    err = err == STK_OK ? reach(control, STK_CTL_TENANT_QUOTA + tenant, info) : err;
    if (err == STK_OK) {
        stk_store(control->words + STK_CTL_TENANT_QUOTA + tenant, claims);
    }
    return err;
}

void stk_priority_offsets(uint32_t slots, uint32_t offsets[STK_PRIORITY_OFFSETS]) {
    uint32_t share = slots / STK_PRIORITIES;
    uint32_t at = 0;
    for (uint32_t p = 0; p < STK_PRIORITIES; p++) {
        offsets[p] = at;
        /* NORMAL gets the slots that are left over, as SPEC.md, 2.2 says. */
        at += share + (p == STK_WIRE_PRIORITY_NORMAL ? slots % STK_PRIORITIES : 0);
    }
    offsets[STK_PRIORITIES] = slots;
}

int stk_control_set_priorities(struct stk_control *control, uint32_t slots, struct stk_error_info *info) {
    uint32_t offsets[STK_PRIORITY_OFFSETS];
    /* The last offset, which is the slot count, is the highest word of the table. */
    int err = reach(control, STK_CTL_PRIORITY_OFFSETS + STK_PRIORITIES, info);
    if (err != STK_OK) {
        return err;
    }
    stk_priority_offsets(slots, offsets);
    for (uint32_t i = 0; i < STK_PRIORITY_OFFSETS; i++) {
        stk_store(control->words + STK_CTL_PRIORITY_OFFSETS + i, offsets[i]);
    }
    return STK_OK;
}
