/* The example's source of samples: an ingest port in place of an ADC with DMA. Sample i follows from i alone, so that
 * a host can compute what the firmware must have found; check.py has the same formula. */
#ifndef EXAMPLE_SAMPLES_H
#define EXAMPLE_SAMPLES_H

#include "stoker/port/ingest.h"
#include "stoker/port/platform.h"

#define SAMPLES_DEPTH 8u
#define SAMPLES_HZ    64000u

struct samples {
    struct stk_platform_port platform; /* the clock that makes samples */
    uint64_t first;                    /* sample that is made at the start */
    uint64_t start_ns;
    struct stk_ingest_read waiting[SAMPLES_DEPTH]; /* in the order of their submission */
    uint32_t count;
    struct stk_ingest_stats stats;
};

/* Begins with sample `first`; those before it are there at once. */
void samples_init(struct samples *samples, const struct stk_platform_port *platform, uint64_t first);

extern const struct stk_ingest_ops samples_ops; /* ctx is a struct samples */

#endif
