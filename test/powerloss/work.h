/* The calls that the suite makes of a log between power cuts. */
#ifndef POWERLOSS_WORK_H
#define POWERLOSS_WORK_H

#include "world.h"

#define RHYTHMS 7u /* the last one needs a shape with blocks that may be bad */

/* Calls are letters: a append, b batch, s sync, p poll, m mount without a cut, x blocks go bad, h they are well again;
 * and while reads fail for a while r mount, u mount when no read works at first, w walk. Returns what the log does, 0
 * for what is no call of it. */
int work_call(struct world *w, char call, uint64_t luck);

/* Returns call number i of a rhythm. */
char work_rhythm(const struct world *w, uint32_t rhythm, uint32_t i);

/* Makes calls until one fails. */
void work_script(struct world *w, const char *calls);

/* Returns the calls after the first cut: with a poll first, without a poll, or with batches. */
const char *work_recovery(uint64_t luck);

#endif
