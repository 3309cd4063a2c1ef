/* The litmus programs, each list ended by one without a name. */
#ifndef WEAK_PROGRAMS_H
#define WEAK_PROGRAMS_H

#include <stddef.h>

#include "weak.h"

extern const struct weak_program weak_standard[]; /* the tests of the checker itself */
extern const struct weak_program weak_ring[];     /* core: slots, publisher, hand-over, I/O queue */
/* kernels, as C11, and as OpenCL C with a fence of each lane and with one for all */
extern const struct weak_program weak_worker_c11[], weak_worker_device[];
extern const struct weak_program weak_miss_c11[], weak_miss_device[];
extern const struct weak_program weak_mail_device[], weak_mail_one[];

#endif
