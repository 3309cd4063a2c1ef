/* Opens and reads the files that a command line names, and says what is wrong with one that cannot be read. */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"
#include "stoker/port/os_error.h"

#define ROOM_FIRST  65536u
#define TRIES_MAX   64u   /* interruptions in a row, without a byte in between */
#define REFUSED_MAX 1000u /* refusals of one read that poll() said would give bytes */
#define LOOK_MS     10    /* milliseconds between two looks at a FIFO without a writer */

const char *cli_os_fix(int os_error, const char *advice) {
    if (os_error == EMSGSIZE) {
        return "use --chunk 64K or more, which holds the longest datagram";
    }
    switch (stk_os_error(os_error)) {
    case STK_E_NOENT:
    case STK_E_ACCESS:
    case STK_E_ISDIR:
    case STK_E_NODEV:
    case STK_E_ARG: /* a file of another kind, such as a file of /proc that cannot be read at an offset */
    case STK_E_UNSUPPORTED:
        return advice;
    case STK_E_WOULD_BLOCK:
        return "try again";
    case STK_E_IO:
        return os_error == EIO ? "check the medium of the file" : advice;
    case STK_E_TIMEOUT:
        return "check the medium, or the network behind the file";
    default:
        return cli_fix(stk_os_error(os_error));
    }
}

static int trouble(const struct cli_file *in, int os_error) {
    return cli_bad("%s%s: %s: %s", in->option, in->path, strerror(os_error), cli_os_fix(os_error, in->advice));
}

int cli_is_stdin(const char *path) {
    struct stat named, own;
    if (strcmp(path, "-") == 0) {
        return 1;
    }
    return stat(path, &named) == 0 && fstat(STDIN_FILENO, &own) == 0 &&
           (S_ISFIFO(named.st_mode) || S_ISSOCK(named.st_mode)) && named.st_dev == own.st_dev &&
           named.st_ino == own.st_ino;
}

/* Opens anything that the path names, except a directory, without waiting for the writer of a FIFO. Returns the
 * descriptor, or -1 after printing why. */
static int open_any(const struct cli_file *in, struct stat *st) {
    int fd;
    if (cli_input(in->path)) {
        return -1;
    }
    fd = open(in->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, st) != 0) {
        trouble(in, errno);
    } else if (S_ISDIR(st->st_mode)) {
        cli_bad("%s%s: is a directory: %s", in->option, in->path, in->advice);
    } else {
        return fd;
    }
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

int cli_file_open(const struct cli_file *in) {
    struct stat st;
    int fd = open_any(in, &st);
    if (fd >= 0 && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
        cli_bad("%s%s: is no regular file: copy what it gives into one", in->option, in->path);
        close(fd);
        fd = -1;
    }
    return fd;
}

ssize_t cli_read_at(int fd, void *data, size_t bytes, uint64_t offset) {
    size_t got = 0;
    uint32_t tries = 0;
    while (got < bytes) {
        ssize_t n = pread(fd, (char *)data + got, bytes - got, (off_t)(offset + got));
        if (n < 0 && (errno == EINTR || errno == EAGAIN) && ++tries < TRIES_MAX) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? n : (ssize_t)got;
        }
        got += (size_t)n;
        tries = 0;
    }
    return (ssize_t)got;
}

/* Waits until there is something to read, or the end. `begun`: the stream has had a writer. A FIFO that no process has
 * opened for writing shows no event at all, so this function looks at it again and again. Returns 0 when a read is
 * worth a try, else an errno. */
static int wait_for_bytes(int fd, int begun, uint64_t deadline) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (poll(&p, 1, begun ? -1 : LOOK_MS) < 0) {
        if (errno != EINTR) {
            return errno;
        }
    }
    return begun || p.revents != 0 || cli_now_ns() < deadline ? 0 : ETIMEDOUT;
}

/* Reads once; waits for bytes where the descriptor does not wait. Returns the number of bytes, 0 at the end, or -1 with
 * errno. */
static ssize_t read_some(int fd, char *to, size_t room, int *is_fifo, uint64_t deadline) {
    for (unsigned refused = 0;;) {
        ssize_t got = read(fd, to, room);
        int os_error = got < 0 ? errno : 0;
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (got > 0 || (got < 0 && os_error == EAGAIN)) {
            *is_fifo = 0; /* the FIFO has had a writer */
        }
        /* The end, unless this is a FIFO that nobody has opened for writing yet: such a FIFO shows no POLLHUP. */
        if (got > 0 || (got == 0 && (!*is_fifo || (poll(&p, 1, 0) == 1 && (p.revents & POLLHUP) != 0)))) {
            return got;
        }
        /* A FIFO without a writer has a deadline of its own. Elsewhere poll() waits for bytes, so a read that is
         * refused again and again will not come. */
        if (got < 0 && ((os_error != EINTR && os_error != EAGAIN) || ++refused > REFUSED_MAX)) {
            errno = os_error;
            return -1;
        }
        os_error = os_error == EINTR ? 0 : wait_for_bytes(fd, !*is_fifo, deadline);
        if (os_error != 0) {
            errno = os_error;
            return -1;
        }
    }
}

/* Reads to the end. Returns NULL with errno on failure: EFBIG more than `most` bytes, ETIMEDOUT a FIFO without a
 * writer. */
static char *read_all(int fd, int is_fifo, size_t most, size_t *length) {
    uint64_t deadline = cli_now_ns() + CLI_WRITER_NS;
    size_t room = ROOM_FIRST, n = 0;
    char *text = malloc(room);
    ssize_t got = 1;
    while (text && got > 0) {
        got = read_some(fd, text + n, room - 1u - n, &is_fifo, deadline);
        n += got > 0 ? (size_t)got : 0u;
        if (n > most) {
            errno = EFBIG;
            got = -1;
        }
        if (got > 0 && n == room - 1u) {
            char *more = realloc(text, room * 2u);
            room *= 2u;
            got = more ? got : -1;
            text = more ? more : text;
        }
    }
    if (text && got < 0) {
        int os_error = errno;
        free(text);
        errno = os_error;
        return NULL;
    }
    if (text) {
        text[n] = '\0';
        *length = n;
    }
    return text;
}

char *cli_file_load(const struct cli_file *in, size_t most, size_t *length) {
    int is_stdin = strcmp(in->path, "-") == 0, fd;
    struct stat st;
    char *text;
    fd = is_stdin ? (cli_input(in->path) == 0 ? STDIN_FILENO : -1) : open_any(in, &st);
    if (fd < 0) {
        return NULL;
    }
    text = read_all(fd, !is_stdin && S_ISFIFO(st.st_mode), most, length);
    if (!text && errno == ETIMEDOUT) {
        cli_bad("%s%s: no process has it open for writing: start its writer first, or name a file", in->option,
                in->path);
    } else if (!text && errno == EFBIG) {
        cli_bad("%s%s: has more than %zu bytes: split the file", in->option, in->path, most);
    } else if (!text) {
        trouble(in, errno);
    }
    if (!is_stdin) {
        close(fd);
    }
    return text;
}
