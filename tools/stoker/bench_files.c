/* The made text and sets of stoker bench scan as files. */
#include "bench_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BYTES_DEFAULT (UINT64_C(128) << 20)
#define TEXT_NAME     "text"

const struct bench_set *bench_set_named(const char *name) {
    for (uint32_t i = 0; i < BENCH_SETS; i++) {
        if (strcmp(bench_sets[i].name, name) == 0) {
            return &bench_sets[i];
        }
    }
    return NULL;
}

/// Writing ///

/* Writes all bytes, also where the system takes them in parts. */
static int write_all(int fd, const void *data, size_t bytes) {
    const char *at = data;
    while (bytes > 0u) {
        ssize_t n = write(fd, at, bytes);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return cli_bad("bench scan: no text could be written: %s: name another folder in TMPDIR or --write",
                           strerror(errno));
        }
        at += n;
        bytes -= (size_t)n;
    }
    return 0;
}

/* Makes the text in memory and writes it to the file. */
static int write_text(const struct bench_text *words, uint64_t bytes, int fd) {
    uint8_t *text = cli_map(bytes);
    int bad;
    if (!text) {
        return cli_bad("bench scan: no memory for a text of %llu bytes: use a smaller --bytes",
                       (unsigned long long)bytes);
    }
    bench_text_fill(words, text, bytes);
    bad = write_all(fd, text, bytes);
    cli_unmap(text, bytes);
    return bad;
}

/* Writes the patterns of a set, one a line. */
static int write_set(const struct bench_text *words, const struct bench_set *set, int fd) {
    struct patterns patterns;
    int bad = bench_text_set(words, set, &patterns);
    for (uint32_t i = 0; i < patterns.count && bad == 0; i++) {
        bad = write_all(fd, patterns.items[i].bytes, patterns.items[i].len);
        bad = bad ? bad : write_all(fd, "\n", 1);
    }
    patterns_free(&patterns);
    return bad;
}

/// Files without a name ///

/* Makes a file without a name. Other processes open it by its path below /proc. */
static int open_unnamed(struct bench_unnamed *u) {
    int bad = bench_file("scan", &u->fd);
    snprintf(u->path, sizeof u->path, "/proc/%ld/fd/%d", (long)getpid(), u->fd);
    return bad;
}

static void close_unnamed(struct bench_unnamed *u) {
    if (u->fd >= 0) {
        close(u->fd);
    }
    u->fd = -1;
}

/* Loads the words: from --words, from the dictionary of the machine, or made up. */
static int open_words(struct bench_text *words, const struct bench_options *o) {
    if (o->words) {
        return bench_text_load(words, o->words);
    }
    if (access(BENCH_FILES_WORDS, R_OK) == 0) {
        return bench_text_load(words, BENCH_FILES_WORDS);
    }
    cli_note("bench scan: the words are made up, since " BENCH_FILES_WORDS " is missing (Debian: wamerican)");
    return bench_text_open(words);
}

static uint64_t text_bytes(const struct bench_options *o) {
    return o->bytes ? o->bytes : BYTES_DEFAULT;
}

int bench_files_open(struct bench_files *f, const struct bench_options *o) {
    int bad;
    *f = (struct bench_files){.text = {.fd = -1}, .set = {.fd = -1}};
    bad = open_words(&f->words, o);
    bad = bad ? bad : open_unnamed(&f->text);
    return bad ? bad : write_text(&f->words, text_bytes(o), f->text.fd);
}

int bench_files_set(struct bench_files *f, const struct bench_set *set) {
    int bad;
    close_unnamed(&f->set);
    bad = open_unnamed(&f->set);
    return bad ? bad : write_set(&f->words, set, f->set.fd);
}

void bench_files_close(struct bench_files *f) {
    close_unnamed(&f->text);
    close_unnamed(&f->set);
    bench_text_close(&f->words);
}

/// Files of the user's ///

/* Makes a file in the folder of --write. An existing file is never replaced. */
static int open_named(int folder, const char *path, const char *name, int *fd) {
    *fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return *fd >= 0 ? 0
                    : cli_bad("--write %s: %s: %s: name a folder that can be written and has no such file", path, name,
                              strerror(errno));
}

/* Writes the text and the sets into the folder of --write. */
static int write_named(const struct bench_text *words, const struct bench_options *o, int folder) {
    int fd, bad = open_named(folder, o->write, TEXT_NAME, &fd);
    if (bad == 0) {
        bad = write_text(words, text_bytes(o), fd);
        close(fd);
    }
    for (uint32_t i = 0; i < BENCH_SETS && bad == 0; i++) {
        if (o->set && strcmp(o->set, bench_sets[i].name) != 0) {
            continue;
        }
        bad = open_named(folder, o->write, bench_sets[i].name, &fd);
        if (bad == 0) {
            bad = write_set(words, &bench_sets[i], fd);
            close(fd);
        }
    }
    return bad;
}

int bench_files_write(const struct bench_options *o) {
    struct bench_text words = {NULL, NULL, 0};
    int folder, bad;
    if (mkdir(o->write, 0777) != 0 && errno != EEXIST) {
        return cli_bad("--write %s: %s: name a folder that can be made", o->write, strerror(errno));
    }
    folder = open(o->write, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return cli_bad("--write %s: %s: name a folder", o->write, strerror(errno));
    }
    bad = open_words(&words, o);
    bad = bad ? bad : write_named(&words, o, folder);
    close(folder);
    bench_text_close(&words);
    return bad;
}
