/* What outlives the port: programs and outcomes of handshakes in cache and store. These files alone write
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

/* A record that was found, whole and right. */
struct stk_opencl_record {
    enum stk_opencl_origin from;
    const uint8_t *key;
    const uint8_t *record, *payload; /* the cache's, pinned, or in `pages` */
    size_t record_bytes, mapped;
    uint32_t bytes; /* of the payload */
    void *pages;
};

/* Returns 1 when there is a cache or a store. */
int stk_opencl_persists(const struct stk_opencl *cl);

/* 1: `got` has the record of `key` in the place `from`, and is to be dropped; 0: there is none, or it is not right,
 * which is noted. */
int stk_opencl_record_get(struct stk_opencl *cl, enum stk_opencl_origin from, const uint8_t *key, uint32_t kind,
                          struct stk_opencl_record *got);
void stk_opencl_record_drop(struct stk_opencl *cl, struct stk_opencl_record *got);

/* Puts what one place had into the other one. */
void stk_opencl_record_spread(struct stk_opencl *cl, const struct stk_opencl_record *got);

/* Writes the header before `bytes` bytes of payload, which begin STK_OPENCL_RECORD_HEADER bytes into `record`, and
 * puts it into both. */
void stk_opencl_record_put(struct stk_opencl *cl, const uint8_t *key, uint32_t kind, uint8_t *record, uint32_t bytes);

/* Appends to cl->persist_note, cut to fit, behind a separator. */
void stk_opencl_persist_say(struct stk_opencl *cl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// Programs: program.c ///

/* The version of what lies between program and port: the kernel's arguments, and what its words mean. Raise it with
 * either. */
#define STK_OPENCL_ABI 5u

/* The key of an artifact made from these by the compiler and the device of cl. 0 when there can be none. */
int stk_opencl_key(const struct stk_opencl *cl, const struct stk_span *sources, uint32_t count, const char *options,
                   uint8_t key[STK_STORE_KEY_BYTES]);

/* Loads the program that these texts were compiled to, and its kernel. Returns where it came from; STK_OPENCL_MADE:
 * there is none. */
enum stk_opencl_origin stk_opencl_load_program(struct stk_opencl *cl, const char *const *texts, const size_t *lengths,
                                               uint32_t count, cl_program *program, cl_kernel *kernel);

/* Takes nothing that was kept any more, since what came from there did not work. */
void stk_opencl_reject(struct stk_opencl *cl, enum stk_opencl_origin from);

/* Puts the program in its present form into both. */
void stk_opencl_save_program(struct stk_opencl *cl);

/// Outcomes: outcome.c ///

/* Notes in `outcome` the device and the driver that it belongs to. */
void stk_opencl_sign(const struct stk_opencl *cl, struct stk_opencl_outcome *outcome);

/* What an earlier open found; STK_OPENCL_MADE: nothing. */
enum stk_opencl_origin stk_opencl_load_outcome(struct stk_opencl *cl, struct stk_opencl_outcome *outcome);
void stk_opencl_save_outcome(struct stk_opencl *cl);

/// Both: persist.c ///

/* stk_opencl_persist unless that is for later. Always STK_OK. */
int stk_opencl_persist_now(struct stk_opencl *cl);

#endif
