/* stoker: waiting for a word with a deadline. For a program that has no stream; a stream has stk_stream_wait_word,
 * which also drives the device. */
#ifndef STOKER_WAIT_H
#define STOKER_WAIT_H

#include <stdint.h>

#include "stoker/err.h"
#include "stoker/port/platform.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Longest sleep in a wait for a device, in nanoseconds. A device cannot wake a host that sleeps, so waits sleep in
 * slices of this length and look at the word between them. */
#define STK_WAIT_SLICE_NS 50000u

/* Waits until *word holds `value`. *word is a little-endian word that another thread or a device stores; `value` is in
 * host order. The call looks for a microsecond or two, and then sleeps in slices. It drives no device.
 * `timeout_ns`: nanoseconds (deadline.h); 0 looks once, UINT64_MAX never ends.
 * Returns STK_OK when the word holds the value: what was stored before the word is seen after this call (acquire);
 * STK_E_TIMEOUT after `timeout_ns`; an error of the platform's wait. Sleeps, so it is not for interrupts. */
STK_MUST_CHECK int stk_wait_word(const struct stk_platform_port *platform, const uint32_t *word, uint32_t value,
                                 uint64_t timeout_ns);

#ifdef __cplusplus
}
#endif
#endif
