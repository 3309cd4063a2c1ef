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
    copy->newest = m->newest;
    copy->fresh = m->fresh;
    memcpy(copy->in, m->in, sizeof copy->in);
    if (m->tail - m->sure > MODEL_OPEN) {
        abort(); /* the log keeps more waiting than its buffer and two blocks hold */
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
    m->newest = copy->newest;
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

/* Fills in the record with this index and cycle. All fields follow from the two numbers, so that a check can compute
 * them again. */
static void fill(struct stk_log_record *record, uint32_t index, uint32_t cycle) {
    uint32_t h = mix(index ^ mix(cycle));
    *record = (struct stk_log_record){
        .timestamp_ns = (uint64_t)index << 20 | (h & 0xFFFFFu),
        .slot = index,
        .tenant = h >> 3,
        .opcode = cycle,
        .args = {h ^ 1u, h ^ 2u, h ^ 4u, h ^ 8u},
        .epoch = ~h,
        .kind = h & 3u,
        .status = h >> 4 & 255u,
        .failure = h >> 12 & 3u,
        .error = (int32_t)(h >> 16) - 32768,
        .digest = (uint64_t)h * 0x9E3779B97F4A7C15u,
    };
}

static bool is_same(const struct stk_log_record *a, const struct stk_log_record *b) {
    return a->timestamp_ns == b->timestamp_ns && a->slot == b->slot && a->tenant == b->tenant &&
           a->opcode == b->opcode && memcmp(a->args, b->args, sizeof a->args) == 0 && a->epoch == b->epoch &&
           a->kind == b->kind && a->status == b->status && a->failure == b->failure && a->error == b->error &&
           a->digest == b->digest;
}

/// Events ///

void model_start(struct model *m, uint32_t blocks) {
    m->head = m->sure = m->tail = 0;
    m->cycle++; /* records of the earlier log do not belong to this log */
    m->newest = blocks - 1u;
    m->blocks = blocks;
    m->fresh = false; /* format is no mount */
    memset(m->in, 0, sizeof m->in);
}

/* Records that were not synced in the cycle before may come and go, so the model puts them in no block. */
void model_mount(struct model *m, uint32_t block) {
    for (uint32_t i = 0; i < m->blocks; i++) {
        struct model_range *r = &m->in[i];
        r->from = r->from < m->sure ? r->from : m->sure;
        r->to = r->to < m->sure ? r->to : m->sure;
    }
    m->cycle++;
    m->fresh = true;
    m->sure = m->tail;
    m->newest = block;
}

void model_give(struct model *m, struct stk_log_record *record) {
    fill(record, m->tail, m->cycle);
    *entry(m, m->tail++) = (struct model_entry){.cycle = m->cycle, .first = m->fresh};
    m->fresh = false;
}

void model_refuse(struct model *m, uint32_t count) {
    m->tail -= count - 1u;
    entry(m, m->tail - 1u)->refused = true;
    m->fresh = entry(m, m->tail - 1u)->first;
}

static void drop_block(struct model *m, uint32_t block) {
    struct model_range *r = &m->in[block];
    if (r->from != r->to && r->to > m->head) {
        m->head = r->to;
    }
    r->from = r->to = 0;
}

/* Notes an erase. A log erases the block behind the newest one, which has the oldest records. It may pass over blocks,
 * and then loses their records too. An erase of any other block drops no older block from the model, so that the next
 * walk finds records missing. */
void model_erase(struct model *m, uint32_t block, uint32_t troubled) {
    uint32_t at = m->newest;
    bool right = true;
    do {
        at = (at + 1u) % m->blocks;
        right = right && (at == block || m->in[at].from == m->in[at].to || (troubled >> at & 1u) != 0);
    } while (at != block);
    for (at = m->newest; right && at != block;) {
        at = (at + 1u) % m->blocks;
        drop_block(m, at);
    }
    m->in[block].from = m->in[block].to = 0;
}

void model_place(struct model *m, uint32_t block, uint32_t index, uint32_t sequence) {
    struct model_range *r = &m->in[block];
    if (index - m->sure < m->tail - m->sure) {
        entry(m, index)->placed = true;
        entry(m, index)->sequence = sequence;
        r->from = r->from == r->to ? index : r->from;
        r->to = index + 1u;
        m->newest = block;
    }
}

void model_keep(struct model *m) {
    while (m->sure != m->tail && (entry(m, m->sure)->placed || entry(m, m->sure)->refused)) {
        struct model_entry *e = entry(m, m->sure++);
        e->must = e->placed;
    }
}

/// Checks ///

uint32_t model_pick(const struct model *m, uint64_t luck) {
    uint32_t many = m->sure > m->head ? m->sure - m->head : 0, i = m->head;
    i += many != 0 ? (uint32_t)(luck % many) : 0;
    for (uint32_t n = 0; n < 8 && many != 0 && i + n < m->sure; n++) {
        if (m->list[(i + n) % MODEL_RECORDS].must) {
            return i + n;
        }
    }
    return UINT32_MAX;
}

uint32_t model_sequence(const struct model *m, uint32_t index) {
    return m->list[index % MODEL_RECORDS].sequence;
}

bool model_is_genuine(const struct stk_log_record *record) {
    struct stk_log_record want;
    fill(&want, record->slot, record->opcode);
    return is_same(record, &want);
}

const char *model_identify(const struct model *m, const struct stk_log_record *record, uint32_t *index) {
    uint32_t i = record->slot;
    const struct model_entry *e = &m->list[i % MODEL_RECORDS];
    struct stk_log_record want;
    *index = i;
    if (i >= m->tail || m->tail - i > MODEL_RECORDS || e->cycle != record->opcode) {
        return "a record is there that was never given";
    }
    fill(&want, i, e->cycle);
    if (!is_same(record, &want)) {
        return "a record differs from the one given";
    }
    if (record->resumed != e->first) {
        return "a record is wrong about being the first since a mount";
    }
    return e->placed && e->sequence != record->sequence ? "a record has another number than the one it was given"
                                                        : NULL;
}

/* Moves *i on to the record with this index. Returns what is wrong if one is missing before it. */
static const char *pass_to(struct model *m, uint32_t *i, uint32_t index, bool reads_fail, uint32_t *where) {
    for (; *i < index; ++*i) {
        const struct model_entry *e = entry(m, *i);
        if (*i >= m->head && e->must && !reads_fail) {
            *where = e->sequence;
            return "a record that was on the flash is missing";
        }
        m->passed = e->first || m->passed == UINT32_MAX ? UINT32_MAX : m->passed + 1;
    }
    return NULL;
}

/* Checks one record of a walk; `i` is the index after the one before it. */
static const char *check_record(struct model *m, const struct stk_log_record *r, uint32_t *i, bool begins,
                                bool reads_fail, uint32_t *where) {
    uint32_t index;
    const char *wrong = model_identify(m, r, &index);
    *where = r->sequence;
    if (wrong == NULL && !begins && index < *i) {
        wrong = "records are out of order";
    }
    if (wrong == NULL) {
        /* Records of erased blocks that may still be on the flash begin somewhere before the head. */
        *i = begins && index < *i ? index : *i;
        wrong = pass_to(m, i, index, reads_fail, where);
        *i = index + 1u;
    }
    return wrong;
}

static const char *check_end(struct model *m, uint32_t i, int result, bool reads_fail, uint32_t *where) {
    if (result < 0) {
        return reads_fail && result == STK_E_IO ? NULL : "the walk failed";
    }
    return pass_to(m, &i, m->tail, reads_fail, where);
}

const char *model_check(struct model *m, const struct stk_log *log, void *buffer, uint32_t buffer_bytes,
                        bool reads_fail, uint32_t *where) {
    struct stk_log_iter iter;
    struct stk_log_record r;
    const char *wrong = NULL;
    uint32_t i = m->head, last = 0;
    m->passed = 0;
    int got = stk_log_iterate(log, &iter, buffer, buffer_bytes);
    while (got >= 0 && wrong == NULL && (got = stk_log_next(&iter, &r)) == 1) {
        wrong = check_record(m, &r, &i, iter.records == 1, reads_fail, where);
        if (wrong == NULL && iter.records > 1 && (int32_t)(r.sequence - last) <= 0) {
            wrong = "numbers go back";
        }
        last = r.sequence;
    }
    if (wrong != NULL) {
        return wrong;
    }
    *where = log->sequence;
    if (iter.records != 0 && (int32_t)(log->sequence - last) <= 0) {
        return "the log would give a number again";
    }
    if (iter.corrupt > m->passed && !reads_fail) {
        return "the walk misses more records than there were";
    }
    return check_end(m, i, got, reads_fail, where);
}
