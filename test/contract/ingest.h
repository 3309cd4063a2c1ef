/* Test cases for the promises of every ingest port (stoker/port/ingest.h; port/README.md, "Ingest"). A port's test
 * fills in one struct ingest_port for each way in which the port can be opened. */
#ifndef CONTRACT_INGEST_H
#define CONTRACT_INGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/port/ingest.h"

struct ingest_port {
    const char *name;
    const struct stk_ingest_ops *ops;

    /// Limits of the instances that `open` makes ///

    uint32_t depth;   /* reads in flight, 4 to 64 */
    uint32_t sources; /* sources at one time, at least 4 */
    uint8_t *mem;     /* destinations, all of mem_bytes; at least 64 KiB */
    uint32_t mem_bytes;
    bool checks_memory;    /* a destination outside `mem` is refused */
    uint32_t source_bytes; /* the longest source that `add` makes; at least 40,000 */

    /* Makes an instance without sources, and ends it. open returns its ctx. */
    void *(*open)(void);
    void (*close)(void);

    /// Sources; each call returns what the port's own add call says ///

    /* Adds a source that holds bytes [0, bytes) of the pattern. */
    int (*add)(uint32_t bytes, bool sequential);
    int (*remove)(uint32_t source);
    /* Makes a source end at `bytes`. */
    void (*shrink)(uint32_t source, uint32_t bytes);
    /* Adds a source whose reads fail with STK_E_IO. *os_error: the OS's error that each of them must have. */
    int (*add_failing)(int *os_error);

    /* Adds a source of `bytes` zeros that takes writes too. `content` copies bytes [0, bytes) of the source as they are
     * now. NULL: the port cannot write. */
    int (*add_writable)(uint32_t bytes);
    void (*content)(uint32_t source, uint8_t *to, uint32_t bytes);

    /* Adds a sequential source that has no data yet, such as a pipe; there are `kinds` kinds. `write` adds the next
     * bytes of the pattern to the source, and `end` ends the source. */
    uint32_t kinds;
    int (*add_silent)(uint32_t kind);
    void (*write)(uint32_t source, uint32_t bytes);
    void (*end)(uint32_t source);
    /* Writes `bytes` and ends the source, a little at a time, while the caller reads. NULL: one thread only. */
    void (*write_slowly)(uint32_t source, uint32_t bytes);
    void (*wait_for_writer)(void);
    /* Stops the whole process for longer than two seconds, soon, and then writes a byte. NULL: there is no process. */
    void (*stop_and_write)(uint32_t source);
    void (*wait_for_stop)(void);

    uint32_t (*refused)(void); /* returns the position in its batch of the read that was refused last */
    uint64_t (*now_ns)(void);  /* returns the time in nanoseconds by the clock of the port's reap */
};

/* Runs all cases. Returns how many failed. */
int ingest_contract(const struct ingest_port *port);

#endif
