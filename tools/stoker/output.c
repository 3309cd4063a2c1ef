/* A file that a command writes: checked and locked first, made under a temporary name, named when it is whole. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include "stoker/port/file.h"

#define TRIES_MAX 64u /* of a call that is interrupted, or of a temporary name that is taken */

/// Lines ///

/* What to do about the errno of a write, or about `err` when no errno says more. */
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
        return stk_err_fix(err);
    }
}

int cli_output_trouble(struct cli_output *o, int os_error, int err) {
    snprintf(o->why, sizeof o->why, "%s %s: %s: %s", o->what, o->path,
             os_error ? strerror(os_error) : stk_err_name(err), fix(os_error, err));
    return CLI_BAD;
}

/* The line for an errno of this file's own calls. */
static int os_trouble(struct cli_output *o, int os_error) {
    return cli_output_trouble(o, os_error, STK_E_IO);
}

int cli_output_refuse(struct cli_output *o) {
    snprintf(o->why, sizeof o->why, "%s %s: is no %s: name a file that does not exist, or a %s that stoker made",
             o->what, o->path, o->kind, o->kind);
    return CLI_BAD;
}

static int in_use(struct cli_output *o) {
    snprintf(o->why, sizeof o->why, "%s %s: is in use by another process: wait for its end, or name another file",
             o->what, o->path);
    return CLI_BAD;
}

/// The file that is there ///

/* Locks the file. CLI_BAD with the line, and no_lock set. */
static int lock(struct cli_output *o, int fd) {
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
        return in_use(o);
    }
    snprintf(o->why, sizeof o->why, "%s %s: it cannot be locked: flock: %s: name a file on a file system with locks",
             o->what, o->path, strerror(errno));
    return CLI_BAD;
}

/* Is the name still that of the open file? Another process may have put its own there before the lock was taken. */
static bool is_still_there(const struct cli_output *o, int fd) {
    struct stat open_file, named;
    return fstat(fd, &open_file) == 0 && stat(o->target, &named) == 0 && open_file.st_dev == named.st_dev &&
           open_file.st_ino == named.st_ino;
}

/* Gives the file its name without links in `target`. A link to nothing would put the file where nobody looks for it. */
static int resolve(struct cli_output *o) {
    size_t length = strlen(o->path);
    char folder[CLI_PATH_BYTES];
    struct stat st;
    if (realpath(o->path, o->target)) {
        return 0;
    }
    if (errno != ENOENT || length == 0u || length >= sizeof o->target) {
        return os_trouble(o, length >= sizeof o->target ? ENAMETOOLONG : errno);
    }
    if (lstat(o->path, &st) == 0) {
        snprintf(o->why, sizeof o->why, "%s %s: is a link to a file that does not exist: name that file", o->what,
                 o->path);
        return CLI_BAD;
    }
    memcpy(o->target, o->path, length + 1u);
    cli_folder_of(o->target, folder);
    return access(folder, W_OK | X_OK) == 0 ? 0 : os_trouble(o, errno);
}

int cli_output_open(struct cli_output *o, const char *what, const char *path, const char *kind) {
    int bad;
    *o = (struct cli_output){.what = what, .path = path, .kind = kind, .fd = -1, .old = -1};
    bad = resolve(o);
    if (bad || (stat(o->target, &o->st) != 0 && errno == ENOENT)) {
        return bad;
    }
    if (!S_ISREG(o->st.st_mode)) { /* not opened: that alone does something to some devices */
        snprintf(o->why, sizeof o->why, "%s %s: is no regular file: name one, or leave %s out to write none", o->what,
                 o->path, o->what);
        return CLI_BAD;
    }
    o->fd = open(o->target, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (o->fd < 0 || fstat(o->fd, &o->st) != 0) {
        return os_trouble(o, errno);
    }
    bad = S_ISREG(o->st.st_mode) ? lock(o, o->fd) : cli_output_refuse(o);
    if (bad == 0 && !is_still_there(o, o->fd)) {
        o->no_lock = true;
        bad = in_use(o);
    }
    return bad;
}

/// The file that is made ///

/* Gives `name` a name in the folder of the target. A length that fits any file system, however long the target's is. */
static int name_temporary(const struct cli_output *o, char name[CLI_PATH_BYTES]) {
    char folder[CLI_PATH_BYTES];
    uint32_t random = (uint32_t)cli_now_ns();
    (void)!getrandom(&random, sizeof random, GRND_NONBLOCK); /* the time will do where there is none */
    cli_folder_of(o->target, folder);
    return snprintf(name, CLI_PATH_BYTES, "%s/.stoker-%08x", folder, (unsigned)random) < CLI_PATH_BYTES ? 0 : -1;
}

/* The file that is replaced may be another user's, and have a mode of its own: who could use it still can. */
static void take_over_rights(const struct cli_output *o, int fd) {
    if (o->old >= 0 && !o->is_private) {
        (void)!fchown(fd, o->st.st_uid, o->st.st_gid);
        (void)!fchmod(fd, o->st.st_mode & 0777u);
    }
}

/* Gives the file its length and its space. The port finds it by its name: it makes room in no other way. */
static int make_room(struct cli_output *o, uint64_t bytes) {
    const struct stk_file_config config = {.path = o->temporary, .bytes = bytes, .create = true};
    struct stk_file file;
    int err = stk_file_open(&file, &config);
    if (err != STK_OK) {
        return cli_output_trouble(o, file.os_error, err);
    }
    stk_file_close(&file);
    return 0;
}

int cli_output_make(struct cli_output *o, uint64_t bytes) {
    const mode_t mode = o->is_private ? 0600 : 0666;
    char name[CLI_PATH_BYTES];
    uint32_t tries = 0;
    int fd;
    do {
        if (name_temporary(o, name) != 0) {
            return os_trouble(o, ENAMETOOLONG);
        }
        fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EEXIST && ++tries < TRIES_MAX);
    if (fd < 0) {
        return os_trouble(o, errno);
    }
    memcpy(o->temporary, name, sizeof name);
    o->old = o->fd;
    o->fd = fd;
    take_over_rights(o, fd);
    return lock(o, fd) ? CLI_BAD : bytes != 0 ? make_room(o, bytes) : 0;
}

/* Gives the file its name where nothing has the name yet. Some file systems know only the older of the two ways. */
static int name_new(const struct cli_output *o) {
    int r = renameat2(AT_FDCWD, o->temporary, AT_FDCWD, o->target, RENAME_NOREPLACE);
    if (r != 0 && (errno == EINVAL || errno == ENOSYS)) {
        r = link(o->temporary, o->target);
        if (r == 0) {
            (void)unlink(o->temporary);
        }
    }
    return r;
}

/* A name that a power cut takes back is no name. A file system that cannot sync folders has nothing to sync. */
static int sync_folder(const struct cli_output *o) {
    char folder[CLI_PATH_BYTES];
    int fd, r;
    cli_folder_of(o->target, folder);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    r = fd < 0 || (fsync(fd) != 0 && errno != EINVAL) ? errno : 0;
    if (fd >= 0) {
        close(fd);
    }
    return r;
}

int cli_output_publish(struct cli_output *o) {
    int r;
    if (fsync(o->fd) != 0) {
        return os_trouble(o, errno);
    }
    if (o->old >= 0) {
        o->no_lock = !is_still_there(o, o->old);
        r = o->no_lock ? 0 : rename(o->temporary, o->target);
    } else {
        r = name_new(o);
        o->no_lock = r != 0 && errno == EEXIST;
    }
    if (r != 0 || o->no_lock) {
        return o->no_lock ? in_use(o) : os_trouble(o, errno);
    }
    o->temporary[0] = '\0';
    r = sync_folder(o);
    return r == 0 ? 0 : os_trouble(o, r);
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
