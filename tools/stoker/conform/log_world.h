/* Conformance: the replay log files that a case works on, in a temporary folder of their own. */
#ifndef LOG_WORLD_H
#define LOG_WORLD_H

#include "cases.h"

#include "stoker/port/file.h"
#include "stoker/vrrl.h"

#define LOG_PATH_BYTES 4096

struct log_world {
    char folder[LOG_PATH_BYTES - 256]; /* the temporary folder */
    char stored[LOG_PATH_BYTES - 256]; /* where the vector file is, and the logs that it brings */
    char created[256];                 /* the name that the case made, or tried to: it is not taken from there */
    struct stk_file file;
    bool open;
    struct stk_vrrl log;
    struct stk_log_record *records; /* records of the last replay */
    size_t count;
};

/* Returns the world of this case. Returns NULL, with the record failed, when no folder can be made. */
struct log_world *log_world(struct vec *v, struct world *w);

/* Writes the path of the file that the record calls `key`, in the temporary folder. The stored file of that name is
 * copied there first, unless the case made one. Returns false, with the record failed, for a name that leaves the
 * folder. */
bool log_path(struct vec *v, struct log_world *l, const char *key, char *path);

/* Writes the path of the stored file of that name. */
void log_stored(const struct log_world *l, const char *name, char *path);

/* Copies a file; false when that is not possible. */
bool log_copy(const char *from, const char *to);

/* Closes the log that is open, if one is. */
void log_close(struct log_world *l);

/* Compares the fields of a result with a return code; `count` is the capacity that was refused. Returns true when the
 * call succeeded. */
bool log_expect_result(struct vec *v, enum vec_family family, int err, uint64_t count);

/* Returns the world with a log open in it. Returns NULL, with the record failed, when no log is open. */
struct log_world *log_open(struct vec *v, struct world *w);

#endif
