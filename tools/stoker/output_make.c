/* A file that a command writes: makes the file under a temporary name, and gives it its name when it is whole. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "output.h"
#include "stoker/crc32c.h"
#include "stoker/port/file.h"

#define TRIES_MAX 64u /* tries with a name that other processes keep taking */

/// Making ///

/* Gives the temporary name: in the folder of the target, the same in each execution, and short even for a long
 * target. */
static int name_temporary(const struct cli_output *o, char name[CLI_PATH_BYTES]) {
    const char *slash = strrchr(o->target, '/'), *base = slash ? slash + 1 : o->target;
    char folder[CLI_PATH_BYTES];
    int length;
    cli_folder_of(o->target, folder);
    length = snprintf(name, CLI_PATH_BYTES, "%s/.stoker-%08x", folder, (unsigned)stk_crc32c(0, base, strlen(base)));
    return length < CLI_PATH_BYTES ? 0 : -1;
}

/* Removes the name from the open file, if the name still belongs to the file. Returns 0, or -1 with errno set. */
static int remove_own(const char *name, int fd) {
    return cli_output_has_name(name, fd) ? unlink(name) : 0;
}

/* Removes the file that a killed process left under the temporary name. Returns 0, or CLI_BAD when a live process has
 * it locked. */
static int remove_orphan(struct cli_output *o, const char *name) {
    int fd = open(name, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW), bad;
    if (fd < 0) {
        return errno == ENOENT ? 0 : cli_output_os_trouble(o, errno);
    }
    bad = cli_output_lock(o, fd);
    if (bad == 0 && remove_own(name, fd) != 0) {
        bad = cli_output_os_trouble(o, errno);
    }
    close(fd);
    return bad;
}

/* Gives the new file the owner and the mode of the file that it replaces, so that everyone who could use the old file
 * can use the new one. */
static void take_over_rights(const struct cli_output *o, int fd) {
    if (o->old >= 0 && !o->is_private) {
        (void)!fchown(fd, o->st.st_uid, o->st.st_gid);
        (void)!fchmod(fd, o->st.st_mode & 0777u);
    }
}

/* Gives the file its length and its space. Opens the file with the file port by its name, since the port makes room in
 * no other way. */
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

/* Makes the file, locked, under the temporary name. */
static int make_locked(struct cli_output *o, const char *name) {
    const mode_t mode = o->is_private ? 0600 : 0666;
    uint32_t tries = 0;
    int fd, bad = 0;
    do {
        fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    } while (fd < 0 && errno == EEXIST && ++tries < TRIES_MAX && (bad = remove_orphan(o, name)) == 0);
    if (fd < 0) {
        return bad ? bad : cli_output_os_trouble(o, errno);
    }
    bad = cli_output_lock(o, fd);
    /* another process took the file for an orphan before the file was locked */
    if (bad == 0 && !cli_output_has_name(name, fd)) {
        o->no_lock = true;
        bad = cli_output_in_use(o);
    }
    if (bad) {
        /* A process that holds the lock removes the file as an orphan. It may have made its own file under the name by
         * then, which must stay. */
        if (!o->in_use) {
            (void)remove_own(name, fd);
        }
        close(fd);
        return bad;
    }
    o->old = o->fd;
    o->fd = fd;
    return 0;
}

int cli_output_make(struct cli_output *o, uint64_t bytes) {
    char name[CLI_PATH_BYTES];
    if (name_temporary(o, name) != 0) {
        return cli_output_os_trouble(o, ENAMETOOLONG);
    }
    if (make_locked(o, name)) {
        return CLI_BAD;
    }
    memcpy(o->temporary, name, sizeof name);
    take_over_rights(o, o->fd);
    return bytes != 0 ? make_room(o, bytes) : 0;
}

/// Naming ///

/* Gives the file its name where nothing has the name yet. There are two ways; some file systems know only the older
 * one. */
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

/* Makes the name durable: a name that a power cut takes back is no name. A file system that cannot sync folders has
 * nothing to sync. */
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
        return cli_output_os_trouble(o, errno);
    }
    if (o->old >= 0) {
        o->no_lock = !cli_output_has_name(o->target, o->old);
        r = o->no_lock ? 0 : rename(o->temporary, o->target);
    } else {
        r = name_new(o);
        o->no_lock = r != 0 && errno == EEXIST;
    }
    if (r != 0 || o->no_lock) {
        return o->no_lock ? cli_output_in_use(o) : cli_output_os_trouble(o, errno);
    }
    o->temporary[0] = '\0';
    r = sync_folder(o);
    return r == 0 ? 0 : cli_output_os_trouble(o, r);
}
