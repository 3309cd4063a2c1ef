/* The rate of b3sum, a peer of bench core. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_core.h"

#define FILE_BYTES (64u << 20)
#define RUNS       5u

/* Fills a file that is gone when `file` is closed. 0 on success. */
static int fill(FILE *file) {
    static uint8_t block[1u << 16];
    for (uint32_t i = 0; i < FILE_BYTES / sizeof block; i++) {
        memset(block, (int)(i & 0xFFu), sizeof block);
        if (fwrite(block, 1, sizeof block, file) != sizeof block) {
            return -1;
        }
    }
    return fflush(file);
}

double bench_b3sum_ns_per_byte(void) {
    FILE *file = tmpfile();
    char command[96];
    double best = -1.0;
    if (!file || fill(file) != 0) {
        if (file) {
            fclose(file);
        }
        return -1.0;
    }
    snprintf(command, sizeof command, "b3sum --num-threads 1 /proc/%ld/fd/%d >/dev/null 2>&1", (long)getpid(),
             fileno(file));
    for (uint32_t i = 0; i < RUNS; i++) {
        uint64_t start = cli_now_ns();
        double took;
        if (system(command) != 0) {
            break;
        }
        took = (double)(cli_now_ns() - start) / FILE_BYTES;
        best = best < 0.0 || took < best ? took : best;
    }
    fclose(file);
    return best;
}
