/* How long a test waits for what must come. */
#ifndef STOKER_TEST_HANG_H
#define STOKER_TEST_HANG_H

#include <stdint.h>

/* Nanoseconds that only a test which hangs needs. 60 s were too few: QEMU beside other work ran 833,643 slots of a
 * million in 60 s, and a device on two CPUs beside other tests was not open after 60 s. CTest ends a test after
 * 600 s. */
#define HANG_NS UINT64_C(300000000000)

#endif
