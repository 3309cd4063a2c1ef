/* stoker: the two halves of a call of the recorder. The first half makes the record of an event in the memory of the
 * recorder, and the second half appends the record to the log. A public call does both. A stream calls each half
 * alone: between the two the frames with the work, the input or the failure leave the stack, so the append needs less
 * stack in all (test/size). Private to the core.
 *
 * Between the two halves no other call of the recorder is allowed, since it would overwrite the record. */
#ifndef STK_SRC_RECORD_MAKE_H
#define STK_SRC_RECORD_MAKE_H

#include "stoker/recorder.h"

/* Makes the record that stk_recorder_input() appends. STK_E_RANGE, STK_E_SHUTDOWN: as there, and nothing was made. */
int stk_record_make_input(struct stk_recorder *r, const struct stk_record_input *input);

/* Makes the record that stk_recorder_publish() appends, with the arguments of its further records. */
void stk_record_make_publish(struct stk_recorder *r, uint32_t slot, const struct stk_work *work);

/* Makes the record that stk_recorder_failure() appends. */
void stk_record_make_failure(struct stk_recorder *r, const struct stk_record_failure *failure);

/* Appends the record that was made, and then its further records. Errors as stk_recorder_publish(). */
int stk_record_append(struct stk_recorder *r);

#endif
