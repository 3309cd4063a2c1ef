/* A model of a store. It computes the artifacts that each key may have after the calls and the power cuts so far. */
#ifndef POWERLOSS_STORE_MODEL_H
#define POWERLOSS_STORE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define KEYS      6u
#define DEEDS_MAX 40u /* most deeds of a key */
#define BYTES_MAX 8192u

/* A change to a key: a put of an artifact, or a removal of the key's artifact. */
struct deed {
    uint32_t call, bytes; /* number of the call; bytes of the artifact */
    bool put;
    bool firm;       /* the call returned without an error, so only an erase undoes the deed */
    bool erasing;    /* the erase of a block that has a record of the deed was begun; the erase may undo the deed */
    bool gone;       /* that erase has ended; the store may learn this only at the next mount */
    bool copied;     /* a program operation of the call failed, so the failed block may have records of the deed too */
    uint32_t blocks; /* a bit for each block that has a record of the deed */
};

/* The deeds of a key that may still be on the flash, oldest first. */
struct history {
    uint32_t n;
    struct deed deed[DEEDS_MAX];
};

struct model {
    struct history key[KEYS];
    uint32_t call;   /* number of the latest call */
    uint32_t erased; /* a bit for each block that was erased since a lazy medium was synced */
};

void model_start(struct model *m);

/* Adds a deed of the latest call. */
struct deed *model_do(struct model *m, uint32_t key, bool put, uint32_t bytes, uint32_t blocks);

/* Notes that a block which failed may have records of each deed of the latest call. */
void model_copied(struct model *m);

/* Makes all deeds of the latest call firm. */
void model_keep(struct model *m);

/* Notes that an erase of `block` was begun, or that the log skipped the block. */
void model_erase(struct model *m, uint32_t block);

/* Notes that the erase has ended: the deeds in the block will not come back. */
void model_erased(struct model *m, uint32_t block);

/* Notes the end of an erase on a lazy medium. Only the next sync makes that erase lasting, which model_synced notes. */
void model_erased_lazily(struct model *m, uint32_t block);
void model_synced(struct model *m);

/* Notes that the store is about to be mounted. */
void model_mount(struct model *m);

/* Writes the bytes of the artifact that call number `call` puts. */
void model_content(uint8_t *data, uint32_t call, uint32_t bytes);

/* Returns true if the key may have this artifact, or with NULL, if the key may have no artifact. */
bool model_allows(const struct model *m, uint32_t key, const uint8_t *data, uint32_t bytes);

/* Returns true if this artifact was ever put under the key. */
bool model_knows(const struct model *m, uint32_t key, const uint8_t *data, uint32_t bytes);

/* Returns true if the last artifact of this size was written once, into blocks of which no erase was begun since. */
bool model_is_plain(const struct model *m, uint32_t key, uint32_t bytes);

/* Returns true if the key must have the artifact that was put last. */
bool model_is_firm(const struct model *m, uint32_t key);

#endif
