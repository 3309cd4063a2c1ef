/* stoker: the control buffer.
 *
 * Words that the host and every worker share: shutdown flag, counters, tenant masks and quotas,
 * priority partitions and, from word 160 on, the observables that handlers write for the host.
 * core/SPEC.md, "Control buffer", has every word. This codec works on caller memory, allocates
 * nothing and takes no lock.
 */
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
#define STK_CONTROL_OBSERVABLES_MAX           4294967135u /* most observables whose index fits a word */
#define STK_CONTROL_OBSERVABLES_INIT_MAX      1048576u    /* most observables that init will lay out */

/* In the error info of every call below: index is the word that is missing, value the bytes that would
 * do. */
struct stk_control {
    uint32_t *words; /* little-endian, caller's memory */
    uint32_t count;  /* words there */
};

/* Bytes a control buffer with `observables` observables takes. STK_E_OVERFLOW above
 * STK_CONTROL_OBSERVABLES_MAX. */
STK_MUST_CHECK int stk_control_bytes(uint32_t observables, size_t *bytes);

/* Lays out a control buffer at mem: shutdown flag (0 or 1), masks for the first `tenants` tenants
 * (29 at most) and default quotas for them (32 at most), everything else 0. STK_E_OVERFLOW above
 * STK_CONTROL_OBSERVABLES_INIT_MAX observables, STK_E_ALIGN when mem is not 4-byte aligned,
 * STK_E_SPACE when `bytes` is too small, STK_E_ARG mem NULL. */
STK_MUST_CHECK int stk_control_init(struct stk_control *control, void *mem, size_t bytes, int shutdown,
                                    uint32_t tenants, uint32_t observables);

/* Attaches to a control buffer of any length, changing nothing; each read below checks its own
 * word. STK_E_ALIGN when mem is not 4-byte aligned or `bytes` is no multiple of 4, STK_E_ARG mem
 * NULL, STK_E_OVERFLOW above 2^32 - 1 words. */
STK_MUST_CHECK int stk_control_view(struct stk_control *control, void *mem, size_t bytes);

/// Reading ///

/* Slots that workers have finished, modulo 2^32: compare by difference. STK_E_MISSING. ISR-safe, as
 * all reads here. */
STK_MUST_CHECK int stk_control_done_count(const struct stk_control *control, uint32_t *value,
                                          struct stk_error_info *info);

/* Batch fences passed, modulo 2^32. STK_E_MISSING. */
STK_MUST_CHECK int stk_control_epoch(const struct stk_control *control, uint32_t *value, struct stk_error_info *info);

/* Observable `index`, acquire order: what its writer stored before is seen. STK_E_OVERFLOW when the
 * index passes 2^32 words, STK_E_MISSING. */
STK_MUST_CHECK int stk_control_observable(const struct stk_control *control, uint32_t index, uint32_t *value,
                                          struct stk_error_info *info);

/* Any word, acquire order. STK_E_MISSING. */
STK_MUST_CHECK int stk_control_word(const struct stk_control *control, uint32_t word, uint32_t *value,
                                    struct stk_error_info *info);

struct stk_metric {
    uint32_t opcode; /* below 32 */
    uint32_t count;  /* slots executed, modulo 2^32, never 0 here */
};

/* The opcode metrics that are not 0, in order of opcode, into out[0..cap). Returns how many.
 * STK_E_MISSING when the buffer ends before the last metric word, STK_E_SPACE when cap is too small
 * (STK_CTL_METRICS_SLOTS always does); out is untouched on error, and info's value is then the
 * bytes that out needs. */
STK_MUST_CHECK int stk_control_metrics(const struct stk_control *control, struct stk_metric *out, uint32_t cap,
                                       struct stk_error_info *info);

/// Writing ///

/* Sets the shutdown flag, release order. STK_E_MISSING. ISR-safe. */
STK_MUST_CHECK int stk_control_set_shutdown(struct stk_control *control, int shutdown, struct stk_error_info *info);

/* Changes the doorbell word: idle workers look at the ring at once. For who publishes by stk_ring_publish and its like;
 * stk_publisher and stk_stream ring it themselves. Without it a slot is found too, later. STK_E_MISSING. ISR-safe. */
STK_MUST_CHECK int stk_control_ring_doorbell(struct stk_control *control, struct stk_error_info *info);

/* Gives each tenant observables and payload bytes (a multiple of 64) of its own, in a row from tenant 0 on: the
 * built-in handlers, and all that use the range checks of the kernel dialect, reach no others. 0: all tenants share
 * all, as after init. Before workers start. STK_E_MISSING; STK_E_ALIGN payload_bytes. */
STK_MUST_CHECK int stk_control_set_shares(struct stk_control *control, uint32_t observables, uint32_t payload_bytes,
                                          struct stk_error_info *info);

/* Sets the place of the custody words: they begin at word `at` of the same memory, behind the words of this view.
 * Handlers reach the words of the view only. There is one custody word for each slot of the ring, then one for each
 * slot of the I/O queue. The caller provides the memory at `at` and sets these words to 0 before workers start. A
 * worker keeps the word of a slot odd while it has the slot in hand, so the host need not believe a status that a
 * tenant forged. 0: there are no custody words, as after init.
 * Call it before workers start, on the view whose length the device is given. STK_E_MISSING; STK_E_RANGE `at` lies
 * within the view, or is 2^31 or more. */
STK_MUST_CHECK int stk_control_set_custody(struct stk_control *control, uint32_t at, struct stk_error_info *info);

/* Lets a worker claim at most `claims` slots of `tenant` in one ring scan; then those of others go first.
 * 0: any number. Before workers start. STK_E_RANGE tenant 29 and above; STK_E_MISSING. */
STK_MUST_CHECK int stk_control_set_quota(struct stk_control *control, uint32_t tenant, uint32_t claims,
                                         struct stk_error_info *info);

#define STK_PRIORITY_OFFSETS (STK_PRIORITIES + 1u) /* five starts and the slot count */

/* The default partition of `slots` slots: slots / 5 for each priority, the remainder to NORMAL.
 * Priority p owns slots offsets[p] .. offsets[p + 1] - 1. */
void stk_priority_offsets(uint32_t slots, uint32_t offsets[STK_PRIORITY_OFFSETS]);

/* Writes the default partition to the control words. STK_E_MISSING, and then no word changes.
 * Before workers start. */
STK_MUST_CHECK int stk_control_set_priorities(struct stk_control *control, uint32_t slots, struct stk_error_info *info);

#ifdef __cplusplus
}
#endif
#endif
