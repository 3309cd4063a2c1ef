/* A model that says which records must, may and must not be in a log after a power cut. */
#ifndef POWERLOSS_MODEL_H
#define POWERLOSS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/log.h"

#define MODEL_BLOCKS  16u
#define MODEL_RECORDS 16384u /* more records than any log here has on the flash and still to write */
#define MODEL_OPEN    1024u  /* records that a cut may still take, at most */

/* A record that was given to the log. */
struct model_entry {
    uint32_t sequence, cycle;
    bool placed;  /* a page with the record was programmed, so its sequence is known */
    bool must;    /* the record stays on the flash, so a walk must find it */
    bool first;   /* the first record of its cycle */
    bool refused; /* the log refused the record; the record may still be on the flash */
};

/* Indices into the list of all records ever given; the list is a ring. A range from == to is empty. */
struct model_range {
    uint32_t from, to;
};

struct model {
    uint32_t head;   /* records before this one were in blocks that are erased now */
    uint32_t sure;   /* `must` of the records before this one does not change any more */
    uint32_t tail;   /* index of the next record; each record holds its index, so it differs from all others */
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

/* Notes that a flash of so many blocks was formatted. */
void model_start(struct model *m, uint32_t blocks);

/* Notes that the log was mounted, and goes on in `block` or behind it. */
void model_mount(struct model *m, uint32_t block);

/* Fills in a record that is about to be given to the log, and notes the record. */
void model_give(struct model *m, struct stk_log_record *record);

/* Notes that the log refused the last `count` records. The first of them took a number and may be on the flash. */
void model_refuse(struct model *m, uint32_t count);

/* Notes that an erase of `block` was begun. Bit i of `troubled` is set when block i is bad or holds bytes that cannot
 * be read: the log may pass over such a block. */
void model_erase(struct model *m, uint32_t block, uint32_t troubled);

/* Notes that the record with this index was programmed into `block`, with this sequence. */
void model_place(struct model *m, uint32_t block, uint32_t index, uint32_t sequence);

/* Marks all programmed records as records that a walk must find. */
void model_keep(struct model *m);

/// Checks ///

/* Returns the index of a record that must be in the log, near the one that `luck` chooses; UINT32_MAX if there is none.
 */
uint32_t model_pick(const struct model *m, uint64_t luck);

/* Returns the sequence of the record with this index. */
uint32_t model_sequence(const struct model *m, uint32_t index);

/* Returns true if some model filled the record in, in any cycle. */
bool model_is_genuine(const struct stk_log_record *record);

/* Returns NULL when the record is one that was given, as it was given; *index says which one. Else what is wrong with
 * it. */
const char *model_identify(const struct model *m, const struct stk_log_record *record, uint32_t *index);

/* Walks the log that was just mounted. Returns NULL, or a text about the first mistake; *where is then its sequence.
 * While reads may fail, any record may be missing, but each record that is there must be right. */
const char *model_check(struct model *m, const struct stk_log *log, void *buffer, uint32_t buffer_bytes,
                        bool reads_fail, uint32_t *where);

#endif
