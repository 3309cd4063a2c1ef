/* fuse_short FOLDER: mounts a FUSE file system on FOLDER and serves it until it is unmounted. Its two files hold TEXT:
 * `more` announces 1 MiB, `none` announces no byte. Both are read by direct I/O, so that the kernel asks for every
 * byte. Exit code 77 where mounting is not allowed. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT "0-1-0-1\n00"

enum {
    ROOT = 1,
    MORE,
    NONE
};

static int device;

static void reply(const struct fuse_in_header *in, int error, const void *data, size_t bytes) {
    static uint8_t message[4096];
    struct fuse_out_header out = {(uint32_t)(sizeof out + bytes), -error, in->unique};
    memcpy(message, &out, sizeof out);
    if (bytes != 0) {
        memcpy(message + sizeof out, data, bytes);
    }
    if (write(device, message, out.len) < 0 && errno != ENOENT) { /* ENOENT: the request was interrupted */
        perror("fuse_short");
    }
}

static struct fuse_attr attributes(uint64_t node) {
    return (struct fuse_attr){
        .ino = node,
        .nlink = 1,
        .mode = node == ROOT ? S_IFDIR | 0755 : S_IFREG | 0644,
        .size = node == MORE ? 1u << 20 : 0u,
    };
}

static void look_up(const struct fuse_in_header *in, const char *name) {
    uint64_t node = strcmp(name, "more") == 0 ? MORE : strcmp(name, "none") == 0 ? NONE : 0;
    struct fuse_entry_out out = {.nodeid = node, .attr = attributes(node)};
    reply(in, node ? 0 : ENOENT, &out, node ? sizeof out : 0);
}

static void give_bytes(const struct fuse_in_header *in, const struct fuse_read_in *read) {
    uint64_t at = read->offset < strlen(TEXT) ? read->offset : strlen(TEXT), left = strlen(TEXT) - at;
    reply(in, 0, &TEXT[at], read->size < left ? read->size : left);
}

static void serve(const struct fuse_in_header *in, const void *argument) {
    struct fuse_init_out init = {.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096};
    struct fuse_attr_out attr = {.attr = attributes(in->nodeid)};
    struct fuse_open_out open_out = {.open_flags = FOPEN_DIRECT_IO};
    switch (in->opcode) {
    case FUSE_INIT:
        reply(in, 0, &init, sizeof init);
        break;
    case FUSE_LOOKUP:
        look_up(in, argument);
        break;
    case FUSE_GETATTR:
        reply(in, 0, &attr, sizeof attr);
        break;
    case FUSE_OPEN:
        reply(in, 0, &open_out, sizeof open_out);
        break;
    case FUSE_READ:
        give_bytes(in, argument);
        break;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
        break; /* this request has no answer */
    case FUSE_FLUSH:
    case FUSE_RELEASE:
        reply(in, 0, NULL, 0);
        break;
    default:
        reply(in, ENOSYS, NULL, 0);
    }
}

int main(int argc, char **argv) {
    static _Alignas(8) uint8_t request[1u << 16];
    char options[80];
    ssize_t got;
    device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
    if (argc != 2 || device < 0 || mount("fuse_short", argv[1], "fuse", 0, options) != 0) {
        perror("fuse_short");
        return 77;
    }
    while ((got = read(device, request, sizeof request)) >= 0 || errno == EINTR) {
        if (got > 0) {
            serve((const void *)request, request + sizeof(struct fuse_in_header));
        }
    }
    return 0; /* ENODEV: unmounted */
}
