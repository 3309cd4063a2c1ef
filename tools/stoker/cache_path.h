/* The folder in which a command keeps files that the command can make again. */
#ifndef STOKER_CLI_CACHE_PATH_H
#define STOKER_CLI_CACHE_PATH_H

#include "output.h"

/* Returns true if the file or folder belongs to another user, except root. Programs in it run in this process, so no
 * other user may write them. */
bool cli_is_foreign(const struct stat *st);

/* Returns true if others than the owner may write to the file or folder. */
bool cli_is_shared(const struct stat *st);

/* Sets `path` to the file "programs" in the folder stoker below XDG_CACHE_HOME (~/.cache). Makes these two
 * folders, with mode 0700, if they are missing. Programs in the file run in this process. So a folder is refused in two
 * cases: the folder belongs neither to this user nor to root, or others may write to the folder. Returns 0, or CLI_BAD
 * with the reason in `why`. */
int cli_cache_path(char path[CLI_PATH_BYTES], char why[CLI_WHY_BYTES]);

#endif
