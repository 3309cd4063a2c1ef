/* The device a command works on: an OpenCL device, or the interpreter where there is none. */
#ifndef STOKER_CLI_DEVICE_H
#define STOKER_CLI_DEVICE_H

#include "cli.h"
#include "handlers.h"
#include "stoker/port/opencl.h"
#include "stoker/port/threads.h"
#include "stoker/tables.h"
#include "store.h"

struct cli_device_wish {
    /* NULL or "auto": the first OpenCL device that opens (stk_opencl_next), else the interpreter; "opencl": the same
     * without the interpreter; "interp": the interpreter; else the index of an OpenCL device, or a part of its name */
    const char *name;
    const char *option; /* option that named the device, for messages; NULL: --device */
    /* the user's handlers for an OpenCL device; NULL: none. The interpreter has the handlers of user_ops.h */
    const struct cli_handlers *handlers;
    const char *store; /* file of kept programs; NULL, CLI_NO_STORE: as cli_store_open */
    /* a store that is open already, used in place of `store` and not closed with the device; NULL: none */
    const struct cli_store *store_of;
    int keep_store; /* 1: the store stays open for other devices until cli_device_leave_store */
    int quiet;      /* 1: no progress while the device opens */
    uint32_t slots, observables, payload_bytes, workers, lanes; /* 0: defaults */
    uint32_t table_bytes;                                       /* 0: 4 MiB; STK_NO_TABLES: none */
    /* threads of the interpreter, with the caller's thread; 0: 1 */
    uint32_t threads;
    int aside;  /* 1: the interpreter runs no slot on the caller's thread, where it has other threads */
    int no_cpu; /* 1: an OpenCL device must be no CPU */
    enum stk_residency residency; /* 0: the best that works */
    /* STK_OPENCL_ANY: the first that works. Where neither residency nor memory is given, the values in the environment
     * hold for OpenCL devices (CLI_MODE_ENVIRONMENT) */
    enum stk_opencl_memory memory;
    stk_opencl_fit *fit; /* `fit` of struct stk_opencl_config, for an OpenCL device; NULL: none */
    void *fit_ctx;
    uint64_t open_ns; /* nanoseconds that opening may take; 0: the value of STOKER_OPEN_SECONDS */
    /* nanoseconds that a kernel of an OpenCL device may stay after its lease; 0: the port's default */
    uint64_t deadline_ns;
};

#define CLI_DEVICE_TABLES 4u /* most tables of a device */

struct cli_device {
    struct stk_device_memory memory;
    struct stk_dispatch_port dispatch;
    char note[1024 + CLI_WHY_BYTES]; /* why the result is not the best one; empty when all is well */
    struct stk_opencl opencl;
    struct cli_store store;
    struct stk_threads threads; /* the interpreter */
    uint32_t workers;
    void *host; /* the interpreter's buffers */
    size_t host_bytes;
    int is_opencl;
    struct stk_tables tables; /* of cli_device_add_table */
    uint8_t table_rows[STK_ARENA_BYTES(STK_TABLES_BYTES(CLI_DEVICE_TABLES))];
};

/* Opens an OpenCL device, and never the interpreter. Returns STK_OK, or a negative enum stk_err with the reason in
 * device->note; writes no line. May run on a thread of its own. Close the device in any case. */
int cli_device_try(struct cli_device *device, const struct cli_device_wish *wish);

/* Opens it. Returns 0, or CLI_BAD after printing why. */
int cli_device_open(struct cli_device *device, const struct cli_device_wish *wish);
void cli_device_close(struct cli_device *device);

/* Closes the store, so that other processes can use it. */
void cli_device_leave_store(struct cli_device *device);

/* Adds a table for tenant 0 and sets *offset to its offset. The device must not move. Returns 0, or CLI_BAD after
 * printing why. */
int cli_device_add_table(struct cli_device *device, const void *data, uint32_t bytes, uint32_t *offset);

const char *cli_residency_name(enum stk_residency residency);

/* The words that --residency and --memory take. */
#define CLI_RESIDENCIES "resident, quantum or batch"
#define CLI_MEMORIES    "svm-atomics, host-nv, alloc-host, use-host, svm or copies"

/* Returns the word for a kind of memory on the command line. */
const char *cli_memory_word(enum stk_opencl_memory memory);

/* Reads STOKER_OPEN_SECONDS from the environment. Sets *open_ns as stk_opencl_config.open_ns takes it, 0 where the
 * variable is not set. Returns 0, or CLI_BAD after printing why. */
int cli_open_ns(uint64_t *open_ns);

/* Returns the text to append to the reason of an open that failed: how to give open more time where it had too little;
 * else an empty text. */
const char *cli_open_advice(const struct stk_opencl *cl);

/* Reads the value of --residency or --memory. Returns 0, or CLI_BAD after printing why. */
int cli_parse_residency(const char *text, enum stk_residency *residency);
int cli_parse_memory(const char *text, enum stk_opencl_memory *memory);

#endif
