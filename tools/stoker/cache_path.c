/* Finds the folder in which the command keeps files between two starts, and makes this folder for its user alone. */
#include "cache_path.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Writes why there is no folder. Returns CLI_BAD. */
__attribute__((format(printf, 2, 3))) static int refuse(char why[CLI_WHY_BYTES], const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(why, CLI_WHY_BYTES, format, args);
    va_end(args);
    return CLI_BAD;
}

bool cli_is_foreign(const struct stat *st) {
    return st->st_uid != geteuid() && st->st_uid != 0;
}

bool cli_is_shared(const struct stat *st) {
    return (st->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

/* Makes the folder where it is missing, and checks that no other user can change what is in it. */
static int take_folder(const char *path, char why[CLI_WHY_BYTES]) {
    struct stat st;
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return refuse(why, "no store: %s: %s", path, strerror(errno));
    }
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        return refuse(why, "no store: %s: is no folder", path);
    }
    if (cli_is_foreign(&st)) {
        return refuse(why, "no store: %s: belongs to user %lu", path, (unsigned long)st.st_uid);
    }
    if (cli_is_shared(&st)) {
        return refuse(why, "no store: %s: others may write to it", path);
    }
    return 0;
}

int cli_cache_path(char path[CLI_PATH_BYTES], char why[CLI_WHY_BYTES]) {
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int own = cache && cache[0] == '/';
    int length = own                      ? snprintf(path, CLI_PATH_BYTES, "%s", cache)
                 : home && home[0] == '/' ? snprintf(path, CLI_PATH_BYTES, "%s/.cache", home)
                                          : -1;
    int bad;
    if (length < 0) {
        return refuse(why, "no store: neither XDG_CACHE_HOME nor HOME names a folder");
    }
    if (length + (int)sizeof "/stoker/programs" > CLI_PATH_BYTES) {
        return refuse(why, "no store: the name of the cache folder is too long");
    }
    bad = take_folder(path, why);
    if (bad) {
        return bad;
    }
    /* Only the two folders above the file are checked: what lies above them is the user's own choice. */
    strcat(path, "/stoker");
    bad = take_folder(path, why);
    strcat(path, "/programs");
    return bad;
}
