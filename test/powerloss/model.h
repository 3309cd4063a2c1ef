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
    bool placed;  /* a page with it was programmed; the sequence is known since then */
    bool must;    /* it is on the flash for good */
    bool first;   /* of its cycle */
    bool refused; /* the log did not take it; it may be there all the same */
};

/* Indices into the list of all records ever given; the list is a ring. A range from == to is empty. */
struct model_range {
    uint32_t from, to;
};

struct model {
    uint32_t head;   /* those before it were in blocks that have been erased since */
    uint32_t sure;   /* those before it cannot change any more: they are there for good, or may come and go */
    uint32_t tail;   /* of the next record; also what tells a record from all others */
    uint32_t cycle;  /* mounts so far */
    uint32_t newest; /* block with the newest records */
    uint32_t blocks;
    /* Records that the latest walk did not find; UINT32_MAX when the first of a cycle was among them, since the numbers
     * before it were never given and nothing tells so. */
    uint32_t passed;
    bool fresh; /* no record was taken in this cycle */
    struct model_range in[MODEL_BLOCKS];
    struct model_entry list[MODEL_RECORDS];
};

/* The part of a model that a call can change. */
struct model_copy {
    uint32_t head, sure, tail, cycle, newest;
    bool fresh;
    struct model_range in[MODEL_BLOCKS];
    struct model_entry open[MODEL_OPEN];
};

void model_save(const struct model *m, struct model_copy *copy);
void model_restore(struct model *m, const struct model_copy *copy);

/// Events ///

/* The flash of so many blocks was formatted. */
void model_start(struct model *m, uint32_t blocks);

/* The log was mounted, and goes on in `block` or behind it. */
void model_mount(struct model *m, uint32_t block);

/* A record is about to be given to the log, as it is filled in. */
void model_give(struct model *m, struct stk_log_record *record);

/* The log refused the last `count` records given: the first of them took a number and may be on the flash. */
void model_refuse(struct model *m, uint32_t count);

/* An erase of `block` was begun. Bit i of `troubled` is set when block i is bad or holds what cannot be read: the log
 * may pass it over. */
void model_erase(struct model *m, uint32_t block, uint32_t troubled);

/* A record with this index was programmed into `block`, with this sequence. */
void model_place(struct model *m, uint32_t block, uint32_t index, uint32_t sequence);

/* What was programmed is on the flash for good. */
void model_keep(struct model *m);

/// Checks ///

/* A record that must be there, by its index; UINT32_MAX when there is none near the one that `luck` chooses. */
uint32_t model_pick(const struct model *m, uint64_t luck);

/* The sequence of the record with this index. */
uint32_t model_sequence(const struct model *m, uint32_t index);

/* Is the record one that a model filled in, in any cycle? */
bool model_is_genuine(const struct stk_log_record *record);

/* Returns NULL when the record is one that was given, as it was given; *index says which one. Else what is wrong with
 * it. */
const char *model_identify(const struct model *m, const struct stk_log_record *record, uint32_t *index);

/* Walks the log that was just mounted. Returns NULL, or what is wrong with it; *where is the sequence at fault. While
 * reads may fail, nothing need be there, but all else holds. */
const char *model_check(struct model *m, const struct stk_log *log, void *buffer, uint32_t buffer_bytes,
                        bool reads_fail, uint32_t *where);

#endif
