/* Whole programs as stoker bench scan starts them. */
#ifndef STOKER_CLI_BENCH_PROCESS_H
#define STOKER_CLI_BENCH_PROCESS_H

#include "cli.h"

#define BENCH_ARGUMENTS    24u
#define BENCH_OUTPUT_BYTES 4096u /* bytes of a program's output that are kept; the rest is dropped */

struct bench_process {
    const char *argv[BENCH_ARGUMENTS];
    int locale_c;     /* 1: it runs with LC_ALL=C */
    int not_there;    /* 1: it could not be started, so it is not installed */
    int code;         /* exit code; below 0: a signal ended it */
    double wall, cpu; /* seconds of the last execution */
    char output[BENCH_OUTPUT_BYTES];
};

/* Runs the program from its start to its exit; its standard error is that of this process. */
void bench_process_run(struct bench_process *process);

#endif
