/* The parts of bench log. */
#ifndef STOKER_CLI_BENCH_LOG_H
#define STOKER_CLI_BENCH_LOG_H

#include "bench.h"
#include "stoker/log.h"
#include "stoker/port/file.h"
#include "stoker/vrrl.h"

/* Returns record number `n`, which differs from the one before. */
struct stk_log_record bench_log_record(uint32_t n);

/* Prints the figures on simulated flash (bench_log_flash.c). Returns 0, or CLI_BAD after printing why. */
int bench_log_flash(struct bench *bench);

#endif
