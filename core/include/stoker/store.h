/* stoker: the flash store of artifacts.
 *
 * Keeps built kernels and tables by their 32-byte key, below the RAM cache. An artifact is a row of cells in a flash
 * log (log.h) that only the store uses, so the store survives power cuts as the log does. Once a put has returned, its
 * artifact is there; before that the artifact is there whole or not at all. Each read is checked against a BLAKE3 hash.
 * The hash shows that an artifact is whole. It does not show who wrote the artifact, since the key of the hash is no
 * secret: the caller decides who may write to the medium. A damaged artifact gives way to the older version of its key,
 * while that version is on the flash. An artifact that the medium cannot give back now is neither damaged nor gone: a
 * later read may get it.
 *
 * The store only ever appends; each erase block is erased once a lap, oldest first, so every block wears equally,
 * whatever is put and removed. The artifacts in a block that is erased are dropped and reported. A caller that wants to
 * keep an artifact puts it again, which makes it the newest. SPEC.md section 9 has the bits, DESIGN.md the reasons;
 * POWER-CUTS.md says what a power cut leaves at which point.
 *
 * One thread uses a store. No call may be made from an interrupt. */
#ifndef STOKER_STORE_H
#define STOKER_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/blake3.h"
#include "stoker/err.h"
#include "stoker/log.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Sizes ///

#define STK_STORE_KEY_BYTES   32u
#define STK_STORE_CELL_BYTES  STK_LOG_BODY_BYTES /* bytes of an artifact in each cell of 64 bytes */
#define STK_STORE_ENTRIES_MAX 0x1000000u         /* most entries of the index */

/* One version of the artifact of a key. */
struct stk_store_artifact {
    uint8_t key[STK_STORE_KEY_BYTES];
    uint32_t sequence; /* sequence of the first cell, the head */
    uint32_t bytes;    /* size of the artifact */
};

/* One entry of the index. Entries link to each other by their numbers. Private. */
struct stk_store_entry {
    struct stk_store_artifact artifact;
    uint32_t next[2];  /* the next newer and the next older entry */
    uint32_t child[2]; /* links of the node that this entry holds in the tree of keys: for a bit of 0, of 1 */
    uint32_t bit;      /* the bit of a key that decides at this node, 0 .. 255 */
};

/* Arena bytes that the index takes: 60 for each artifact, and 60 more. */
#define STK_STORE_BYTES(entries)        STK_ALIGNED(((size_t)(entries) + 1u) * sizeof(struct stk_store_entry))
#define STK_STORE_DEFINE(name, entries) STK_STORAGE_DEFINE(name, STK_STORE_BYTES(entries))

/* Sets *out to STK_STORE_BYTES(entries) at run time. STK_E_ARG `entries` is 0; STK_E_OVERFLOW `entries` is above
 * STK_STORE_ENTRIES_MAX. */
STK_MUST_CHECK int stk_store_bytes(uint32_t entries, size_t *out);

/* Bytes of the smallest buffer: one part for the log to write, and one of the same size for reading, each a multiple of
 * the larger unit. stk_store_buffer_bytes returns the same at run time. */
#define STK_STORE_BUFFER_BYTES(read_unit, prog_unit)                                                                   \
    (3u * STK_LOG_BUFFER_BYTES(read_unit, prog_unit) - 2u * STK_LOG_CELL_BYTES)
uint32_t stk_store_buffer_bytes(const struct stk_flash_geometry *geometry);

/* Returns the size in bytes of the largest artifact that surely finds room while no block is bad, wherever the log is
 * in its lap: three quarters of the flash less two blocks and four cells. Returns 0 for a geometry that a store cannot
 * use. */
uint32_t stk_store_largest(const struct stk_flash_geometry *geometry);

/// Store ///

/* Reports that a key has no artifact any more although nobody removed it. The log erased its block, or a new artifact
 * needed its entry, or the artifact was damaged and no older version was there. `bytes` is the size of the artifact. */
typedef void stk_store_dropped(void *ctx, const uint8_t key[STK_STORE_KEY_BYTES], uint32_t bytes);

struct stk_store_config {
    struct stk_flash_port flash; /* the flash for this store alone; mandatory */
    /* Memory that the store uses until the program drops the store; mandatory. Each transfer begins at a place that is
     * as aligned as the buffer, up to the larger of the two units. */
    void *buffer;
    uint32_t buffer_bytes; /* at least STK_STORE_BUFFER_BYTES; with more bytes a get and a mount take fewer reads */
    uint32_t entries;      /* most artifacts in the index, 1 .. STK_STORE_ENTRIES_MAX; mandatory */
    /* Called from within put, remove, poll, get and read for each artifact that is dropped; must not call the store.
     * Default none. */
    stk_store_dropped *dropped;
    void *dropped_ctx; /* handed to each call of dropped */
};

/* Counters of a store. All but the first two begin at 0 with each mount or format. */
struct stk_store_stats {
    uint32_t artifacts; /* artifacts in the index now */
    uint64_t bytes;     /* sum of the sizes of these artifacts */
    uint32_t puts;      /* artifacts that were put without an error */
    uint32_t hits;      /* artifacts that were read whole and had the right hash */
    uint32_t not_found; /* gets and opens of a key that had no artifact */
    uint32_t corrupt;   /* versions of artifacts that were found and turned out to be damaged */
    uint32_t dropped;   /* artifacts that were reported to `dropped` */
    uint32_t unread;    /* reads of an artifact that the medium could not give back completely */
};

/* A span of the caller's bytes; data may be NULL when bytes is 0. */
struct stk_span {
    const void *data;
    size_t bytes;
};

/* Visible for sizeof only. */
struct stk_store {
    struct stk_store_entry *entry;  /* the index; entry 0 stands between the oldest and the newest entry */
    uint32_t count;                 /* entries in use */
    uint32_t used;                  /* entries 1 .. used were in use at some time; entries above are free */
    uint32_t free;                  /* first entry that is free again, 0 for none; next[0] leads to the others */
    uint32_t root;                  /* link to the root of the tree of keys; valid while count is not 0 */
    uint32_t begins;                /* sequence of the oldest cell on the flash */
    uint32_t erases;                /* stats.erases of the log when `begins` was found */
    uint32_t unsettled;             /* 1: the flash may hold artifacts that the index does not know; else 0 */
    uint32_t filled, at;            /* bytes in the body of `cell`: valid; taken by a read */
    uint32_t reading;               /* 1: an artifact is open; else 0 */
    uint32_t left;                  /* bytes of the open artifact whose cells were not read yet */
    uint32_t next;                  /* sequence of the next cell of the open artifact */
    struct stk_log_cell cell;       /* the cell that is being read or written */
    uint32_t boot;                  /* boot of the cell before `cell` in a walk */
    struct stk_store_artifact open; /* the artifact that is being read */
    uint32_t read_bytes;            /* bytes of the buffer that are for reading; the log has the rest */
    struct stk_store_stats stats;
    struct stk_store_config config;
    struct stk_log log;
    struct stk_log_iter iter;
    struct stk_blake3 hash; /* hash so far of the artifact that is being read or written */
};

/* Checks `config` and takes the memory of the index from `arena`, which must outlive the store. Reads nothing from the
 * flash: call stk_store_mount or stk_store_format next; either may be called any number of times. STK_E_ARG a mandatory
 * member is missing, or store, config or arena is NULL; STK_E_OVERFLOW the flash can hold no artifact or has a geometry
 * that a log cannot use; STK_E_SPACE the buffer is too small, or the arena (arena.need has the number); else as
 * stk_store_bytes. */
STK_MUST_CHECK int stk_store_init(struct stk_store *store, const struct stk_store_config *config,
                                  struct stk_arena *arena);

/* Erases the flash and begins an empty store, which is mounted afterwards. `id` should differ from the id of a store
 * that was on the flash before. Errors as stk_log_format; after an error the store is not mounted. */
STK_MUST_CHECK int stk_store_format(struct stk_store *store, uint32_t id);

/* Finds the end of the log, as stk_log_mount, then the artifacts: every record is read once, but for those inside an
 * artifact of more than two blocks, which cost O(log blocks) reads and a block's records. So a mount takes at most the
 * reads that fit the whole flash into the buffer, and those. Writes nothing; call stk_store_poll next. Returns how many
 * artifacts there are. A short artifact that is found damaged is none, and its key has the older version. One that the
 * medium cannot give back now is found by its head, and get says STK_E_IO; where the head cannot be read either, or on
 * lazy media, the key has what it had before, until a mount can read it. STK_E_FULL there are more than `entries`: the
 * newest are mounted all the same, and info's value says how many entries would do, its index how many artifacts
 * were left out; STK_E_FORMAT no store, or the log of a recorder; else as stk_log_mount. After any other error than
 * STK_E_FULL it is not mounted. */
STK_MUST_CHECK int stk_store_mount(struct stk_store *store, struct stk_error_info *info);

/* Mounts a store that was made when the flash had fewer blocks, and lets the store use the new blocks, which must lie
 * behind the old ones. Call stk_store_init first, when the flash has its new size. The contents of the new blocks are
 * erased. The oldest block or two may have to be erased as well; their artifacts are gone without a report. A power cut
 * leaves the store as it was, or grown. A store that has all blocks of the flash already is only mounted. Errors as
 * stk_store_mount and stk_log_grow. */
STK_MUST_CHECK int stk_store_grow(struct stk_store *store, struct stk_error_info *info);

/* Erases the next block ahead of need, which may drop artifacts, and makes the end of the log sure after a mount.
 * Rules, returns and errors as stk_log_poll. */
STK_MUST_CHECK int stk_store_poll(struct stk_store *store);

/// Writing ///

/* Stores the `count` spans, one behind the other, as `key`'s artifact, in place of the one it had. It survives a power
 * cut once this returns; a cut before that leaves the new one, or what the key had. Drops artifacts as the log comes
 * round, and the oldest when the index is full. Closes what was open. Takes bytes / 48 programs of a page, or, with
 * larger units, of as many pages as those records fill, and the rest of the last one. O(1) beside that, however many
 * artifacts there are. Returns how many artifacts were dropped. STK_E_ARG a span without data; STK_E_OVERFLOW more than
 * stk_store_largest, or than BLAKE3 takes; STK_E_SHUTDOWN not mounted. STK_E_IO the medium, or so many bad blocks that
 * it found no room. After STK_E_IO find and get go on with what the key had, unless that was dropped. All of the new
 * artifact may have reached the flash, though: a put that failed may take effect at the next mount, or at a later one.
 * So may the removal of an artifact that was dropped for it, or not. The next put or remove of the key that does not
 * fail settles which artifact the key has. */
STK_MUST_CHECK int stk_store_put(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES],
                                 const struct stk_span *spans, uint32_t count);

/* Forgets `key`'s artifact, for good once this returns. Returns 1, or 0 when there was none. A put that failed, or that
 * a power cut ended, may have left an artifact that only a later mount finds. So this appends a record even when there
 * was none, but for a store that was just formatted. A damaged record, or a cut of the erase that ends the lap, may
 * bring the artifact back at a mount until the log has come round. Closes what was open. STK_E_IO the key keeps its
 * artifact, and a remove that failed may take effect at the next mount, or at a later one; STK_E_SHUTDOWN. */
STK_MUST_CHECK int stk_store_remove(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES]);

/// Reading ///

/* Looks the key up in the index. Returns 1 and the size of the artifact in *bytes (which may be NULL), or 0; reads
 * nothing from the flash. O(1): at most 256 steps, whatever keys there are. STK_E_SHUTDOWN. */
STK_MUST_CHECK int stk_store_find(const struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES],
                                  uint32_t *bytes);

/* Reads an artifact whole into `data`, which has `room` bytes, and checks its hash. Returns 1 and its size in *bytes,
 * or 0: there is none. A damaged artifact is counted, and the newest older version of the key that is whole takes its
 * place, here and in the index, unless a remove came between: to find it the whole log is read. After an error `data`
 * holds anything. STK_E_CORRUPT the artifact is damaged and there is no older version: it was dropped; STK_E_IO the
 * medium cannot give it back, nor when it was asked again: nothing changed, and a later get may find it; STK_E_SPACE it
 * has more than `room` bytes, which find tells; STK_E_SHUTDOWN. Closes what was open. */
STK_MUST_CHECK int stk_store_get(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES], void *data,
                                 size_t room, uint32_t *bytes);

/* Begins to read an artifact in parts; one can be open in a store at a time. Returns 1 and its size in *bytes, or 0:
 * there is none. STK_E_IO as stk_store_get; STK_E_SHUTDOWN. */
STK_MUST_CHECK int stk_store_open(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES], uint32_t *bytes);

/* Copies the next bytes of the open artifact, at most `room`. Returns how many; 0 at the end, once the hash was
 * checked: until then nothing that was read may be relied on. STK_E_CORRUPT it is damaged and counted: it gave way to
 * an older version, which another open begins to read, or was dropped; STK_E_IO as stk_store_get; after either it is
 * closed. STK_E_STATUS none is open: a put, remove, format or mount, or the erase of a poll, came between; STK_E_ARG no
 * room. */
STK_MUST_CHECK int stk_store_read(struct stk_store *store, void *data, uint32_t room);

/* Copies the counters out. store->log.stats has the counters of the medium. */
void stk_store_stats(const struct stk_store *store, struct stk_store_stats *stats);

#ifdef __cplusplus
}
#endif
#endif
