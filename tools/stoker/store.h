/* The file in which a command keeps compiled programs and what handshakes found, from one start to the next. */
#ifndef STOKER_CLI_STORE_H
#define STOKER_CLI_STORE_H

#include "cli.h"
#include "output.h"
#include "stoker/port/file.h"
#include "stoker/port/opencl.h"

#define CLI_STORE_ENV   "STOKER_STORE"
#define CLI_NO_STORE    ""          /* path that means no store */
#define CLI_STORE_BYTES (16u << 20) /* size of a store file that this command makes */

struct cli_store {
    struct stk_store *use;           /* the store that a port is given; NULL: there is none */
    char note[CLI_WHY_BYTES + 32u];  /* why there is no store although one was asked for; empty when all is well */
    char aside[CLI_WHY_BYTES + 32u]; /* why there is no store although nobody asked for one; for statistics alone */
    const char *path;
    struct cli_output output;
    struct stk_file file; /* flash port over output.fd */
    struct stk_store store;
    void *memory;
    size_t memory_bytes;
    int was_used;              /* 1: the store was open */
    int is_option, is_default; /* who named the file: the option, or nobody; else the environment */
    char default_path[CLI_PATH_BYTES];
};

/* Opens the store in the file `path`. NULL: in the file that STOKER_STORE names; where the variable is not set, in
 * stoker/programs below XDG_CACHE_HOME (~/.cache), where stoker makes its folder for the user alone; where the variable
 * is empty, nowhere. CLI_NO_STORE: nowhere.
 *
 * A missing file is made with mode 0600. The programs in a store run in this process, and its hashes show damage, not
 * who wrote a program. So a file of another user (except root), or one that others may write to, is refused. A start
 * uses the file while it opens its device, so the call waits some seconds for another process that uses the file. Then,
 * or where the file cannot be locked, it is not used, and the note says so.
 *
 * Returns 0, or CLI_BAD after printing why. Where the environment named the file, any trouble is only a note, and
 * where nobody named it, only an aside. */
int cli_store_open(struct cli_store *store, const char *path);

/* Takes the value of --store, or CLI_NO_STORE for --no-store, into *store. Returns 0, or CLI_BAD after printing why
 * where both options were given. */
int cli_store_option(const char **store, const char *path);

/* Closes the file, so that other processes can use it. Note, aside and path stay. */
void cli_store_leave(struct cli_store *store);

/* Opens the file that was left again. Returns 0, or CLI_BAD. */
int cli_store_again(struct cli_store *store);

void cli_store_close(struct cli_store *store);

/* Return where the program came from ("compiled", "cache", "store"), and where the handshake's outcome came from
 * ("probed", "cache", "store", "caller"). */
const char *cli_built_word(enum stk_opencl_origin origin);
const char *cli_proved_word(enum stk_opencl_origin origin);

#endif
