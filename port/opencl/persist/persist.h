/* stoker port: what outlives the port, programs and outcomes of handshakes in cache and store. These files alone write
 * own.persisted and persist_note of the port. */
#ifndef STK_PORT_OPENCL_PERSIST_H
#define STK_PORT_OPENCL_PERSIST_H

#include "../internal.h"

/// Records: record.c ///

/* Bytes before a record's payload. */
#define STK_OPENCL_RECORD_HEADER 272u

enum {
    STK_OPENCL_RECORD_PROGRAM = 1,
    STK_OPENCL_RECORD_OUTCOME = 2
};

/* A record that was found and is valid. */
struct stk_opencl_record {
    enum stk_opencl_origin from; /* the place where the record was found */
    const uint8_t *key;          /* key under which the record was looked for, STK_STORE_KEY_BYTES */
    /* the whole record, and its payload: in the cache's memory, pinned, or in `pages` */
    const uint8_t *record, *payload;
    size_t record_bytes, mapped; /* bytes of the record with its header, and of `pages` */
    uint32_t bytes;              /* bytes of the payload */
    void *pages; /* memory of this process with a record of the store; NULL: the record is in the cache */
};

/* Returns 1 when there is a cache or a store. */
int stk_opencl_persists(const struct stk_opencl *cl);

/* Looks for the record of `key` in the place `from`. Returns 1 if `got` has it; the caller drops it. Returns 0 if there
 * is none, or if it is not valid, which is noted in persist_note. */
int stk_opencl_record_get(struct stk_opencl *cl, enum stk_opencl_origin from, const uint8_t *key, uint32_t kind,
                          struct stk_opencl_record *got);
void stk_opencl_record_drop(struct stk_opencl *cl, struct stk_opencl_record *got);

/* Copies a record that was found in the cache to the store, or a record of the store to the cache. */
void stk_opencl_record_spread(struct stk_opencl *cl, const struct stk_opencl_record *got);

/* Writes the header before `bytes` bytes of payload, which begin STK_OPENCL_RECORD_HEADER bytes into `record`, and puts
 * the record into cache and store. */
void stk_opencl_record_put(struct stk_opencl *cl, const uint8_t *key, uint32_t kind, uint8_t *record, uint32_t bytes);

/* Appends to cl->persist_note, cut to fit, behind a separator. */
void stk_opencl_persist_say(struct stk_opencl *cl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// Programs: program.c ///

/* Version of the interface between program and port: the kernel's arguments and the meaning of its words. Raise it when
 * either changes, so that older programs are not loaded any more. */
#define STK_OPENCL_ABI 5u

/* Computes the key of an artifact that is made from these sources and options by the compiler of this device. Returns 0
 * if there can be no key, because the driver does not say its version. */
int stk_opencl_key(const struct stk_opencl *cl, const struct stk_span *sources, uint32_t count, const char *options,
                   uint8_t key[STK_STORE_KEY_BYTES]);

/* Loads the program that was compiled from these texts, and its kernel. Returns the place where it was found;
 * STK_OPENCL_MADE: it was not found. */
enum stk_opencl_origin stk_opencl_load_program(struct stk_opencl *cl, const char *const *texts, const size_t *lengths,
                                               uint32_t count, cl_program *program, cl_kernel *kernel);

/* Takes nothing from cache and store any more, because what was found in the place `from` did not work. */
void stk_opencl_reject(struct stk_opencl *cl, enum stk_opencl_origin from);

/* Puts the program, as the driver has it now, into cache and store. */
void stk_opencl_save_program(struct stk_opencl *cl);

/// Outcomes: outcome.c ///

/* Notes in `outcome` the device and the driver that it belongs to. */
void stk_opencl_sign(const struct stk_opencl *cl, struct stk_opencl_outcome *outcome);

/* Loads what an earlier open found. Returns the place; STK_OPENCL_MADE: nothing was found. */
enum stk_opencl_origin stk_opencl_load_outcome(struct stk_opencl *cl, struct stk_opencl_outcome *outcome);
/* Puts cl->outcome into cache and store. */
void stk_opencl_save_outcome(struct stk_opencl *cl);

/// Both: persist.c ///

/* Calls stk_opencl_persist, unless the configuration leaves that for later. Always returns STK_OK: nothing that cannot
 * be kept fails an open. */
int stk_opencl_persist_now(struct stk_opencl *cl);

#endif
