/* Conformance: what the reference's messages say about the cause of an error, as codes of this library. */
#ifndef CAUSES_H
#define CAUSES_H

#include "vector_text.h"

/* The error type of the reference implementation that a call returns. */
enum vec_family {
    VEC_QUEUE,     /* PipelineError of the ring and of work items */
    VEC_IO,        /* PipelineError of the I/O queue */
    VEC_PROTOCOL,  /* ProtocolError */
    VEC_TASK,      /* PipelineError of the task queue */
    VEC_TELEMETRY, /* PipelineError of snapshots and of the watchdog */
    VEC_SKETCH,    /* PipelineError of making a sketch */
    VEC_MERGE,     /* PipelineError of merging two sketches */
    VEC_TENANT,    /* TenantError */
    VEC_CACHE,     /* PipelineError of the cache's metrics */
    VEC_LOG,       /* ReplayLogError of opening a log */
    VEC_LOG_REPLAY /* ReplayLogError of reading its records */
};

/* Returns the class of `err` in the reference, such as "QueueFull". Where a call of that family must not return the
 * code, returns the code's own name, so that a comparison with the record's class fails. */
const char *cause_class(enum vec_family family, int err);

/* Returns the queue that a QueueFull of `err` names, in the same way. */
const char *cause_queue(enum vec_family family, int err);

/* Compares `err` with the cause that the record's message names, unless something has looked at the message. One that
 * names no cause of the family is left to the other fields of the record, and counted. */
void cause_expect(struct vec *v, enum vec_family family, int err);

#endif
