/* The parts of bench log. */
#ifndef STOKER_CLI_BENCH_LOG_H
#define STOKER_CLI_BENCH_LOG_H

#include "bench.h"
#include "stoker/log.h"
#include "stoker/port/file.h"
#include "stoker/vrrl.h"

/* A record that differs from the one before. */
struct stk_log_record bench_log_record(uint32_t n);

/* Figures on simulated flash: bench_log_flash.c. 0, or CLI_BAD with the line written. */
int bench_log_flash(struct bench *bench);

#endif
