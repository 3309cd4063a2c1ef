/* stoker port: the outcome of a handshake, kept beside the program: its bytes (SPEC.md 9.5), its key, and when it is
 * forgotten. An outcome that is loaded is still proved by a short handshake (search/probe.c). */
#include <stdio.h>
#include <string.h>

#include "persist.h"
#include "stoker/artifact.h"
#include "stoker/le.h"

/* Bytes of an encoded outcome: 6 words of 4 bytes and 5 of 8. */
#define BYTES 64u

/* Writes an outcome in the format of SPEC.md 9.5. Names of device and driver are not in it: they are in the record's
 * header. */
static void encode(const struct stk_opencl_outcome *o, uint8_t out[BYTES]) {
    const uint32_t words[6] = {o->memory, o->residency, o->rounds, o->items, o->adds, o->adds_lost};
    const uint64_t longs[5] = {o->p50_ns, o->items_ns, o->turn_cost, o->unit_cost, o->lane_cost};
    for (unsigned i = 0; i < 6u; i++) {
        stk_put32(out + 4u * i, words[i]);
    }
    for (unsigned i = 0; i < 5u; i++) {
        stk_put64(out + 24u + 8u * i, longs[i]);
    }
}

/* Reads an outcome. Returns 0 for bytes that no handshake can have written, since a store may come from another machine
 * or version. */
static int decode(const uint8_t *in, uint32_t bytes, struct stk_opencl_outcome *o) {
    uint32_t memory, residency;
    if (bytes != BYTES) {
        return 0;
    }
    memory = stk_get32(in);
    residency = stk_get32(in + 4);
    if (memory < STK_OPENCL_SVM_ATOMICS || memory >= STK_OPENCL_KINDS || residency < STK_RESIDENT ||
        residency > STK_BATCH || (residency == STK_BATCH) != (memory == STK_OPENCL_COPIES)) {
        return 0;
    }
    o->memory = (enum stk_opencl_memory)memory;
    o->residency = (enum stk_residency)residency;
    o->rounds = stk_get32(in + 8);
    o->items = stk_get32(in + 12);
    o->adds = stk_get32(in + 16);
    o->adds_lost = stk_get32(in + 20);
    o->p50_ns = stk_get64(in + 24);
    o->items_ns = stk_get64(in + 32);
    o->turn_cost = stk_get64(in + 40);
    o->unit_cost = stk_get64(in + 48);
    o->lane_cost = stk_get64(in + 56);
    return o->turn_cost != 0u && o->unit_cost != 0u && o->adds_lost <= o->adds;
}

/* Computes the key of the outcome from the program and the configuration that a handshake depends on. The program is
 * part of it, because a turn takes as long as the program makes it take. Returns 0 if there is no key. */
static int outcome_key(struct stk_opencl *cl) {
    const struct stk_opencl_config *c = &cl->config;
    const struct stk_span program = {cl->own.persisted.program_key, sizeof cl->own.persisted.program_key};
    char options[128];
    snprintf(options, sizeof options, "outcome slots=%u workers=%u mail=%u residency=%u memory=%u", (unsigned)c->slots,
             (unsigned)c->workers, (unsigned)c->mail, (unsigned)c->residency, (unsigned)c->memory);
    return stk_opencl_key(cl, &program, 1, options, cl->own.persisted.outcome_key);
}

void stk_opencl_sign(const struct stk_opencl *cl, struct stk_opencl_outcome *outcome) {
    memcpy(outcome->device, cl->device.name, sizeof outcome->device);
    memcpy(outcome->driver, cl->device.driver, sizeof outcome->driver);
    memcpy(outcome->identity, cl->device.identity, sizeof outcome->identity);
}

/* Loads the outcome from one place. Returns 1 if it was there and makes sense; it then goes to the other place too. */
static int load_from(struct stk_opencl *cl, enum stk_opencl_origin from, struct stk_opencl_outcome *outcome) {
    struct stk_opencl_record got;
    int right;
    if (!stk_opencl_record_get(cl, from, cl->own.persisted.outcome_key, STK_OPENCL_RECORD_OUTCOME, &got)) {
        return 0;
    }
    memset(outcome, 0, sizeof *outcome);
    right = decode(got.payload, got.bytes, outcome);
    if (right) {
        stk_opencl_sign(cl, outcome);
        stk_opencl_record_spread(cl, &got);
    } else {
        stk_opencl_persist_say(cl, "%s's handshake makes no sense", stk_opencl_origin_name(from));
    }
    stk_opencl_record_drop(cl, &got);
    return right;
}

enum stk_opencl_origin stk_opencl_load_outcome(struct stk_opencl *cl, struct stk_opencl_outcome *outcome) {
    /* The key of the outcome is made from the key of the program, so there is no outcome without a key of the
     * program. */
    cl->own.persisted.has_keys = cl->own.persisted.has_keys && outcome_key(cl);
    for (int from = STK_OPENCL_FROM_CACHE;
         cl->own.persisted.has_keys && !cl->own.persisted.rejected && from <= STK_OPENCL_FROM_STORE; from++) {
        if (load_from(cl, (enum stk_opencl_origin)from, outcome)) {
            return (enum stk_opencl_origin)from;
        }
    }
    return STK_OPENCL_MADE;
}

void stk_opencl_save_outcome(struct stk_opencl *cl) {
    uint8_t record[STK_OPENCL_RECORD_HEADER + BYTES];
    encode(&cl->outcome, record + STK_OPENCL_RECORD_HEADER);
    stk_opencl_record_put(cl, cl->own.persisted.outcome_key, STK_OPENCL_RECORD_OUTCOME, record, BYTES);
}

void stk_opencl_set_store(struct stk_opencl *cl, struct stk_store *store) {
    cl->config.store = store;
}

int stk_opencl_forget(struct stk_opencl *cl) {
    int had = 0;
    if (cl->own.persisted.has_keys && cl->config.cache) {
        had = stk_cache_remove(cl->config.cache, cl->own.persisted.outcome_key);
    }
    if (cl->own.persisted.has_keys && cl->config.store) {
        /* An error of the store is returned even if the cache had a record. */
        int stored = stk_store_remove(cl->config.store, cl->own.persisted.outcome_key);
        had = stored < 0 || stored > had ? stored : had;
    }
    return had;
}
