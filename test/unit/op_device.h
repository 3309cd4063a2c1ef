/* Fills in the struct stk_dev of a worker in C from an op_image. A file that includes this header needs kernels/ among
 * its include paths. */
#ifndef OP_DEVICE_H
#define OP_DEVICE_H

#include "stoker/kernel/device.h"
#include "op_image.h"

/* Returns the device of worker `worker` of `workers`, without guards and without handlers of its own. */
static inline struct stk_dev op_image_device(struct op_image *m, uint32_t worker, uint32_t workers) {
    return (struct stk_dev){
        .ring = m->ring,
        .control = m->control,
        .debug = m->debug,
        .io = m->io,
        .payload = (uint8_t *)m->payload,
        .tables = (uint8_t *)m->tables,
        .slots = OPS_SLOTS,
        .control_words = OPS_CONTROL,
        .debug_words = OPS_DEBUG,
        .io_slots = OPS_IO,
        .payload_bytes = OPS_PAYLOAD,
        .table_bytes = OPS_TABLES,
        .worker = worker,
        .workers = workers,
    };
}

#endif
