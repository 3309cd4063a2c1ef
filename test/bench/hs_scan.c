/* hs_scan: counts patterns in a file with Hyperscan, a peer of `stoker scan`. One thread compiles the patterns as
 * literals in streaming mode and reads the file in chunks as long as those of stoker. Every occurrence of every pattern
 * counts, overlapping ones and those across the borders of chunks too. */
#include <errno.h>
#include <fcntl.h>
#include <hs.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_DEFAULT (256u << 10) /* the default of stoker scan */
#define CHUNK_MAX     (1u << 30)
#define EXIT_BAD      2 /* exit code for bad input, as of stoker */

static const char usage[] =
    "usage: hs_scan [--count] [--chunk BYTES] PATTERNS FILE\n"
    "Counts every occurrence of every line of PATTERNS in FILE with Hyperscan, and prints the count of each as\n"
    "stoker scan does; with --count the total only. --chunk: bytes of a read (262144).\n";

struct patterns {
    char *text;
    const char **starts;
    size_t *lengths;
    unsigned *flags, *ids;
    uint64_t *counts;
    unsigned count;
};

static int bad(const char *name, const char *why) {
    fprintf(stderr, "hs_scan: %s: %s\n", name, why);
    return EXIT_BAD;
}

/// Patterns ///

/* Returns all bytes of the file, or NULL with the line written; free() them. */
static char *load(const char *name, size_t *length) {
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    struct stat st;
    char *text = NULL;
    ssize_t got = -1;
    if (fd >= 0 && fstat(fd, &st) == 0) {
        text = malloc((size_t)st.st_size + 1u);
        got = text ? read(fd, text, (size_t)st.st_size) : -1;
    }
    if (got < 0) {
        (void)bad(name, strerror(errno));
        free(text);
        text = NULL;
    } else {
        *length = (size_t)got;
    }
    if (fd >= 0) {
        close(fd);
    }
    return text;
}

/* Splits the text at its line feeds, into one pattern for each line. As in stoker, one empty line at the end is not a
 * pattern. */
static int split(struct patterns *p, const char *name, size_t length) {
    size_t lines = 1;
    length -= length > 0u && p->text[length - 1u] == '\n';
    length -= length > 0u && p->text[length - 1u] == '\n';
    for (size_t i = 0; i < length; i++) {
        lines += p->text[i] == '\n';
    }
    p->starts = calloc(lines, sizeof *p->starts);
    p->lengths = calloc(lines, sizeof *p->lengths);
    p->flags = calloc(lines, sizeof *p->flags);
    p->ids = calloc(lines, sizeof *p->ids);
    p->counts = calloc(lines, sizeof *p->counts);
    if (!p->starts || !p->lengths || !p->flags || !p->ids || !p->counts) {
        return bad(name, "no memory for the patterns");
    }
    for (size_t at = 0; p->count < lines; p->count++) {
        const char *end = memchr(p->text + at, '\n', length - at);
        size_t bytes = end ? (size_t)(end - (p->text + at)) : length - at;
        if (bytes == 0u) {
            return bad(name, "an empty pattern");
        }
        p->starts[p->count] = p->text + at;
        p->lengths[p->count] = bytes;
        p->ids[p->count] = p->count;
        at += bytes + 1u;
    }
    return 0;
}

static int open_patterns(struct patterns *p, const char *name) {
    size_t length = 0;
    p->text = load(name, &length);
    return p->text ? split(p, name, length) : EXIT_BAD;
}

static void close_patterns(struct patterns *p) {
    free(p->text);
    free(p->starts);
    free(p->lengths);
    free(p->flags);
    free(p->ids);
    free(p->counts);
}

/// Scanning ///

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context) {
    uint64_t *counts = context;
    (void)from;
    (void)to;
    (void)flags;
    counts[id]++;
    return 0; /* go on */
}

/* Scans the file in one stream. Returns 0, or EXIT_BAD with the line written. */
static int scan(const struct patterns *p, const char *name, hs_stream_t *stream, hs_scratch_t *scratch, char *buffer,
                size_t chunk) {
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : 0;
    hs_error_t error = HS_SUCCESS;
    while (fd >= 0 && error == HS_SUCCESS && (got = read(fd, buffer, chunk)) > 0) {
        error = hs_scan_stream(stream, buffer, (unsigned)got, 0, scratch, on_match, p->counts);
    }
    if (fd >= 0) {
        close(fd);
    }
    if (got < 0) {
        return bad(name, strerror(errno));
    }
    return error == HS_SUCCESS ? 0 : bad(name, "hs_scan_stream failed");
}

/* Opens a stream, scans the file and closes the stream: what is left to be matched at the end comes with the close. */
static int run(const struct patterns *p, const char *name, const hs_database_t *database, size_t chunk) {
    char *buffer = malloc(chunk);
    hs_scratch_t *scratch = NULL;
    hs_stream_t *stream = NULL;
    int code;
    if (!buffer || hs_alloc_scratch(database, &scratch) != HS_SUCCESS ||
        hs_open_stream(database, 0, &stream) != HS_SUCCESS) {
        code = bad(name, "no memory for a stream");
    } else {
        code = scan(p, name, stream, scratch, buffer, chunk);
    }
    if (stream && hs_close_stream(stream, scratch, on_match, p->counts) != HS_SUCCESS && code == 0) {
        code = bad(name, "hs_close_stream failed");
    }
    hs_free_scratch(scratch);
    free(buffer);
    return code;
}

static int compile_and_run(const struct patterns *p, const char *name, size_t chunk) {
    hs_database_t *database = NULL;
    hs_compile_error_t *error = NULL;
    int code;
    if (hs_compile_lit_multi(p->starts, p->flags, p->ids, p->lengths, p->count, HS_MODE_STREAM, NULL, &database,
                             &error) != HS_SUCCESS) {
        code = bad("hs_compile_lit_multi", error ? error->message : "failed");
        hs_free_compile_error(error);
        return code;
    }
    code = run(p, name, database, chunk);
    hs_free_database(database);
    return code;
}

static void print(const struct patterns *p, int total_only) {
    uint64_t total = 0;
    for (unsigned i = 0; i < p->count; i++) {
        total += p->counts[i];
        if (!total_only) {
            printf("%" PRIu64 "\t", p->counts[i]);
            fwrite(p->starts[i], 1, p->lengths[i], stdout);
            putchar('\n');
        }
    }
    if (total_only) {
        printf("%" PRIu64 "\n", total);
    }
}

int main(int argc, char **argv) {
    struct patterns p = {NULL, NULL, NULL, NULL, NULL, NULL, 0};
    unsigned long chunk = CHUNK_DEFAULT;
    int total_only = 0, code, at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strcmp(argv[at], "--count") == 0) {
            total_only = 1;
        } else if (strcmp(argv[at], "--chunk") == 0 && at + 1 < argc) {
            chunk = strtoul(argv[++at], NULL, 10);
        } else {
            break;
        }
    }
    if (argc - at != 2 || chunk == 0u || chunk > CHUNK_MAX) {
        fputs(usage, argc == 2 && strcmp(argv[1], "--help") == 0 ? stdout : stderr);
        return argc == 2 && strcmp(argv[1], "--help") == 0 ? 0 : EXIT_BAD;
    }
    code = open_patterns(&p, argv[at]);
    code = code ? code : compile_and_run(&p, argv[at + 1], chunk);
    if (code == 0) {
        print(&p, total_only);
    }
    close_patterns(&p);
    return code;
}
