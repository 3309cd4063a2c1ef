/* A file that a command writes: checks and locks the file that is there. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "stoker/port/os_error.h"

#define TRIES_MAX 64u /* tries of a call that is interrupted */

/// Lines ///

/* Returns the remedy for the errno of a write, or for `err` when no errno gives one. */
static const char *fix(int os_error, int err) {
    switch (os_error) {
    case EFBIG:
        return "raise the limit on the size of files (ulimit -f), or ask for a smaller file";
    case ENOSPC:
    case EDQUOT:
        return "free space there, or name a file elsewhere";
    case EACCES:
    case EPERM:
    case EROFS:
        return "name a file and a folder that may be written";
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
        return "name a file in a folder that exists";
    default:
        return cli_fix(err);
    }
}

int cli_output_trouble(struct cli_output *o, int os_error, int err) {
    snprintf(o->why, sizeof o->why, "%s %s: %s: %s", o->what, o->path,
             os_error ? strerror(os_error) : stk_err_name(err), fix(os_error, err));
    return CLI_BAD;
}

int cli_output_os_trouble(struct cli_output *o, int os_error) {
    return cli_output_trouble(o, os_error, stk_os_error(os_error));
}

int cli_output_refuse(struct cli_output *o) {
    snprintf(o->why, sizeof o->why, "%s %s: is no %s: name a file that does not exist, or a %s that stoker made",
             o->what, o->path, o->kind, o->kind);
    return CLI_BAD;
}

int cli_output_in_use(struct cli_output *o) {
    o->in_use = true;
    snprintf(o->why, sizeof o->why, "%s %s: is in use by another process: wait for its end, or name another file",
             o->what, o->path);
    return CLI_BAD;
}

/// The file that is there ///

int cli_output_lock(struct cli_output *o, int fd) {
    uint32_t tries = 0;
    int r = flock(fd, LOCK_EX | LOCK_NB);
    while (r != 0 && errno == EINTR && ++tries < TRIES_MAX) {
        r = flock(fd, LOCK_EX | LOCK_NB);
    }
    if (r == 0) {
        return 0;
    }
    o->no_lock = true;
    if (errno == EWOULDBLOCK) {
        return cli_output_in_use(o);
    }
    snprintf(o->why, sizeof o->why, "%s %s: it cannot be locked: flock: %s: name a file on a file system with locks",
             o->what, o->path, strerror(errno));
    return CLI_BAD;
}

bool cli_output_has_name(const char *name, int fd) {
    struct stat open_file, named;
    return fstat(fd, &open_file) == 0 && stat(name, &named) == 0 && open_file.st_dev == named.st_dev &&
           open_file.st_ino == named.st_ino;
}

/* Sets `target` to the file's name without links. Refuses a link to nothing, since the file would appear where nobody
 * looks for it. */
static int resolve(struct cli_output *o) {
    size_t length = strlen(o->path);
    char folder[CLI_PATH_BYTES];
    struct stat st;
    if (realpath(o->path, o->target)) {
        return 0;
    }
    if (errno != ENOENT || length == 0u || length >= sizeof o->target) {
        return cli_output_os_trouble(o, length >= sizeof o->target ? ENAMETOOLONG : errno);
    }
    if (lstat(o->path, &st) == 0) {
        snprintf(o->why, sizeof o->why, "%s %s: is a link to a file that does not exist: name that file", o->what,
                 o->path);
        return CLI_BAD;
    }
    memcpy(o->target, o->path, length + 1u);
    cli_folder_of(o->target, folder);
    return access(folder, W_OK | X_OK) == 0 ? 0 : cli_output_os_trouble(o, errno);
}

int cli_output_open(struct cli_output *o, const char *what, const char *path, const char *kind) {
    int bad;
    *o = (struct cli_output){.what = what, .path = path, .kind = kind, .fd = -1, .old = -1};
    bad = resolve(o);
    if (bad) {
        return bad;
    }
    if (stat(o->target, &o->st) != 0) {
        return errno == ENOENT ? 0 : cli_output_os_trouble(o, errno);
    }
    if (!S_ISREG(o->st.st_mode)) { /* not opened, since the open alone has an effect on some devices */
        snprintf(o->why, sizeof o->why, "%s %s: is no regular file: name one, or leave %s out to write none", o->what,
                 o->path, o->what);
        return CLI_BAD;
    }
    o->fd = open(o->target, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (o->fd < 0 || fstat(o->fd, &o->st) != 0) {
        return cli_output_os_trouble(o, errno);
    }
    bad = S_ISREG(o->st.st_mode) ? cli_output_lock(o, o->fd) : cli_output_refuse(o);
    if (bad == 0 && !cli_output_has_name(o->target, o->fd)) {
        o->no_lock = true;
        bad = cli_output_in_use(o);
    }
    return bad;
}

void cli_output_close(struct cli_output *o) {
    if (o->temporary[0]) {
        (void)unlink(o->temporary);
    }
    if (o->what && o->fd >= 0) {
        close(o->fd);
    }
    if (o->what && o->old >= 0) {
        close(o->old);
    }
    *o = (struct cli_output){.fd = -1, .old = -1};
}
