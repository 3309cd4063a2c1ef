/* What must, may and must not be found in a log after a power cut. */
#ifndef POWERLOSS_MODEL_H
#define POWERLOSS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/log.h"

#define MODEL_BLOCKS  8u
#define MODEL_RECORDS 16384u /* more than any log here holds, and those to come */
#define MODEL_OPEN    256u   /* records that a cut may still take, at most */

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
    uint32_t head;     /* those before it were in blocks that have been erased since */
    uint32_t sure;     /* those before it cannot change any more: they are there for good, or may come and go */
    uint32_t assigned; /* those before it are in the range of a block, or never reached one */
    uint32_t tail;
    uint32_t cycle; /* power cycles so far */
    uint32_t
        passed; /* records that the latest walk did not find; UINT32_MAX when the first of a cycle was among them, since the
                        numbers before it were never given and nothing tells so */
    bool fresh;  /* no record was given in this cycle */
    bool steady; /* what was once returned, and synced since, is there for good as well */
    struct model_range in[MODEL_BLOCKS];
    struct model_entry list[MODEL_RECORDS];
};

/* The part of a model that a call can change. */
struct model_copy {
    uint32_t head, sure, assigned, tail, cycle;
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

/* An erase of `block` was begun. */
void model_erase(struct model *m, uint32_t block);

/* Records were programmed, into `block` and maybe others after it. */
void model_program(struct model *m, uint32_t block);

/* All but the last `waiting` records are on the flash for good. */
void model_keep(struct model *m, uint32_t waiting);

/* Walks the log that was just mounted. Returns NULL, or what is wrong with it; *where is the sequence at fault. */
const char *model_check(struct model *m, const struct stk_log *log, void *buffer, uint32_t buffer_bytes,
                        uint32_t *where);

#endif
