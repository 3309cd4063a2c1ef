/* The files that a command writes. All of them keep the same rules:
 *   - a file that is written is no other file of the same command, read or written, whatever its names are;
 *   - it is a regular file that is missing, or empty, or one of the kind that stoker is about to write;
 *   - one process writes it at a time: the file is locked (flock) from the check to the close;
 *   - new content gets the name only once it is whole: a run that fails leaves what was there, or nothing. */
#ifndef STOKER_CLI_OUTPUT_H
#define STOKER_CLI_OUTPUT_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "cli.h"

#define CLI_WHY_BYTES  512u
#define CLI_PATH_BYTES 4096 /* PATH_MAX of Linux, as realpath asks for */

/// Which files a command uses: output_names.c ///

/* The folder of a path, "." for a bare name. */
void cli_folder_of(const char *path, char folder[CLI_PATH_BYTES]);

/* Notes that the command reads `path`; "-" is standard input. 0, or CLI_BAD with the line written when the command also
 * writes the file. */
int cli_input(const char *path);

/* Notes that the command writes `path`, which the option `what` names. Both must stay valid. The same again changes
 * nothing. 0, or CLI_BAD with the line in `why` when the command reads the file, or writes it for another option. */
int cli_output_name(const char *what, const char *path, char why[CLI_WHY_BYTES]);

/// Writing one: output.c, output_make.c ///

struct cli_output {
    const char *what; /* the option that named it */
    const char *path;
    const char *kind; /* "recording": what an existing file must be */
    bool is_private;  /* made with mode 0600; else as the umask says, or as the file that is replaced */
    int fd;           /* open for reading and writing: the file that is there, or the one that make made; -1: none */
    int old;          /* the file that is replaced, kept open for its lock; -1: none */
    struct stat st;   /* of the file that is there */
    bool no_lock;     /* CLI_BAD for want of the lock alone: another process has it, or the file system has none */
    char target[CLI_PATH_BYTES];    /* `path` without links */
    char temporary[CLI_PATH_BYTES]; /* name of what make made; empty: none, or published */
    char why[CLI_WHY_BYTES];        /* the line for the last call that returned CLI_BAD */
};

/* Finds out what is at `path`, and locks it; changes nothing. 0, also where nothing is there (fd -1). CLI_BAD with the
 * line in `why`. Close the output in any case. */
int cli_output_open(struct cli_output *output, const char *what, const char *path, const char *kind);

/* The line for an existing file that is not of the kind. Returns CLI_BAD. */
int cli_output_refuse(struct cli_output *output);

/* Makes the file under a temporary name in the same folder: locked, of `bytes` zeros with their space (0: empty). 0, or
 * CLI_BAD with the line in `why`. */
int cli_output_make(struct cli_output *output, uint64_t bytes);

/* Gives what make made its name, in place of the file that was there, and makes it durable with its name. 0, or CLI_BAD
 * with the line in `why`. */
int cli_output_publish(struct cli_output *output);

/* Closes the file and gives the lock back. What has no name yet is removed. Any number of times. */
void cli_output_close(struct cli_output *output);

/* The line for an errno, or for `err` where there is none, with what to do about it. Returns CLI_BAD. */
int cli_output_trouble(struct cli_output *output, int os_error, int err);

/// Shared by the files of the module ///

/* The line for an errno. Returns CLI_BAD. */
int cli_output_os_trouble(struct cli_output *output, int os_error);

/* The line for a file that another process uses. Returns CLI_BAD. */
int cli_output_in_use(struct cli_output *output);

/* Locks the file. 0, or CLI_BAD with the line in `why` and no_lock set. */
int cli_output_lock(struct cli_output *output, int fd);

/* Returns true if the name is that of the open file. Another process may put its own there before a lock is taken. */
bool cli_output_has_name(const char *name, int fd);

#endif
