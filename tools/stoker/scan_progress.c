#include <stdio.h>

#include "scan.h"

#define FIRST_NS UINT64_C(1000000000) /* short work shows no bar */
#define EVERY_NS UINT64_C(100000000)
#define WIDTH    30u

static void sum(const struct scan *s, uint64_t *done, uint64_t *all) {
    *done = *all = 0;
    for (uint32_t i = 0; i < s->options.file_count; i++) {
        *done += s->files[i].bytes;
        *all += s->files[i].size;
    }
}

void scan_progress(struct scan *s) {
    uint64_t now = cli_now_ns(), done, all;
    double seconds, rate;
    if (now - s->started_ns < FIRST_NS || now - s->drawn_ns < EVERY_NS) {
        return;
    }
    s->drawn_ns = now;
    sum(s, &done, &all);
    seconds = (double)(now - s->started_ns) / 1e9;
    rate = (double)done / seconds;
    if (all < done || all == 0) {
        fprintf(stderr, "\r\033[K%.1f MB  %.2f GB/s  %.0f s", (double)done / 1e6, rate / 1e9, seconds);
        return;
    }
    fputs("\r\033[K[", stderr);
    for (unsigned i = 0; i < WIDTH; i++) {
        fputc(i < WIDTH * done / all ? '#' : '.', stderr);
    }
    fprintf(stderr, "] %3u%%  %.1f of %.1f MB  %.2f GB/s  %.0f s left", (unsigned)(100u * done / all),
            (double)done / 1e6, (double)all / 1e6, rate / 1e9, (double)(all - done) / (rate > 1.0 ? rate : 1.0));
}

void scan_progress_end(struct scan *s) {
    if (s->drawn_ns != 0) {
        fputs("\r\033[K", stderr);
        s->drawn_ns = 0;
    }
}
