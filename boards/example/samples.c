#include "samples.h"

#include <string.h>

#include "stoker/deadline.h"

/// The signal ///

#define PERIOD    400u /* samples of the triangle */
#define HEIGHT    60u  /* height of the triangle wave that each sample has */
#define MARK_EACH 977u /* samples from one mark to the next */

/* Returns sample `i` of a triangle with noise. Once in MARK_EACH samples, two samples are the bytes "ALRM". */
static uint16_t sample(uint32_t i) {
    uint32_t phase = i % PERIOD, noise = i * 2654435761u >> 23;
    uint32_t triangle = phase < PERIOD / 2u ? phase * HEIGHT : (PERIOD - phase) * HEIGHT;
    if (i % MARK_EACH < 2u) {
        return i % MARK_EACH == 0u ? 0x4C41u : 0x4D52u;
    }
    return (uint16_t)(triangle + noise - PERIOD * HEIGHT / 4u);
}

static void fill(uint8_t *out, uint64_t offset, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes; i++) {
        uint64_t at = offset + i;
        uint16_t value = sample((uint32_t)(at / 2u));
        out[i] = (uint8_t)((at & 1u) != 0 ? value >> 8 : value);
    }
}

/// The port ///

#define LOOK_NS UINT64_C(200000) /* between two looks for new samples */

void samples_init(struct samples *samples, const struct stk_platform_port *platform, uint64_t first) {
    *samples = (struct samples){.platform = *platform, .first = first};
    samples->start_ns = platform->ops->now_ns(platform->ctx);
}

/* Returns how many bytes of samples there are now. */
static uint64_t made(const struct samples *s) {
    uint64_t ns = stk_time_since(s->start_ns, s->platform.ops->now_ns(s->platform.ctx));
    return (s->first + ns / (1000000000u / SAMPLES_HZ)) * 2u;
}

static int samples_submit(void *ctx, const struct stk_ingest_read *reads, uint32_t count) {
    struct samples *s = ctx;
    uint32_t taken = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (reads[i].op != STK_INGEST_READ) {
            return STK_E_ACCESS;
        }
    }
    while (taken < count && s->count < SAMPLES_DEPTH) {
        s->waiting[s->count++] = reads[taken++];
    }
    s->stats.submitted += taken;
    return (int)taken;
}

/* Ends the read that has waited longest. */
static struct stk_ingest_done end_first(struct samples *s, int32_t result) {
    struct stk_ingest_done done = {.tag = s->waiting[0].tag, .result = result};
    s->stats.os_reads++;
    s->stats.completed += result >= 0 ? 1u : 0u;
    s->stats.failed += result < 0 ? 1u : 0u;
    s->stats.bytes += result >= 0 ? (uint64_t)result : 0u;
    s->count--;
    memmove(s->waiting, s->waiting + 1, s->count * sizeof *s->waiting);
    return done;
}

static int samples_reap(void *ctx, struct stk_ingest_done *done, uint32_t max, uint64_t timeout_ns) {
    struct samples *s = ctx;
    struct stk_deadline deadline;
    uint32_t n = 0, never = 0;
    stk_deadline_start(&deadline, timeout_ns, s->platform.ops->now_ns(s->platform.ctx));
    for (;;) {
        uint64_t left = stk_deadline_look(&deadline, s->platform.ops->now_ns(s->platform.ctx));
        while (n < max && s->count != 0 && s->waiting[0].offset + s->waiting[0].bytes <= made(s)) {
            fill(s->waiting[0].dst, s->waiting[0].offset, s->waiting[0].bytes);
            done[n++] = end_first(s, (int32_t)s->waiting[0].bytes);
        }
        if (n != 0 || s->count == 0 || left == 0) {
            return (int)n;
        }
        (void)s->platform.ops->wait(s->platform.ctx, &never, 0, stk_deadline_wait(&deadline, LOOK_NS));
    }
}

/* No read waits for longer than its samples take: a read that is cancelled comes with them. */
static int samples_cancel(void *ctx, uint32_t first, uint32_t last) {
    (void)ctx;
    (void)first;
    (void)last;
    return STK_OK;
}

static void samples_stats(void *ctx, struct stk_ingest_stats *stats) {
    *stats = ((const struct samples *)ctx)->stats;
}

const struct stk_ingest_ops samples_ops = {.name = "samples",
                                           .submit = samples_submit,
                                           .reap = samples_reap,
                                           .cancel = samples_cancel,
                                           .stats = samples_stats};
