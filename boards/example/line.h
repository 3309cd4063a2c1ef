/* The example's telemetry: frames on the UART of the board. */
#ifndef EXAMPLE_LINE_H
#define EXAMPLE_LINE_H

#include <stdint.h>

#include "stoker/port/platform.h"
#include "stoker/telemetry.h"

/* Types of the example's own frames, and the words of each. */
#define LINE_RESULT 0x80u /* chunk; results of fir_peaks: above, peak, sum; matches of the scan */
#define LINE_SYNCED 0x81u /* so many chunks, counted from the first of all boots, are in the log and were synced */
#define LINE_BEGIN  0x82u /* the first chunk of this boot; the boot's number in the log; 1: the log was formatted */

/* Sets the UART up. Errors as stk_bare_uart_init. */
int line_open(const struct stk_platform_port *platform);

/* Sends a frame of words. A UART that takes nothing for a second costs the frame, and the reader sees a number
 * missing. */
void line_words(uint32_t type, const uint32_t *words, uint32_t count);

/* Sends a line of text, at most 200 bytes of it. */
void line_text(const char *text);

void line_snapshot(const struct stk_snapshot *snapshot, uint64_t time_ns);

#endif
