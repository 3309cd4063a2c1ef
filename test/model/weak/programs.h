/* The litmus programs, each list ended by one without a name. */
#ifndef WEAK_PROGRAMS_H
#define WEAK_PROGRAMS_H

#include <stddef.h>

#include "weak.h"

extern const struct weak_program weak_standard[]; /* the tests of the checker itself */
extern const struct weak_program weak_ring[];     /* core: slots, tickets, hand-over, I/O queue */
extern const struct weak_program weak_split[];    /* core: a range that devices share */
/* kernels, as C11, and as OpenCL C with a fence of each lane and with one for all */
extern const struct weak_program weak_worker_c11[], weak_worker_device[];
extern const struct weak_program weak_miss_c11[], weak_miss_device[];
extern const struct weak_program weak_control_c11[], weak_control_device[];
extern const struct weak_program weak_mail_device[], weak_mail_one[];

/* A program over the real code. `device` and `goals` are sets of bits (weak.h); behind them come the threads. */
#define PROGRAM(title, set_up, on_device, reaches, ...)                                                                \
    { .name = (title), .setup = (set_up), .threads = {__VA_ARGS__}, .device = (on_device), .goals = (reaches) }
/* Defines a program with a check of the values that are in the words after all threads have ended. */
#define PROGRAM_TO_END(title, set_up, on_device, reaches, check, ...)                                                  \
    {                                                                                                                  \
        .name = (title), .setup = (set_up), .threads = {__VA_ARGS__}, .final = (check), .device = (on_device),         \
        .goals = (reaches)                                                                                             \
    }
/* Defines a program for machines where all threads see a store at the same time. A thread that retries for ever is
 * ended after `patience` accesses. */
#define PROGRAM_AT_ONCE(title, set_up, on_device, reaches, ...)                                                        \
    {                                                                                                                  \
        .name = (title), .setup = (set_up), .threads = {__VA_ARGS__}, .device = (on_device), .at_once = true,          \
        .goals = (reaches), .patience = 16                                                                             \
    }

#endif
