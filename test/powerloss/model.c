#include "model.h"

#include <stdlib.h>
#include <string.h>

static struct model_entry *entry(struct model *m, uint32_t i) {
    return &m->list[i % MODEL_RECORDS];
}

/// Copies ///

void model_save(const struct model *m, struct model_copy *copy) {
    copy->head = m->head;
    copy->sure = m->sure;
    copy->tail = m->tail;
    copy->cycle = m->cycle;
    copy->fresh = m->fresh;
    memcpy(copy->in, m->in, sizeof copy->in);
    if (m->tail - m->sure > MODEL_OPEN) {
        abort(); /* the log keeps more waiting than its buffer holds */
    }
    for (uint32_t i = m->sure; i != m->tail; i++) {
        copy->open[i - m->sure] = m->list[i % MODEL_RECORDS];
    }
}

void model_restore(struct model *m, const struct model_copy *copy) {
    m->head = copy->head;
    m->sure = copy->sure;
    m->tail = copy->tail;
    m->cycle = copy->cycle;
    m->fresh = copy->fresh;
    memcpy(m->in, copy->in, sizeof m->in);
    for (uint32_t i = m->sure; i != m->tail; i++) {
        *entry(m, i) = copy->open[i - m->sure];
    }
}

/// Records ///

static uint32_t mix(uint32_t x) {
    x = (x ^ x >> 16) * 0x7FEB352Du;
    x = (x ^ x >> 15) * 0x846CA68Bu;
    return x ^ x >> 16;
}

void model_record(uint32_t sequence, uint32_t cycle, struct stk_log_record *record) {
    uint32_t h = mix(sequence ^ mix(cycle));
    *record = (struct stk_log_record){
        .timestamp_ns = (uint64_t)sequence << 20 | (h & 0xFFFFFu),
        .slot = h,
        .tenant = h >> 3,
        .opcode = cycle,
        .args = {h ^ 1u, h ^ 2u, h ^ 4u, h ^ 8u},
        .epoch = ~h,
        .sequence = sequence,
        .kind = h & 3u,
        .status = h >> 4 & 255u,
        .failure = h >> 12 & 3u,
        .error = (int32_t)(h >> 16) - 32768,
        .digest = (uint64_t)h * 0x9E3779B97F4A7C15u,
    };
}

bool model_same(const struct stk_log_record *a, const struct stk_log_record *b) {
    return a->timestamp_ns == b->timestamp_ns && a->slot == b->slot && a->tenant == b->tenant &&
           a->opcode == b->opcode && memcmp(a->args, b->args, sizeof a->args) == 0 && a->epoch == b->epoch &&
           a->sequence == b->sequence && a->kind == b->kind && a->status == b->status && a->failure == b->failure &&
           a->error == b->error && a->digest == b->digest;
}

/// Events ///

void model_start(struct model *m) {
    m->head = m->sure = m->tail = m->cycle = 0;
    m->fresh = false; /* format is no mount */
    memset(m->in, 0, sizeof m->in);
}

void model_power_on(struct model *m) {
    m->cycle++;
    m->fresh = true;
    for (uint32_t i = m->sure; i != m->tail; i++) {
        entry(m, i)->seen = false;
    }
}

void model_give(struct model *m, uint32_t sequence) {
    *entry(m, m->tail++) = (struct model_entry){.sequence = sequence, .cycle = m->cycle, .first = m->fresh};
    m->fresh = false;
}

/* A log erases its oldest block, whose records are then gone, or one that has none that anybody may rely on: then the list
 * stays as it is, and should the block have had some after all, the next walk misses them. */
void model_erase(struct model *m, uint32_t block, uint32_t troubled) {
    struct model_range *r = &m->in[block];
    bool oldest = true;
    for (uint32_t i = 0; i < MODEL_BLOCKS; i++) {
        const struct model_range *other = &m->in[i];
        oldest = oldest && (other->from == other->to || other->from >= r->from || (troubled >> i & 1u) != 0);
    }
    if (oldest && r->from != r->to && r->to > m->head) {
        m->head = r->to;
    }
    r->from = r->to = 0;
}

void model_place(struct model *m, uint32_t block, uint32_t sequence) {
    struct model_range *r = &m->in[block];
    uint32_t i = m->tail;
    while (i != m->sure && entry(m, i - 1)->sequence != sequence) {
        i--;
    }
    if (i != m->sure) {
        r->from = r->from == r->to ? i - 1 : r->from;
        r->to = i;
    }
}

void model_keep(struct model *m, uint32_t sequence) {
    uint32_t end = m->tail;
    while (end != m->sure && entry(m, end - 1)->cycle == m->cycle &&
           (int32_t)(entry(m, end - 1)->sequence - sequence) >= 0) {
        end--;
    }
    while (m->sure != end) {
        struct model_entry *e = entry(m, m->sure++);
        e->must = e->cycle == m->cycle || (m->steady && e->seen);
    }
}

const struct model_entry *model_at(const struct model *m, uint32_t i) {
    return &m->list[i % MODEL_RECORDS];
}

uint32_t model_pick(struct model *m, uint64_t luck) {
    uint32_t many = m->sure > m->head ? m->sure - m->head : 0, i = m->head;
    i += many != 0 ? (uint32_t)(luck % many) : 0;
    for (uint32_t n = 0; n < 8 && many != 0 && i + n < m->sure; n++) {
        if (entry(m, i + n)->must) {
            return i + n;
        }
    }
    return UINT32_MAX;
}

/// Walks ///

/* Moves *i on to the record returned. Returns what is wrong if it is not there, or if one is missing before it. */
static const char *find(struct model *m, uint32_t *i, const struct stk_log_record *r, bool reads_fail) {
    struct stk_log_record want;
    while (*i != m->tail && (entry(m, *i)->sequence != r->sequence || entry(m, *i)->cycle != r->opcode)) {
        if (*i >= m->head && entry(m, *i)->must && !reads_fail) {
            return "a record that was on the flash is missing";
        }
        m->passed = entry(m, *i)->first || m->passed == UINT32_MAX ? UINT32_MAX : m->passed + 1;
        ++*i;
    }
    if (*i == m->tail) {
        return "a record is there that was never given";
    }
    model_record(r->sequence, r->opcode, &want);
    if (!model_same(r, &want)) {
        return "a record differs from the one given";
    }
    if (r->resumed != entry(m, *i)->first) {
        return "a record is wrong about being the first since a mount";
    }
    entry(m, *i)->seen = true;
    ++*i;
    return NULL;
}

/* What may still be on the flash of erased blocks begins somewhere before the head. */
static uint32_t first_index(struct model *m, const struct stk_log_record *r) {
    uint32_t i = m->head, oldest = m->tail > MODEL_RECORDS ? m->tail - MODEL_RECORDS : 0;
    while (i > oldest && (int32_t)(entry(m, i - 1)->sequence - r->sequence) >= 0) {
        i--;
    }
    return i;
}

static const char *check_end(struct model *m, uint32_t i, int result, bool reads_fail) {
    if (reads_fail) {
        return result < 0 && result != STK_E_IO ? "the walk failed otherwise than with STK_E_IO" : NULL;
    }
    if (result < 0) {
        return "the walk failed";
    }
    for (i = i > m->head ? i : m->head; i != m->tail; i++) {
        if (entry(m, i)->must) {
            return "a record that was on the flash is missing at the end";
        }
    }
    return NULL;
}

const char *model_check(struct model *m, const struct stk_log *log, void *buffer, uint32_t buffer_bytes,
                        bool reads_fail, uint32_t *where) {
    struct stk_log_iter iter;
    struct stk_log_record r;
    const char *wrong = NULL;
    uint32_t i = m->head, last = 0;
    m->passed = 0;
    int got = stk_log_iterate(log, &iter, buffer, buffer_bytes);
    *where = log->sequence;
    while (got >= 0 && (got = stk_log_next(&iter, &r)) == 1) {
        *where = r.sequence;
        i = iter.records == 1 ? first_index(m, &r) : i;
        if (iter.records > 1 && (int32_t)(r.sequence - last) <= 0) {
            return "records are out of order";
        }
        last = r.sequence;
        wrong = find(m, &i, &r, reads_fail);
        if (wrong != NULL) {
            return wrong;
        }
    }
    if (iter.records != 0 && (int32_t)(log->sequence - last) <= 0) {
        return "the log would give a number again";
    }
    if (iter.corrupt > m->passed && !reads_fail) {
        return "the walk misses more records than there were";
    }
    return check_end(m, i, got, reads_fail);
}
