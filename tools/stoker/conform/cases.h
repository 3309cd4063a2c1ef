/* Conformance: what each kind of vector file does with its records. */
#ifndef CASES_H
#define CASES_H

#include "vector_check.h"

#include "stoker/debug_log.h"
#include "stoker/io_queue.h"

struct bytes {
    uint8_t *p;
    size_t len;
};

/* The objects on which the records of one file act. Zeroed before each file. */
struct world {
    struct bytes ring, words, control, log, host, queue, view;
    bool use_view; /* poll, claim and complete act on view, not on queue */
    struct stk_debug_record *records;
    int record_count;
    struct stk_io_request requests[STK_IO_SLOTS_MAX];
    int request_count;
    struct tenant_world *tenants; /* one allocation, made when it is first needed */
    struct cache_world *cache;    /* made by the case record */
    struct telemetry_world *telemetry;
    struct log_world *logs; /* made when it is first needed */
};

struct handler {
    const char *rec;
    void (*run)(struct vec *v, struct world *w);
};

/* Each table ends with a NULL name. */
extern const struct handler ring_handlers[], item_handlers[], control_handlers[], debug_handlers[], host_handlers[],
    io_handlers[], table_handlers[], constant_handlers[], tenant_handlers[], tenant_call_handlers[], task_handlers[],
    cache_handlers[], hit_rate_handlers[], telemetry_handlers[], telemetry_edge_handlers[], telemetry_table_handlers[],
    sketch_handlers[], snapshot_sketch_handlers[], log_handlers[], log_record_handlers[];

void world_free(struct world *w);
void cache_world_free(struct world *w);
void telemetry_world_free(struct world *w);
void log_world_free(struct world *w);

/* Replaces `b` by `len` zero bytes, or by a buffer that vec_alloc or vec_bytes made. */
void bytes_zero(struct bytes *b, size_t len);
void bytes_take(struct bytes *b, uint8_t *p, size_t len);

void bytes_cut(struct vec *v, struct bytes *b);
void bytes_load(struct vec *v, struct bytes *b);
void bytes_set_word(struct vec *v, struct bytes *b);

#endif
