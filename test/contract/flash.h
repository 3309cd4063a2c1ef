/* Test cases for the promises of every flash port (stoker/port/flash.h; port/README.md, "Flash"). A port's test fills
 * in one struct flash_port for each kind of medium that the port can have. */
#ifndef CONTRACT_FLASH_H
#define CONTRACT_FLASH_H

#include <stdbool.h>
#include <stdint.h>

#include "stoker/port/flash.h"

#define FLASH_BLOCK_MAX 65536u /* bytes of a block of an instance */

struct flash_port {
    const char *name;
    const struct stk_flash_ops *ops;

    /* Opens a medium of at least four blocks, all of them erased and good but `bad`, and ends it. open returns its
     * ctx. */
    void *(*open)(void);
    void (*close)(void);
    /* Ends the object and makes another on the same medium. NULL: the object is the medium. */
    void *(*reopen)(void);

    uint32_t bad;     /* a block that is bad from the start, not block 0, 1 or 2; UINT32_MAX: no block is bad */
    bool splits;      /* true: the port programs a part of a unit; false: it refuses a part with STK_E_RANGE */
    uint32_t align;   /* addresses of data must be multiples of this number */
    uint32_t records; /* records that the log's case appends; 0: the medium is too small for a log */

    /// Trouble; NULL where the medium cannot have it. `mend` ends it ///

    void (*go_bad)(uint32_t block);     /* makes programs and erases of a block fail */
    void (*fail_reads)(uint32_t block); /* makes reads of a block fail */
    int refusal;                        /* error of programs and erases after stand_in_the_way */
    void (*stand_in_the_way)(void);     /* makes programs and erases of every block fail */
    void (*mend)(void);
    /* Opens the medium again, for reads only. */
    void *(*reopen_read_only)(void);
};

/* Runs all cases. Returns how many failed. */
int flash_contract(const struct flash_port *port);

#endif
