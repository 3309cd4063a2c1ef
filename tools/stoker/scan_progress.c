/* The progress bar of a scan: a line on the terminal, written again at most ten times a second. */
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "scan.h"

#define FIRST_NS UINT64_C(1000000000) /* short work shows no bar */
#define EVERY_NS UINT64_C(100000000)
#define WIDTH    30u

/* Adds up the bytes that were scanned and the bytes that there are. A pipe counts as long as the bytes that came from
 * it. Returns 0 when no file has said its size. */
static int sum(const struct scan *s, uint64_t *done, uint64_t *all) {
    int known = 0;
    *done = *all = 0;
    for (uint32_t i = 0; i < s->options.file_count; i++) {
        const struct scan_file *f = &s->files[i];
        *done += f->bytes;
        *all += f->size ? f->size : f->bytes;
        known |= f->size != 0u;
    }
    return known;
}

/* Writes the bar as text of `size` bytes, its end included. */
static void compose(const struct scan *s, uint64_t now, char *text, size_t size) {
    uint64_t done, all;
    double seconds = (double)(now - s->started_ns) / 1e9, rate;
    char bar[WIDTH + 1u];
    int known = sum(s, &done, &all);
    rate = (double)done / seconds;
    if (!known) {
        snprintf(text, size, "%.1f MB  %.2f GB/s  %.0f s", (double)done / 1e6, rate / 1e9, seconds);
        return;
    }
    for (unsigned i = 0; i < WIDTH; i++) {
        bar[i] = (double)i < (double)WIDTH * (double)done / (double)all ? '#' : '.';
    }
    bar[WIDTH] = '\0';
    snprintf(text, size, "[%s] %3.0f%%  %.1f of %.1f MB  %.2f GB/s  %.0f s left", bar,
             100.0 * (double)done / (double)all, (double)done / 1e6, (double)all / 1e6, rate / 1e9,
             (double)(all - done) / (rate > 1.0 ? rate : 1.0));
}

/* Returns one column less than the terminal has, so that the line never wraps and can be wiped. */
static size_t columns(void) {
    struct winsize window;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1 ? window.ws_col - 1u : 79u;
}

void scan_progress(struct scan *s) {
    uint64_t now = cli_now_ns();
    char text[160];
    if (now - s->started_ns < FIRST_NS || now - s->drawn_ns < EVERY_NS) {
        return;
    }
    s->drawn_ns = now;
    compose(s, now, text, sizeof text);
    fprintf(stderr, "\r\033[K%.*s", (int)(columns() < sizeof text ? columns() : sizeof text), text);
}

void scan_progress_end(struct scan *s) {
    if (s->drawn_ns != 0) {
        fputs("\r\033[K", stderr);
        s->drawn_ns = 0;
    }
}
