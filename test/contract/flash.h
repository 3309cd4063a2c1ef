/* What every flash port owes its caller (stoker/port/flash.h; port/README.md, "Flash"), as test cases over a factory. A
 * port's test fills in one struct flash_port for each kind of medium that the port can have. */
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

    uint32_t bad;     /* a block that is known to be bad from the start; UINT32_MAX: none. Never block 0 to 2 */
    bool splits;      /* a part of a unit is programmed too, and not refused with STK_E_RANGE */
    uint32_t align;   /* what addresses of data must be multiples of */
    uint32_t records; /* that the case of a log appends; 0: no log, since the medium is too small for one */

    /// Trouble; NULL where the medium cannot have it. `mend` ends it ///

    void (*go_bad)(uint32_t block);     /* its programs and erases fail */
    void (*fail_reads)(uint32_t block); /* its reads fail */
    int refusal;                        /* the code of what stands in the way of programs and erases ... */
    void (*stand_in_the_way)(void);     /* ... of every block from now on */
    void (*mend)(void);
    /* The same medium, to be read only. */
    void *(*reopen_read_only)(void);
};

/* Runs all cases. Returns how many failed. */
int flash_contract(const struct flash_port *port);

#endif
