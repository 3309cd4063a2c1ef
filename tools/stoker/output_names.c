/* Notes which files a command reads and writes, and checks that no file that is written is also another of these files.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"

/* most files written by one command: both streams, --record and its tables, --store, STOKER_STORE */
#define NAMES_MAX 8u

/* A file, by device and inode. A file that does not exist yet, by device and inode of its folder and by its name there.
 */
struct named {
    const char *what;    /* option or stream that names the file; NULL: the file is read */
    const char *path;    /* path as the user wrote it */
    const char *missing; /* name in the folder; NULL: the file exists */
    dev_t device;
    ino_t inode;
};

static struct {
    struct named written[NAMES_MAX];
    uint32_t written_count;
    bool has_streams;   /* standard output and standard error are in the list */
    struct named *read; /* files that are read: room for `read_room`, `read_count` in use */
    size_t read_count, read_room;
} names;

/// Telling files apart ///

void cli_folder_of(const char *path, char folder[CLI_PATH_BYTES]) {
    const char *slash = strrchr(path, '/');
    int length = slash == path ? 1 : slash ? (int)(slash - path) : 0;
    snprintf(folder, CLI_PATH_BYTES, "%.*s", length ? length : 1, length ? path : ".");
}

/* Fills in folder and name of a file that does not exist. */
static void name_missing(struct named *n) {
    const char *slash = strrchr(n->path, '/');
    char folder[CLI_PATH_BYTES];
    struct stat st;
    n->missing = slash ? slash + 1 : n->path;
    cli_folder_of(n->path, folder);
    if (stat(folder, &st) == 0) {
        n->device = st.st_dev;
        n->inode = st.st_ino;
    }
}

/* Fills in the identity of the file. Returns false for terminals, pipes and the like, which are not compared. */
static bool identify(struct named *n, int fd) {
    struct stat st;
    if (fd >= 0 && fstat(fd, &st) != 0) {
        return false; /* the descriptor is closed */
    }
    if (fd < 0 && stat(n->path, &st) != 0) {
        name_missing(n);
        return true;
    }
    n->device = st.st_dev;
    n->inode = st.st_ino;
    return S_ISREG(st.st_mode) || S_ISBLK(st.st_mode);
}

static bool is_same(const struct named *a, const struct named *b) {
    return a->device == b->device && a->inode == b->inode && !a->missing == !b->missing &&
           (!a->missing || strcmp(a->missing, b->missing) == 0);
}

/* Returns true for a stream. Its path is one that no option can have. */
static bool is_stream(const struct named *n) {
    return n->what && !n->path[0];
}

/// The list ///

/* Notes a file that the command reads. */
static int add_read(const struct named *n) {
    if (names.read_count == names.read_room) {
        size_t room = names.read_room ? names.read_room * 2u : 16u;
        struct named *more = realloc(names.read, room * sizeof *more);
        if (!more) {
            return cli_bad("no memory for the names of %zu files: name fewer", room);
        }
        names.read = more;
        names.read_room = room;
    }
    names.read[names.read_count++] = *n;
    return 0;
}

/* Notes a file that the command writes. */
static void add_written(const struct named *n) {
    if (names.written_count < NAMES_MAX) {
        names.written[names.written_count++] = *n;
    }
}

/* Adds standard output and standard error where they go to a file, since they are written too. Both may go to the same
 * file. */
static void add_streams(void) {
    static const char *const streams[] = {"standard output", "standard error"};
    for (int i = 0; i < 2 && !names.has_streams; i++) {
        struct named n = {.what = streams[i], .path = ""};
        if (identify(&n, STDOUT_FILENO + i)) {
            add_written(&n);
        }
    }
    names.has_streams = true;
}

/* Puts the line for two names of one file, the first of which is written, into `why`. Returns CLI_BAD. */
static int clash(const struct named *written, const struct named *other, char why[CLI_WHY_BYTES]) {
    const char *blank = is_stream(written) ? "" : " ";
    if (!other->what) {
        snprintf(why, CLI_WHY_BYTES, "%s%s%s: is also read, as %s: write to another file", written->what, blank,
                 written->path, other->path);
    } else {
        snprintf(why, CLI_WHY_BYTES, "%s%s%s: is also written, as %s%s%s: give each a file of its own", written->what,
                 blank, written->path, other->what, is_stream(other) ? "" : " ", other->path);
    }
    return CLI_BAD;
}

/* Returns the entry of a file that is written; NULL: it is not. */
static const struct named *find_written(const struct named *n) {
    for (uint32_t i = 0; i < names.written_count; i++) {
        if (is_same(&names.written[i], n)) {
            return &names.written[i];
        }
    }
    return NULL;
}

int cli_is_written(const char *path) {
    struct named n = {.path = path};
    add_streams();
    return identify(&n, -1) && find_written(&n);
}

int cli_input(const char *path) {
    struct named n = {.path = path};
    const struct named *written;
    char why[CLI_WHY_BYTES];
    add_streams();
    if (!identify(&n, strcmp(path, "-") == 0 ? STDIN_FILENO : -1)) {
        return 0;
    }
    written = find_written(&n);
    if (written) {
        (void)clash(written, &n, why);
        return cli_bad("%s", why);
    }
    return add_read(&n);
}

int cli_output_name(const char *what, const char *path, char why[CLI_WHY_BYTES]) {
    struct named n = {.what = what, .path = path};
    add_streams();
    if (!identify(&n, -1)) {
        return 0;
    }
    for (uint32_t i = 0; i < names.written_count; i++) {
        const struct named *w = &names.written[i];
        if (strcmp(w->what, what) == 0 && strcmp(w->path, path) == 0) {
            return 0;
        }
        if (is_same(w, &n)) {
            return clash(&n, w, why);
        }
    }
    for (size_t i = 0; i < names.read_count; i++) {
        if (is_same(&names.read[i], &n)) {
            return clash(&n, &names.read[i], why);
        }
    }
    add_written(&n);
    return 0;
}
