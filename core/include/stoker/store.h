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
    uint32_t boot;                  /* boot of the cell before `cell` in a walk */
    uint32_t largest;               /* bytes of the largest artifact that a put takes */
    struct stk_store_artifact open; /* the artifact that is being read or written */
    uint32_t read_bytes;            /* bytes of the buffer that are for reading; the log has the rest */
    struct stk_log_cell cell;       /* the cell that is being read or written */
    struct stk_store_stats stats;
    struct stk_store_config config;
    struct stk_log_config log_config; /* configuration of the log: its part of the buffer */
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

/* Finds the end of the log, as stk_log_mount does, and then the artifacts. Writes nothing; call stk_store_poll next.
 * Returns the number of artifacts. A short artifact that turns out damaged does not count, and its key has the older
 * version. An artifact that the medium cannot give back now is found by its head, and a get of it returns STK_E_IO.
 * Where the head cannot be read either, or on lazy media, the key has its older version, until a mount can read the
 * newer one. `info` may be NULL. STK_E_FULL there are more artifacts than `entries`: the newest are mounted all the
 * same; info has the number of entries that would do as value, and the number of artifacts that were left out as index.
 * STK_E_FORMAT the flash has no store, or has the log of a recorder. Else as stk_log_mount. After any error but
 * STK_E_FULL the store is not mounted.
 *
 * Reads every cell once, except the cells inside an artifact of more than two blocks: such an artifact costs O(log
 * blocks) reads and the cells of one block. So a mount takes at most the reads that bring the whole flash into the
 * buffer once, and those for the long artifacts. */
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

/* Stores the `count` spans, one behind the other, as the artifact of `key`, in place of the artifact that the key had.
 * Once this returns, the artifact survives a power cut; a cut before that leaves the new artifact or the old one. Drops
 * the artifacts whose blocks have to be erased, and the oldest artifact when the index is full. Ends an open reading.
 * Returns how many artifacts were dropped. STK_E_ARG a span has bytes but no data; STK_E_OVERFLOW more bytes than
 * stk_store_largest, or than BLAKE3 takes; STK_E_SHUTDOWN the store is not mounted; STK_E_IO the medium failed, or too
 * many blocks are bad. After STK_E_IO find and get go on with the old artifact of the key, unless it was dropped.
 * However, all of the new artifact may have reached the flash: a put that failed may take effect at the next mount or
 * at a later one, and so may the removal of an artifact that was dropped for this put. The next put or remove of the
 * key that succeeds settles which artifact the key has.
 *
 * Costs one program for each 48 bytes, or with larger units one for each page that these cells fill, and two more
 * cells. The time does not depend on the number of artifacts. */
STK_MUST_CHECK int stk_store_put(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES],
                                 const struct stk_span *spans, uint32_t count);

/* Removes the artifact of `key`; once this returns, a power cut does not bring the artifact back. Returns 1, or 0 when
 * the key had none. A put that failed, or that a power cut ended, may have left an artifact that only a later mount
 * finds. So this call appends a cell even when the index has no artifact of the key, except in a store that was just
 * formatted. Until the log has erased the block with the artifact, two events may bring it back at a mount: damage of
 * that cell, and a cut of the erase of the block with that cell. Ends an open reading. STK_E_IO the medium failed: the
 * key keeps its artifact now, and the removal may take effect at the next mount or at a later one; STK_E_SHUTDOWN the
 * store is not mounted. */
STK_MUST_CHECK int stk_store_remove(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES]);

/// Reading ///

/* Looks `key` up in the index. Returns 1 and the size of the artifact in *bytes (`bytes` may be NULL), or 0. Reads
 * nothing from the flash, so the artifact may turn out damaged. Takes at most 256 steps, whatever the keys are.
 * STK_E_SHUTDOWN the store is not mounted. */
STK_MUST_CHECK int stk_store_find(const struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES],
                                  uint32_t *bytes);

/* Reads the artifact of `key` into `data`, which has `room` bytes, and checks its hash. Returns 1 and the size in
 * *bytes, or 0 when the key has no artifact. A damaged artifact is counted. The newest older version that is whole then
 * takes its place, here and in the index, unless a remove came between; the search for that version reads the whole
 * log. Ends an open reading. After an error the contents of `data` are undefined. STK_E_CORRUPT the artifact is damaged
 * and has no older version, so it was dropped; STK_E_IO the medium failed to give the artifact back, twice: nothing
 * changed, and a later get may succeed; STK_E_SPACE the artifact has more than `room` bytes (stk_store_find returns its
 * size); STK_E_SHUTDOWN the store is not mounted. */
STK_MUST_CHECK int stk_store_get(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES], void *data,
                                 size_t room, uint32_t *bytes);

/* Begins to read the artifact of `key` in parts. A store has one open reading at a time; this call ends an earlier one.
 * Returns 1 and the size in *bytes, or 0 when the key has no artifact. STK_E_IO as stk_store_get; STK_E_SHUTDOWN the
 * store is not mounted. */
STK_MUST_CHECK int stk_store_open(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES], uint32_t *bytes);

/* Copies the next bytes of the open artifact to `data`, at most `room`. Returns how many, or 0 at the end, once the
 * hash was found right. Do not rely on any of the bytes before this 0. STK_E_CORRUPT the artifact is damaged and was
 * counted: an older version has taken its place, which another stk_store_open begins to read, or the artifact was
 * dropped. STK_E_IO as stk_store_get. Both errors end the reading. STK_E_STATUS no reading is open: a put, a remove, a
 * format, a mount, or a poll that erased has ended it. STK_E_ARG `data` is NULL or `room` is 0 while bytes are left. */
STK_MUST_CHECK int stk_store_read(struct stk_store *store, void *data, uint32_t room);

/* Copies the counters out. store->log.stats has the counters of the medium. */
void stk_store_stats(const struct stk_store *store, struct stk_store_stats *stats);

#ifdef __cplusplus
}
#endif
#endif
