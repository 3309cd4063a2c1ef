/* What each key of a store may have, and what it must not, after all that was done to the store and to its flash. */
#ifndef POWERLOSS_STORE_MODEL_H
#define POWERLOSS_STORE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define KEYS      6u
#define DEEDS_MAX 40u /* of a key */
#define BYTES_MAX 8192u

/* Something that was done to a key: an artifact was put, or what the key had was removed. */
struct deed {
    uint32_t call, bytes; /* the number of the call; of the artifact */
    bool put;
    bool firm;       /* the call returned without an error: nothing takes the deed back but an erase */
    bool erasing;    /* an erase of a block that it is in was begun: the deed may be undone or not */
    bool gone;       /* the erase has ended; the store may not know before the next mount */
    bool copied;     /* a program of the call failed: any of its records may also be where that was */
    uint32_t blocks; /* a bit for each block that has a record of it */
};

/* The deeds of a key that may still be on the flash, oldest first. */
struct history {
    uint32_t n;
    struct deed deed[DEEDS_MAX];
};

struct model {
    struct history key[KEYS];
    uint32_t call;   /* number of the latest one */
    uint32_t erased; /* a bit for each block that was erased since a lazy medium was synced */
};

void model_start(struct model *m);

/* Adds a deed of the latest call. */
struct deed *model_do(struct model *m, uint32_t key, bool put, uint32_t bytes, uint32_t blocks);

/* Of all deeds of the latest call there may be copies. */
void model_copied(struct model *m);

/* All deeds of the latest call are firm. */
void model_keep(struct model *m);

/* An erase of `block` was begun, or the log passed the block over. */
void model_erase(struct model *m, uint32_t block);

/* The erase has ended, and what the block held is gone for good. */
void model_erased(struct model *m, uint32_t block);

/* The same on a lazy medium, and the sync that makes it so. */
void model_erased_lazily(struct model *m, uint32_t block);
void model_synced(struct model *m);

/* The store is about to be mounted. */
void model_mount(struct model *m);

/* The bytes of an artifact. */
void model_content(uint8_t *data, uint32_t call, uint32_t bytes);

/* May the key have this artifact, or none (NULL)? */
bool model_allows(const struct model *m, uint32_t key, const uint8_t *data, uint32_t bytes);

/* Did the key ever get this artifact? */
bool model_knows(const struct model *m, uint32_t key, const uint8_t *data, uint32_t bytes);

/* Was the last artifact of this size written once, into blocks that no erase was begun of since? */
bool model_is_plain(const struct model *m, uint32_t key, uint32_t bytes);

/* Must the key have the artifact that was put last? */
bool model_is_firm(const struct model *m, uint32_t key);

#endif
