/* stoker: the control buffer.
 *
 * The control buffer has the words that the host and every worker share: the shutdown flag, counters, masks and quotas
 * of tenants, partitions of priorities and, from word 160 on, the observables, which handlers write for the host.
 * core/SPEC.md, "Control buffer", has each word. The calls here work on memory of the caller, allocate nothing and take
 * no lock. Every call checks that its own word is there, since a buffer that was read back may be short. */
#ifndef STOKER_CONTROL_H
#define STOKER_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include "stoker/arena.h"
#include "stoker/err.h"
#include "stoker/words.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Layout ///

#define STK_CONTROL_BYTES(observables)        (4u * ((size_t)STK_CTL_WORDS_MIN + (size_t)(observables)))
#define STK_CONTROL_DEFINE(name, observables) STK_STORAGE_DEFINE(name, STK_CONTROL_BYTES(observables))
/* Most observables that a view may have: their words are counted by 32 bits. */
#define STK_CONTROL_OBSERVABLES_MAX      4294967135u
#define STK_CONTROL_OBSERVABLES_INIT_MAX 1048576u /* most observables that init lays out */

/* A view of a control buffer: copy it freely. The memory is the caller's and must outlive each view.
 *
 * In the error info of each call below, `index` is the word that is missing and `value` the bytes that a buffer with
 * this word has, unless the call says otherwise. `info` may be NULL. STK_E_MISSING means that the buffer ends before
 * the word. */
struct stk_control {
    uint32_t *words; /* little-endian words, in the caller's memory, aligned to 4 bytes */
    uint32_t count;  /* number of words */
};

/* Writes the bytes that a control buffer with `observables` observables takes to *bytes. STK_E_OVERFLOW `observables`
 * is above STK_CONTROL_OBSERVABLES_MAX, or this machine cannot address so many bytes. */
STK_MUST_CHECK int stk_control_bytes(uint32_t observables, size_t *bytes);

/* Lays out a control buffer at `mem`, which has `bytes` bytes. The shutdown flag becomes 0 or 1. The first `tenants`
 * tenants get a mask (29 at most) and the default quota (32 at most). Everything else becomes 0. Call it before workers
 * start. Errors, in this order:
 * - STK_E_OVERFLOW `observables` is above STK_CONTROL_OBSERVABLES_INIT_MAX.
 * - STK_E_ALIGN `mem` is not aligned to 4 bytes.
 * - STK_E_SPACE `bytes` is below STK_CONTROL_BYTES(observables).
 * - STK_E_ARG `mem` is NULL. */
STK_MUST_CHECK int stk_control_init(struct stk_control *control, void *mem, size_t bytes, int shutdown,
                                    uint32_t tenants, uint32_t observables);

/* Attaches to a control buffer of any length, and changes no byte of it. STK_E_ALIGN `mem` is not aligned to 4 bytes,
 * or `bytes` is not a multiple of 4; STK_E_ARG `mem` is NULL and `bytes` is not 0; STK_E_OVERFLOW more than 2^32 - 1
 * words. */
STK_MUST_CHECK int stk_control_view(struct stk_control *control, void *mem, size_t bytes);

/// Reading ///

/* Writes the number of slots that ended DONE, modulo 2^32, to *value: compare two of them by difference. STK_E_MISSING.
 * ISR-safe, as all calls that read. */
STK_MUST_CHECK int stk_control_done_count(const struct stk_control *control, uint32_t *value,
                                          struct stk_error_info *info);

/* Writes the number of batch fences that have ended, modulo 2^32, to *value. This number names the epoch.
 * STK_E_MISSING. */
STK_MUST_CHECK int stk_control_epoch(const struct stk_control *control, uint32_t *value, struct stk_error_info *info);

/* Writes observable `index` (control word 160 + index) to *value. Acquire order: the caller sees what the writer of the
 * observable stored before. STK_E_OVERFLOW the index of the word does not fit 32 bits (info: index is `index`, value
 * STK_CONTROL_OBSERVABLES_MAX); STK_E_MISSING. */
STK_MUST_CHECK int stk_control_observable(const struct stk_control *control, uint32_t index, uint32_t *value,
                                          struct stk_error_info *info);

/* Writes control word `word` to *value, read with acquire order. STK_E_MISSING. */
STK_MUST_CHECK int stk_control_word(const struct stk_control *control, uint32_t word, uint32_t *value,
                                    struct stk_error_info *info);

/* How often an opcode was executed. */
struct stk_metric {
    uint32_t opcode; /* opcode, 0 to 31 */
    uint32_t count;  /* slots with this opcode that were executed, modulo 2^32; not 0 */
};

/* Writes the opcode metrics that are not 0 to out[0 .. cap), in order of opcode. Returns how many. Nothing is written
 * on error. STK_E_MISSING the buffer ends before the last metric word (info: the first one that is missing);
 * STK_E_SPACE `cap` is too small, which STK_CTL_METRICS_SLOTS never is (info: index is `cap`, value the bytes that
 * `out` needs). */
STK_MUST_CHECK int stk_control_metrics(const struct stk_control *control, struct stk_metric *out, uint32_t cap,
                                       struct stk_error_info *info);

/// Writing ///

/* Sets the shutdown flag to 0 or 1, in release order. Workers that see 1 claim nothing more and leave. STK_E_MISSING.
 * ISR-safe. */
STK_MUST_CHECK int stk_control_set_shutdown(struct stk_control *control, int shutdown, struct stk_error_info *info);

/* Changes the doorbell, so that idle workers look at the ring at once. Call it after stk_ring_publish() and the calls
 * like it; stk_publisher and stk_stream ring the doorbell by themselves. Without the doorbell workers find the slot
 * too, but later. STK_E_MISSING. ISR-safe. */
STK_MUST_CHECK int stk_control_ring_doorbell(struct stk_control *control, struct stk_error_info *info);

/* Gives each tenant `observables` observables and `payload_bytes` bytes of the payload of its own, one tenant after the
 * other from tenant 0 on. Built-in handlers, and all handlers that use the range checks of the kernel dialect, then
 * reach no others. 0 in either: all tenants share all of that kind, as after init. Call it before workers start.
 * STK_E_MISSING; STK_E_ALIGN `payload_bytes` is not a multiple of 64. Source: SPEC.md, 2.3. */
STK_MUST_CHECK int stk_control_set_shares(struct stk_control *control, uint32_t observables, uint32_t payload_bytes,
                                          struct stk_error_info *info);

/* Sets the place of the custody words: they begin at word `at` of the same memory, behind the words of this view.
 * Handlers reach the words of the view only. There is one custody word for each slot of the ring, then one for each
 * slot of the I/O queue. A worker keeps the word of a slot odd from the claim of the slot to its end. So the host need
 * not believe a status that a tenant stored. 0: there are no custody words, as after init.
 *
 * The caller provides the memory at `at`, and sets these words to 0 before workers start. Call it before workers start,
 * on the view whose length the device is given. STK_E_MISSING; STK_E_RANGE `at` lies within the view, or is 2^31 or
 * more (info: value is `at`). Source: SPEC.md, 1.12. */
STK_MUST_CHECK int stk_control_set_custody(struct stk_control *control, uint32_t at, struct stk_error_info *info);

/* Lets a worker claim at most `claims` slots of `tenant` in one ring scan; 0: any number. Its further slots wait until
 * the scan is complete, so that other tenants go first. Call it before workers start. STK_E_RANGE `tenant` is 29 or
 * more; STK_E_MISSING. Source: SPEC.md, 1.10. */
STK_MUST_CHECK int stk_control_set_quota(struct stk_control *control, uint32_t tenant, uint32_t claims,
                                         struct stk_error_info *info);

/* The first slot of each of five priorities, and the number of slots. */
#define STK_PRIORITY_OFFSETS (STK_PRIORITIES + 1u)

/* Writes the default partitions of a ring of `slots` slots to `offsets`: slots / 5 for each priority, and the remainder
 * to NORMAL. Priority p, as on the wire, owns slots offsets[p] .. offsets[p + 1] - 1. ISR-safe. */
void stk_priority_offsets(uint32_t slots, uint32_t offsets[STK_PRIORITY_OFFSETS]);

/* Writes the default partitions of a ring of `slots` slots to the control words. Call it before workers start.
 * STK_E_MISSING, and then no word changes. */
STK_MUST_CHECK int stk_control_set_priorities(struct stk_control *control, uint32_t slots, struct stk_error_info *info);

#ifdef __cplusplus
}
#endif
#endif
