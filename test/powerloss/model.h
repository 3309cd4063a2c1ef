/* What must, may and must not be found in a log after a power cut. */
#ifndef POWERLOSS_MODEL_H
#define POWERLOSS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/log.h"

#define MODEL_BLOCKS  16u
#define MODEL_RECORDS 16384u /* more than any log here holds, and those to come */
#define MODEL_OPEN    1024u  /* records that a cut may still take, at most */

/* A record that was given to the log. */
struct model_entry {
    uint32_t sequence, cycle;
    bool must;  /* it is on the flash for good */
    bool first; /* of its cycle */
    bool seen;  /* the latest walk returned it, though it need not be there */
};

/* Indices into the list of all records ever given; the list is a ring. A range from == to is empty. */
struct model_range {
    uint32_t from, to;
};

struct model {
    uint32_t head; /* those before it were in blocks that have been erased since */
    uint32_t sure; /* those before it cannot change any more: they are there for good, or may come and go */
    uint32_t tail;
    uint32_t cycle; /* mounts so far */
    /* Records that the latest walk did not find; UINT32_MAX when the first of a cycle was among them, since the numbers
     * before it were never given and nothing tells so. */
    uint32_t passed;
    bool fresh;  /* no record was given in this cycle */
    bool steady; /* what was once returned, and synced since, is there for good as well */
    struct model_range in[MODEL_BLOCKS];
    struct model_entry list[MODEL_RECORDS];
};

/* The part of a model that a call can change. */
struct model_copy {
    uint32_t head, sure, tail, cycle;
    bool fresh;
    struct model_range in[MODEL_BLOCKS];
    struct model_entry open[MODEL_OPEN];
};

void model_save(const struct model *m, struct model_copy *copy);
void model_restore(struct model *m, const struct model_copy *copy);

/* The one record that has this sequence and was given in this cycle. */
void model_record(uint32_t sequence, uint32_t cycle, struct stk_log_record *record);
bool model_same(const struct stk_log_record *a, const struct stk_log_record *b);

void model_start(struct model *m);
void model_power_on(struct model *m);

/* A record is about to be given to the log. */
void model_give(struct model *m, uint32_t sequence);

/* An erase of `block` was begun. Bit i of `troubled` is set when block i is bad or holds what cannot be read: the log may
 * pass it over. */
void model_erase(struct model *m, uint32_t block, uint32_t troubled);

/* The record that has this sequence was programmed into `block`. */
void model_place(struct model *m, uint32_t block, uint32_t sequence);

/* All records that were given are on the flash for good, but those of this cycle from `sequence` on. */
void model_keep(struct model *m, uint32_t sequence);

/* A record that must be there; UINT32_MAX when there is none near the one that `luck` chooses. */
uint32_t model_pick(struct model *m, uint64_t luck);
const struct model_entry *model_at(const struct model *m, uint32_t i);

/* Walks the log that was just mounted. Returns NULL, or what is wrong with it; *where is the sequence at fault. While
 * reads may fail, nothing need be there, but all else holds. */
const char *model_check(struct model *m, const struct stk_log *log, void *buffer, uint32_t buffer_bytes,
                        bool reads_fail, uint32_t *where);

#endif
