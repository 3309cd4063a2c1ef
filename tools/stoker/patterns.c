/* The patterns of a scan: read from options and files, checked, and made into an automaton. */
#include "patterns.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"

#define SET_MAX ((size_t)1 << 29) /* bytes of a pattern file; a larger file has no table that fits the format */

/// Notes ///

/* Adds a note. A note for which there is no memory is left out. */
__attribute__((format(printf, 2, 3))) static void add_note(struct patterns *p, const char *format, ...) {
    char **notes = realloc(p->notes, (p->note_count + 1u) * sizeof *notes), *text;
    va_list args;
    int bytes;
    if (!notes) {
        return;
    }
    p->notes = notes;
    va_start(args, format);
    bytes = vasprintf(&text, format, args);
    va_end(args);
    if (bytes >= 0) {
        p->notes[p->note_count++] = text;
    }
}

/* Notes bytes that nobody sees in an editor and that still belong to a pattern: a carriage return at the end of some
 * lines, or a byte order mark. A pattern of the carriage return alone is meant as it is. */
static void note_unseen(struct patterns *p, const char *path, const char *text, size_t length, uint32_t first) {
    uint32_t returns = 0, n = p->count - first;
    for (uint32_t i = first; i < p->count; i++) {
        returns += p->items[i].len > 1u && p->items[i].bytes[p->items[i].len - 1u] == '\r';
    }
    if (returns != 0u) {
        add_note(p,
                 "%s: %u of %u patterns end%s with a carriage return (CR), which is part of the pattern: save the file "
                 "with LF line ends if you do not want this",
                 path, returns, n, returns == 1u ? "s" : "");
    }
    if (length >= 3u && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        add_note(p,
                 "%s: begins with a byte order mark (BOM), which is part of the first pattern: save the file as UTF-8 "
                 "without one if you do not want this",
                 path);
    } else if (length >= 2u && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0)) {
        add_note(p,
                 "%s: begins as UTF-16 does, with a byte order mark (BOM), and its bytes are taken as they are: save "
                 "the file as UTF-8 without one if that is not meant",
                 path);
    }
}

/// Loading ///

/* Returns the number of lines that end in CR LF where all lines do that end in a line feed; else 0. */
static size_t crlf_lines(const char *text, size_t length) {
    size_t lines = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n' && (i == 0u || text[i - 1u] != '\r')) {
            return 0;
        }
        lines += text[i] == '\n';
    }
    return lines;
}

/* Takes the carriage returns of a file of such lines away, and notes that. Returns the new length. */
static size_t strip_returns(struct patterns *p, const char *path, char *text, size_t length) {
    size_t lines = crlf_lines(text, length), kept = 0;
    if (lines == 0u) {
        return length;
    }
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '\r' || i + 1u == length || text[i + 1u] != '\n') {
            text[kept++] = text[i];
        }
    }
    add_note(p, "%s: %zu line%s end%s in CR LF: the CR is not part of the patterns", path, lines,
             lines == 1u ? "" : "s", lines == 1u ? "s" : "");
    return kept;
}

/* Counts the lines of the file. Many editors leave one empty line at the end of others; this line does not count. */
static size_t count_lines(const char *text, size_t length) {
    size_t lines = 0;
    for (size_t i = 0; i < length; i++) {
        lines += text[i] == '\n';
    }
    lines += length > 0 && text[length - 1u] != '\n';
    return lines > 1u && length > 1u && memcmp(text + length - 2u, "\n\n", 2) == 0 ? lines - 1u : lines;
}

/* Appends the patterns of one file. */
static int split(struct patterns *p, const char *path, const char *text, size_t length) {
    size_t lines = count_lines(text, length), start = 0;
    uint32_t first = p->count;
    struct stk_pattern *items;
    if (lines == 0) {
        return cli_bad("%s: the pattern file is empty: put one pattern on each line", path);
    }
    items = lines <= UINT32_MAX / 2u - first ? realloc(p->items, (first + lines) * sizeof *items) : NULL;
    if (!items) {
        return cli_bad("%s: no memory for %zu patterns: split the file", path, lines);
    }
    p->items = items;
    for (size_t i = 0; i < lines; i++) {
        const char *end = memchr(text + start, '\n', length - start);
        size_t len = end ? (size_t)(end - (text + start)) : length - start;
        if (len == 0) {
            return cli_bad("%s:%zu: empty pattern, which would match everywhere: remove the empty line", path, i + 1u);
        }
        p->items[p->count++] = (struct stk_pattern){(const uint8_t *)text + start, (uint32_t)len};
        start += len + 1u;
    }
    note_unseen(p, path, text, length, first);
    return 0;
}

/* Reads one source. The text stays in `p`. */
static int load(struct patterns *p, const struct pattern_source *source) {
    const struct cli_file input = {"", source->text, "name a readable pattern file after -f"};
    size_t length = strlen(source->text);
    char *text = source->is_file ? cli_file_load(&input, SET_MAX, &length) : strdup(source->text);
    p->texts[p->text_count++] = text;
    if (!text) {
        return source->is_file ? CLI_BAD : cli_bad("no memory for a pattern of %zu bytes: give a shorter one", length);
    }
    if (!source->is_file) {
        return length != 0u ? split(p, "-e", text, length) : cli_bad("-e: the pattern is empty: give one byte or more");
    }
    length = strip_returns(p, source->text, text, length);
    return split(p, source->text, text, length);
}

int patterns_load(struct patterns *p, const struct pattern_source *sources, uint32_t count) {
    int bad = 0;
    memset(p, 0, sizeof *p);
    p->texts = calloc(count, sizeof *p->texts);
    if (!p->texts) {
        return cli_bad("no memory for %u pattern files: name fewer", count);
    }
    for (uint32_t i = 0; bad == 0 && i < count; i++) {
        bad = load(p, &sources[i]);
    }
    return bad;
}

/* Returns how many different bytes the patterns have, which bounds the classes of the automaton. *total gets the sum of
 * their lengths. */
static uint32_t distinct_bytes(const struct patterns *p, uint64_t *total) {
    uint8_t used[256] = {0};
    uint32_t n = 0;
    *total = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        *total += p->items[i].len;
        for (uint32_t k = 0; k < p->items[i].len; k++) {
            n += used[p->items[i].bytes[k]] == 0;
            used[p->items[i].bytes[k]] = 1;
        }
    }
    return n;
}

int patterns_build(struct patterns *p) {
    struct stk_arena arena;
    uint64_t total;
    uint32_t distinct = distinct_bytes(p, &total);
    int err;
    p->memory_bytes = stk_automaton_bytes(p->count, total, distinct);
    p->memory_bytes += p->memory_bytes ? STK_FILTER_BYTES : 0u;
    p->memory = p->memory_bytes ? cli_map(p->memory_bytes) : NULL;
    if (!p->memory && p->memory_bytes) {
        return cli_bad("patterns: no memory for a table of %zu bytes: free some memory, or split the pattern file",
                       p->memory_bytes);
    }
    if (!p->memory) {
        return cli_bad("%u patterns of %llu bytes make a table that does not fit: split the pattern file", p->count,
                       (unsigned long long)total);
    }
    stk_arena_init(&arena, p->memory, p->memory_bytes);
    err = stk_automaton_build(&p->automaton, p->items, p->count, &arena);
    return err == STK_OK ? 0 : cli_bad("patterns: %s: %s", stk_err_name(err), cli_fix(err));
}

void patterns_free(struct patterns *p) {
    cli_unmap(p->memory, p->memory_bytes);
    for (uint32_t i = 0; i < p->text_count; i++) {
        free(p->texts[i]);
    }
    free(p->texts);
    free(p->items);
    for (uint32_t i = 0; i < p->note_count; i++) {
        free(p->notes[i]);
    }
    free(p->notes);
    memset(p, 0, sizeof *p);
}
