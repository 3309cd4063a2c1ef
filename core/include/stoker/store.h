/* stoker: the flash store of artifacts.
 *
 * Keeps built kernels and tables by their 32-byte key, below the RAM cache. An artifact is a run of records of a flash
 * log (log.h) that is the store's own, so the store survives power cuts as the log does: an artifact is there, whole,
 * once its put has returned; before that the artifact is there whole or not at all. Each read is checked against a
 * BLAKE3 hash. The hash shows that an artifact is whole. It does not show who wrote the artifact, since the key of the
 * hash is no secret: the caller decides who may write to the medium.
 *
 * The store only ever appends; each erase block is erased once a lap, oldest first, so wear is even whatever is asked
 * for. The artifacts in a block that is erased are dropped and reported. A caller that wants to keep an artifact puts
 * it again, which makes it the newest. SPEC.md section 9 has the bits, DESIGN.md the reasons.
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
#define STK_STORE_CELL_BYTES  48u        /* of an artifact in each record of 64 */
#define STK_STORE_ENTRIES_MAX 0x1000000u /* of the index */

/* What the index keeps of an artifact. */
struct stk_store_entry {
    uint8_t key[STK_STORE_KEY_BYTES];
    uint32_t sequence; /* of its first record */
    uint32_t bytes;
};

/* Arena bytes that the index takes: 40 for each artifact. */
#define STK_STORE_BYTES(entries)        STK_ALIGNED((size_t)(entries) * sizeof(struct stk_store_entry))
#define STK_STORE_DEFINE(name, entries) STK_STORAGE_DEFINE(name, STK_STORE_BYTES(entries))

/* The same at run time. STK_E_ARG no entries; STK_E_OVERFLOW more than STK_STORE_ENTRIES_MAX, or than size_t holds. */
STK_MUST_CHECK int stk_store_bytes(uint32_t entries, size_t *out);

/* The least buffer: what a log needs to write, and as much to read. */
#define STK_STORE_BUFFER_BYTES(read_unit, prog_unit) (2u * STK_LOG_BUFFER_BYTES(read_unit, prog_unit))

/* The largest artifact, in bytes, that surely finds room, whatever the state of the lap, while no block is bad: three
 * quarters of the flash less two blocks and four records. 0 for a geometry that a store cannot use. */
uint32_t stk_store_largest(const struct stk_flash_geometry *geometry);

/// Store ///

/* An artifact left the index: the ring came round to it, there was no other entry for a new one, or it was damaged. */
typedef void stk_store_dropped(void *ctx, const uint8_t key[STK_STORE_KEY_BYTES], uint32_t bytes);

struct stk_store_config {
    const struct stk_flash_ops *flash; /* mandatory; nothing else is kept on it */
    void *flash_ctx;
    void *buffer;          /* mandatory; the store's until it is dropped. Any alignment */
    uint32_t buffer_bytes; /* at least STK_STORE_BUFFER_BYTES; the more, the fewer reads a get and a mount take */
    uint32_t entries;      /* mandatory: artifacts that the index holds, 1 .. STK_STORE_ENTRIES_MAX */
    stk_store_dropped
        *dropped;      /* default none. Called from within put, remove, poll, get and read; must not call the store */
    void *dropped_ctx; /* handed to each call of dropped */
};

struct stk_store_stats {
    uint32_t artifacts; /* in the index now */
    uint64_t bytes;     /* and the sum of their sizes */
    uint32_t puts;      /* since mount or format, as all that follows: stored */
    uint32_t hits;      /* read whole and verified */
    uint32_t misses;    /* asked for by get or open and not there */
    uint32_t corrupt;   /* of those found, not verified: damaged, or of a block that is bad */
    uint32_t dropped;   /* reported to `dropped` */
};

/* A span of the caller's bytes; data may be NULL when bytes is 0. */
struct stk_span {
    const void *data;
    size_t bytes;
};

/* Visible for sizeof only. */
struct stk_store {
    struct stk_log log;
    struct stk_log_iter iter;
    struct stk_blake3 hash;        /* of the artifact that is being read or written */
    struct stk_store_entry *entry; /* the index: `count` of them, oldest first */
    uint32_t count;
    uint32_t oldest;                    /* sequence of the first record on the flash */
    uint32_t erases;                    /* of the log, when that was found */
    uint8_t cell[STK_STORE_CELL_BYTES]; /* of the artifact that is being read or written */
    uint32_t filled, at;                /* bytes of it: valid, taken */
    uint32_t reading;                   /* 1: an artifact is open */
    struct stk_store_entry open;        /* which */
    uint32_t left;                      /* bytes of it that were not read yet */
    uint32_t next;                      /* sequence of its next record */
    struct stk_store_config config;
    struct stk_store_stats stats;
};

/* Checks `config` and takes the index from `arena`, which must outlive the store; mount or format comes next, any number
 * of times. STK_E_ARG a mandatory member is missing or store, config or arena is NULL; STK_E_OVERFLOW the flash can hold
 * no artifact or has a geometry that a log cannot use; as stk_store_bytes; STK_E_SPACE the buffer is too small, or the
 * arena (arena.need has the number). */
STK_MUST_CHECK int stk_store_init(struct stk_store *store, const struct stk_store_config *config,
                                  struct stk_arena *arena);

/* Erases the flash and begins an empty store; `id` should differ from that of a store that was there before. Errors as
 * stk_log_format; after one the store is not mounted. */
STK_MUST_CHECK int stk_store_format(struct stk_store *store, uint32_t id);

/* Finds the end of the log in O(log blocks) reads, then the artifacts: every record is read once, but for those inside
 * an artifact of more than two blocks, which cost O(log blocks) reads and a block's records. So a mount takes at most
 * the reads that fit the whole flash into the buffer, and those. Writes nothing; call stk_store_poll next. Returns how
 * many artifacts there are. STK_E_FULL there are more than `entries`: the newest are mounted all the same, and the
 * fault's value says how many entries would do, its index how many artifacts were left out; STK_E_FORMAT no store, or
 * the log of a recorder; else as stk_log_mount. After any other error than STK_E_FULL it is not mounted. */
STK_MUST_CHECK int stk_store_mount(struct stk_store *store, struct stk_fault *fault);

/* Erases the next block ahead of need, which may drop artifacts, and makes the end sure after a mount. As stk_log_poll. */
STK_MUST_CHECK int stk_store_poll(struct stk_store *store);

/// Writing ///

/* Stores the `count` spans, one behind the other, as `key`'s artifact, in place of the one it had. It survives a power
 * cut once this returns; a cut before that leaves the new one, or what the key had. Drops artifacts as the ring comes
 * round, and the oldest when the index is full. Closes what was open. Takes bytes / 48 programs of a page, or, with larger
 * units, of as many pages as those records fill, and the rest of the last one. Returns how many artifacts were dropped.
 * STK_E_ARG a span without data; STK_E_OVERFLOW more than stk_store_largest, or than BLAKE3 takes; STK_E_IO the medium,
 * or so many bad blocks that it found no room: the key has what it had unless that was dropped; STK_E_SHUTDOWN not
 * mounted. */
STK_MUST_CHECK int stk_store_put(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES],
                                 const struct stk_span *spans, uint32_t count);

/* Forgets `key`'s artifact, for good once this returns. Returns 1, or 0 when there was none. A damaged record, or a cut of
 * the erase that ends the lap, may bring it back at a mount until the ring has come round. Closes what was open. STK_E_IO;
 * STK_E_SHUTDOWN. */
STK_MUST_CHECK int stk_store_remove(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES]);

/// Reading ///

/* Is there an artifact of this key in the index? Returns 1 and its size in *bytes (which may be NULL), or 0; reads
 * nothing from the flash. O(entries). STK_E_SHUTDOWN. */
STK_MUST_CHECK int stk_store_find(const struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES],
                                  uint32_t *bytes);

/* Reads an artifact whole into `data`, which has `room` bytes, and checks its hash. Returns 1 and its size in *bytes, or
 * 0: there is none, or it was damaged, in which case it was dropped and counted, and `data` holds anything. STK_E_SPACE
 * it has more than `room` bytes; STK_E_SHUTDOWN. Closes what was open. */
STK_MUST_CHECK int stk_store_get(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES], void *data,
                                 size_t room, uint32_t *bytes);

/* Begins to read an artifact in pieces; one can be open in a store at a time. Returns 1 and its size in *bytes, or 0.
 * STK_E_SHUTDOWN. */
STK_MUST_CHECK int stk_store_open(struct stk_store *store, const uint8_t key[STK_STORE_KEY_BYTES], uint32_t *bytes);

/* Copies the next bytes of the open artifact, at most `room`. Returns how many; 0 at the end, once the hash was checked:
 * until then nothing that was read may be relied on. STK_E_CORRUPT it is damaged: dropped and counted; STK_E_STATUS none
 * is open: a put, remove, format or mount, or the erase of a poll, came between; STK_E_ARG no room. */
STK_MUST_CHECK int stk_store_read(struct stk_store *store, void *data, uint32_t room);

/* Copies the counters out. store->log.stats has those of the medium. */
void stk_store_stats(const struct stk_store *store, struct stk_store_stats *stats);

#ifdef __cplusplus
}
#endif
#endif
