/* stoker info --json: the same facts as the text, as members of JSON objects. */
#ifndef STOKER_CLI_INFO_H
#define STOKER_CLI_INFO_H

#include <jansson.h>

#include "device.h"
#include "reader.h"

/* Returns the bytes that a launch in BATCH copies in both directions, without the payload. */
size_t info_copied_bytes(const struct stk_opencl *cl);

/* Adds a device as its driver describes it. */
void info_json_device(json_t *o, uint32_t index, const struct stk_opencl_device *device);

/* Adds the outcome of opening the device: `err` is STK_OK, or why it did not open. */
void info_json_opened(json_t *o, struct stk_opencl *cl, int err, const char *reason);

/* Appends one kind of memory in one mode to the array "probes". */
void info_json_probe(json_t *o, const struct stk_opencl *cl, int err, enum stk_residency residency,
                     enum stk_opencl_memory memory, double seconds);

void info_json_reader(json_t *o, const struct cli_reader *reader);
void info_json_limits(json_t *o, const char *uring, int locked_known, uint64_t locked_bytes);
void info_json_machine(json_t *o, const struct stk_uring_machine *machine);
void info_json_store(json_t *o, const struct cli_store *store, const struct stk_store_stats *stats);

#endif
