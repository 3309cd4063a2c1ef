/* stoker conform: runs every vector file below a directory against the library. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cases.h"
#include "options.h"
#include "run.h"

#define DEPTH_MAX 32u /* deepest nesting of folders */

struct folder {
    dev_t device;
    ino_t inode;
};

/* Folders that were entered. A link may lead back to a folder, and several links may lead to the same folder: each
 * folder is run once. */
struct folders {
    struct folder *seen;
    size_t count, room;
};

static void unreadable(struct tally *total, const char *path, const char *why) {
    printf("%s: cannot be read: %s\n", path, why);
    total->failed++;
}

/* Returns the number of the line on which `text` ends. */
static unsigned last_line(const char *text) {
    unsigned line = 1;
    for (; *text != '\0'; text++) {
        line += *text == '\n';
    }
    return line;
}

/* Runs the records of one file. A file with a NUL byte is no text: its records up to the NUL are not run. */
static void run_file(struct tally *total, const char *path) {
    struct bytes b = {0};
    const char *wrong = bytes_of_file(path, &b);
    total->files++;
    if (wrong != NULL) {
        unreadable(total, path, wrong);
        return;
    }
    char *text = vec_alloc(b.len + 1);
    memcpy(text, b.p, b.len);
    free(b.p);
    if (strlen(text) == b.len) {
        run_text(total, path, text);
    } else {
        printf("%s:%u: not a record: a NUL in the text\n", path, last_line(text));
        total->failed++;
    }
    free(text);
}

/* Returns true if the name ends as the name of a vector file does. */
static bool is_vector(const char *name) {
    static const char *const ends[] = {".case", ".table", ".expect", ".trace"};
    for (unsigned i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t len = strlen(name), tail = strlen(ends[i]);
        if (len > tail && strcmp(name + len - tail, ends[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Notes a folder. Returns true when the folder was not noted before. */
static bool is_new(struct folders *f, const struct stat *st) {
    for (size_t i = 0; i < f->count; i++) {
        if (f->seen[i].device == st->st_dev && f->seen[i].inode == st->st_ino) {
            return false;
        }
    }
    if (f->count == f->room) {
        size_t room = 2u * f->room + 16u;
        struct folder *more = vec_alloc(room * sizeof *more);
        for (size_t i = 0; i < f->count; i++) {
            more[i] = f->seen[i];
        }
        free(f->seen);
        f->seen = more;
        f->room = room;
    }
    f->seen[f->count++] = (struct folder){st->st_dev, st->st_ino};
    return true;
}

static void run_directory(struct tally *total, struct folders *f, const char *path, unsigned depth);

/* Runs a file, or all of a folder that was not run yet. */
static void run_entry(struct tally *total, struct folders *f, const char *directory, const char *name, unsigned depth) {
    struct stat st;
    size_t len = strlen(directory) + strlen(name) + 2;
    char *path = vec_alloc(len);
    snprintf(path, len, "%s/%s", directory, name);
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        if (is_new(f, &st)) {
            run_directory(total, f, path, depth + 1);
        }
    } else if (is_vector(name)) {
        run_file(total, path);
    }
    free(path);
}

/* Runs the entries of a folder in the order of their names. A folder deeper than DEPTH_MAX counts as a failure. */
static void run_directory(struct tally *total, struct folders *f, const char *path, unsigned depth) {
    struct dirent **entry = NULL;
    int count = depth > DEPTH_MAX ? -1 : scandir(path, &entry, NULL, alphasort);
    if (count < 0) {
        unreadable(total, path, depth > DEPTH_MAX ? "too many folders within folders" : strerror(errno));
        return;
    }
    for (int i = 0; i < count; i++) {
        if (entry[i]->d_name[0] != '.') {
            run_entry(total, f, path, entry[i]->d_name, depth);
        }
        free(entry[i]);
    }
    free(entry);
}

static const struct cli_row rows[] = {
    {0, NULL, NULL, "Options", NULL, 0},
    CLI_HELP_ROW,
    {0, NULL, NULL, NULL, NULL, 0},
};

static const struct cli_page page = {
    .name = "conform",
    .what = "run test vectors against this library",
    .synopsis = "DIR",
    .about = "Runs every .case, .table, .expect and .trace file below DIR, in the format of "
             "test/conformance/vectors/README.md. Links are followed, and each folder is run once.\n"
             "Prints a line for each value that differs, with both values, then 'N passed, N failed, N skipped'. What "
             "is no part of the contract is skipped (the wording of messages, lossy readers, what stoker does "
             "otherwise on purpose), and what is not covered yet.",
    .rows = rows,
    .exits = {"all passed", "something failed",
              "no such directory, no vector file in it, or the output could not be written"},
};

const struct cli_page *page_conform(void) {
    return &page;
}

/* Refuses every option: there is none but --help. */
static int take_option(void *to, int id) {
    (void)to;
    (void)id;
    return 0;
}

int cmd_conform(int argc, char **argv) {
    struct tally total = {0};
    struct folders folders = {0};
    struct stat st;
    int code = cli_options(&page, argc, argv, take_option, NULL);
    if (code != 0) {
        return code < 0 ? CLI_OK : code;
    }
    if (argc - optind != 1) {
        return cli_bad("conform: name one directory of vector files");
    }
    if (stat(argv[optind], &st) != 0 || !S_ISDIR(st.st_mode)) {
        return cli_bad("conform: no directory '%s': name one that holds vector files", argv[optind]);
    }
    (void)is_new(&folders, &st);
    run_directory(&total, &folders, argv[optind], 0);
    free(folders.seen);
    if (total.files == 0) {
        return cli_bad("conform: no vector file below '%s': name a directory that has some", argv[optind]);
    }
    if (total.unknown_records > 0) {
        printf("%u records of unknown kinds skipped, the first at %s\n", total.unknown_records, total.first_unknown);
    }
    if (total.unknown_causes > 0) {
        printf("%u messages that name no known cause skipped, the first at %s\n", total.unknown_causes,
               total.first_cause);
    }
    printf("%u passed, %u failed, %u skipped\n", total.passed, total.failed, total.skipped);
    return total.failed == 0 ? CLI_OK : 1;
}
