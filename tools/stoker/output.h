/* The files that a command writes. All of them follow the same rules:
 *   - a file that is written is no other file of the same command, read or written, by any of its names;
 *   - it is a regular file that is missing, or empty, or of the kind that stoker is about to write;
 *   - one process writes it at a time: the file is locked (flock) from the check to the close;
 *   - new content gets the name only once it is whole: a run that fails leaves the old file, or no file. */
#ifndef STOKER_CLI_OUTPUT_H
#define STOKER_CLI_OUTPUT_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "cli.h"

#define CLI_WHY_BYTES  512u
#define CLI_PATH_BYTES 4096 /* bytes of a path: PATH_MAX of Linux, which realpath needs */

/// Which files a command uses: output_names.c ///

/* Sets `folder` to the folder of a path; "." for a bare name. */
void cli_folder_of(const char *path, char folder[CLI_PATH_BYTES]);

/* Notes that the command reads `path`; "-" is standard input. Returns 0, or CLI_BAD after printing why when the
 * command also writes the file. */
int cli_input(const char *path);

/* Returns 1 if `path` is a file that cli_output_name has noted as written by the command. */
int cli_is_written(const char *path);

/* Notes that the command writes `path`, which the option `what` names. Both texts must stay valid. A second call with
 * the same texts changes nothing. Returns 0, or CLI_BAD with the reason in `why` when the command reads the file, or
 * writes it for another option. */
int cli_output_name(const char *what, const char *path, char why[CLI_WHY_BYTES]);

/// Writing one: output.c, output_make.c ///

struct cli_output {
    const char *what; /* option that named the file */
    const char *path;
    const char *kind; /* kind of file that an existing file must be, such as "recording" */
    bool is_private;  /* made with mode 0600; else with the mode of the file that is replaced, or as the umask says */
    int fd;           /* descriptor for reading and writing, of the file that is there or of the new file; -1: none */
    int old;          /* descriptor of the file that is replaced, kept open for its lock; -1: none */
    struct stat st;   /* status of the file that is there */
    /* CLI_BAD only because there was no lock: another process has it, or the file system has no locks */
    bool no_lock;
    bool in_use;                    /* another process has the file */
    char target[CLI_PATH_BYTES];    /* `path` without links */
    char temporary[CLI_PATH_BYTES]; /* name of the new file; empty: there is none, or it was published */
    char why[CLI_WHY_BYTES];        /* line of the last call that returned CLI_BAD */
};

/* Finds out what is at `path`, and locks the file; changes nothing. Returns 0, also where nothing is there (fd is -1
 * then), or CLI_BAD with the reason in `why`. Close the output in any case. */
int cli_output_open(struct cli_output *output, const char *what, const char *path, const char *kind);

/* Puts the line for an existing file that is not of the kind into `why`. Returns CLI_BAD. */
int cli_output_refuse(struct cli_output *output);

/* Makes the file under a temporary name in the same folder: locked, filled with `bytes` zeros that have their space (0:
 * empty). Returns 0, or CLI_BAD with the reason in `why`. */
int cli_output_make(struct cli_output *output, uint64_t bytes);

/* Gives the new file its name, in place of the file that was there, and makes file and name durable. Returns 0, or
 * CLI_BAD with the reason in `why`. */
int cli_output_publish(struct cli_output *output);

/* Closes the file and releases the lock. Removes a new file that has no name yet. May be called any number of times. */
void cli_output_close(struct cli_output *output);

/* Puts the line for an errno, or for `err` where there is no errno, with the remedy into `why`. Returns CLI_BAD. */
int cli_output_trouble(struct cli_output *output, int os_error, int err);

/// Shared by the files of the module ///

/* Puts the line for an errno into `why`. Returns CLI_BAD. */
int cli_output_os_trouble(struct cli_output *output, int os_error);

/* Puts the line for a file that another process uses into `why`. Returns CLI_BAD. */
int cli_output_in_use(struct cli_output *output);

/* Locks the file. Returns 0, or CLI_BAD with the reason in `why` and no_lock set. */
int cli_output_lock(struct cli_output *output, int fd);

/* Returns true if the name still belongs to the open file. Another process may give the name to its own file before a
 * lock is taken. */
bool cli_output_has_name(const char *name, int fd);

#endif
