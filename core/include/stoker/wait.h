/* stoker: waiting for a word with a deadline. */
#ifndef STOKER_WAIT_H
#define STOKER_WAIT_H

#include <stdint.h>

#include "stoker/err.h"
#include "stoker/port/platform.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Longest sleep of one turn of a wait on a device, which cannot wake a sleeping host. */
#define STK_WAIT_SLICE_NS 50000u

/* Waits until *word, a little-endian word that another thread or a device stores, holds `value`: looks for a
 * microsecond or two, then sleeps in slices. STK_OK (acquire order: what was stored before the word is seen after this
 * call) or STK_E_TIMEOUT after timeout_ns (deadline.h): 0 looks once, UINT64_MAX never ends. */
STK_MUST_CHECK int stk_wait_word(const struct stk_platform_port *platform, const uint32_t *word, uint32_t value,
                                 uint64_t timeout_ns);

#ifdef __cplusplus
}
#endif
#endif
