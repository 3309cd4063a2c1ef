/* stoker: what tenants publish, how it is counted, and the wait for its end. Any number of threads may make these calls
 * for one tenant. */
#include "stoker/wait.h"

#include "stoker/deadline.h"
#include "tenant_internal.h"

/* Checks that a handle may publish opcode `local`. `word` is the state word as the caller has loaded it: the caller
 * swaps exactly this word, so the check still holds when the swap succeeds. STK_E_REVOKED, STK_E_OPCODE. */
static int check(const struct stk_tenant *tenant, uint32_t word, uint32_t local, struct stk_error_info *info) {
    if (stk_tenant_entry_of(tenant) == NULL || (word & TENANT_CLOSED) != 0) {
        return stk_tenant_revoked(tenant, info);
    }
    return local < STK_OP_TENANT_RANGE ? STK_OK : stk_fail(info, STK_E_OPCODE, tenant->id, local);
}

/* Returns the opcode on the wire. No sum wraps: ids end at 1023 and `local` was checked. */
static uint32_t opcode_of(const struct stk_tenant *tenant, uint32_t local) {
    return STK_OP_TENANT_BASE + tenant->id * STK_OP_TENANT_RANGE + local;
}

int stk_tenant_opcode(const struct stk_tenant *tenant, uint32_t local, uint32_t *opcode, struct stk_error_info *info) {
    /* Acquire: a word of another owner comes with that owner's generation. */
    uint32_t word = stk_load_acquire(&tenant->tenants->entries[tenant->id - 1].word);
    int err = check(tenant, word, local, info);
    if (err == STK_OK) {
        *opcode = opcode_of(tenant, local);
    }
    return err;
}

/* Counts one more slot of the tenant, and writes what goes on the wire for `work` to *out. The slot is counted before
 * it is published: a slot that was published before it is counted could be drained before it is counted. */
static int admit(const struct stk_tenant *tenant, const struct stk_work *work, struct stk_work *out,
                 struct stk_error_info *info) {
    struct stk_tenant_entry *entry = &tenant->tenants->entries[tenant->id - 1];
    uint32_t tries = STK_TENANT_TRIES;
    int err;
    do {
        /* acquire: the drains that the word counts are seen after this load */
        uint32_t word = stk_load_acquire(&entry->word);
        err = check(tenant, word, work->opcode, info);
        if (err != STK_OK) {
            return err;
        }
        /* the limit also keeps the count from reaching the flags above it in the word */
        if ((word & TENANT_COUNT) >= stk_load(&entry->cap)) {
            return stk_fail(info, STK_E_LIMIT, tenant->id, word & TENANT_COUNT);
        }
        err = stk_cas(&entry->word, word, word + 1) == word ? STK_OK : STK_E_WOULD_BLOCK;
    } while (err == STK_E_WOULD_BLOCK && --tries > 0);
    *out = *work;
    out->tenant = tenant->id;
    out->opcode = opcode_of(tenant, work->opcode);
    return err;
}

/* Gives back the count of a slot that was not published after all, and returns the error. The count is not 0, since
 * this call has counted the slot, so that taking 1 off leaves the flags as they are. */
static int drop_credit(const struct stk_tenant *tenant, int err, struct stk_error_info *info) {
    (void)stk_fetch_add(&tenant->tenants->entries[tenant->id - 1].word, UINT32_MAX);
    return stk_fail(info, err, tenant->id, 0);
}

int stk_tenant_publish(const struct stk_tenant *tenant, struct stk_ring *ring, uint32_t slot,
                       const struct stk_work *work, struct stk_error_info *info) {
    struct stk_work mine;
    int err = admit(tenant, work, &mine, info);
    if (err != STK_OK) {
        return err;
    }
    err = stk_ring_publish(ring, slot, &mine);
    return err == STK_OK ? STK_OK : drop_credit(tenant, err, info);
}

int stk_tenant_publish_ticket(const struct stk_tenant *tenant, struct stk_publisher *publisher,
                              const struct stk_work *work, uint32_t *ticket, struct stk_error_info *info) {
    struct stk_work mine;
    int err = admit(tenant, work, &mine, info);
    if (err != STK_OK) {
        return err;
    }
    err = stk_publisher_publish(publisher, &mine, ticket);
    return err >= 0 ? err : drop_credit(tenant, err, info);
}

int stk_tenant_note_drained(const struct stk_tenant *tenant, uint64_t slots, struct stk_error_info *info) {
    struct stk_tenant_entry *entry = stk_tenant_entry_of(tenant);
    uint32_t tries = STK_TENANT_TRIES;
    int err;
    if (entry == NULL) {
        return stk_tenant_revoked(tenant, info);
    }
    do {
        uint32_t word = stk_load(&entry->word), count = word & TENANT_COUNT;
        if (slots > count) {
            return stk_fail(info, STK_E_UNDERFLOW, tenant->id, count);
        }
        /* Release: a thread that sees the lower count also sees the harvest before it. */
        err = stk_cas(&entry->word, word, word - (uint32_t)slots) == word ? STK_OK : STK_E_WOULD_BLOCK;
    } while (err == STK_E_WOULD_BLOCK && --tries > 0);
    /* The counter is added to after the swap, so that a call which fails counts nothing. For a moment the two counters
     * do not add up (stk_tenant_counters). */
    if (err == STK_OK) {
        (void)stk_fetch_add(&entry->drained, (uint32_t)slots);
    }
    return err;
}

/* Sleeps until no slot is outstanding. Writes the state word as it was seen last to *word. STK_OK, STK_E_TIMEOUT, or an
 * error of the platform's wait. */
static int wait_for_none(const struct stk_tenant_entry *entry, const struct stk_platform_port *platform,
                         uint64_t timeout_ns, uint32_t *word) {
    uint64_t left = timeout_ns;
    struct stk_deadline end;
    stk_deadline_start(&end, timeout_ns, platform->ops->now_ns(platform->ctx));
    /* Acquire: the harvest of the slots that are gone is seen. */
    *word = stk_load_acquire(&entry->word);
    while ((*word & TENANT_COUNT) != 0 && left != 0) {
        /* A harvester does not wake us, so no sleep is long. */
        int err = platform->ops->wait(platform->ctx, &entry->word, stk_le32(*word),
                                      stk_deadline_wait(&end, STK_WAIT_SLICE_NS));
        if (err != STK_OK && err != STK_E_TIMEOUT) {
            return err;
        }
        *word = stk_load_acquire(&entry->word); /* acquire, as above: to see the harvest */
        left = stk_deadline_look(&end, platform->ops->now_ns(platform->ctx));
    }
    return (*word & TENANT_COUNT) == 0 ? STK_OK : STK_E_TIMEOUT;
}

int stk_tenant_quiesce(const struct stk_tenant *tenant, const struct stk_platform_port *platform, uint64_t timeout_ns,
                       struct stk_error_info *info) {
    struct stk_tenant_entry *entry = stk_tenant_entry_of(tenant);
    uint32_t word;
    if (entry == NULL) {
        return stk_tenant_revoked(tenant, info);
    }
    (void)stk_fetch_add(&entry->quiesce_calls, 1);
    int err = wait_for_none(entry, platform, timeout_ns, &word);
    if (err == STK_E_TIMEOUT) {
        (void)stk_fetch_add(&entry->quiesce_timeouts, 1);
    }
    if (err != STK_OK) {
        return stk_fail(info, err, tenant->id, word & TENANT_COUNT);
    }
    if ((word & TENANT_CLOSED) != 0) {
        /* Nothing can be counted any more. A swap is lost only to another thread that sets the same bit. */
        (void)stk_cas(&entry->word, word, word | TENANT_QUIESCED);
    }
    return STK_OK;
}
