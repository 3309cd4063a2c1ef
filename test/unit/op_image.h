/* All the buffers of a device in one block, with red zones between them, so that a test can compare everything that a
 * handler may and may not have written. */
#ifndef OP_IMAGE_H
#define OP_IMAGE_H

#include <stdint.h>
#include <string.h>

#include "stoker/atomic.h"
#include "stoker/port/dispatch.h"
#include "stoker/slot.h"

#define OPS_SLOTS       16u
#define OPS_OBSERVABLES 512u
#define OPS_CONTROL     (STK_CTL_WORDS_MIN + OPS_OBSERVABLES)
#define OPS_RECORDS     4u
#define OPS_DEBUG       (STK_DEBUG_RECORDS_WORD + OPS_RECORDS * STK_DEBUG_RECORD_WORDS)
#define OPS_IO          4u
#define OPS_PAYLOAD     8192u
#define OPS_TABLES      4096u
#define OPS_ZONE        64u /* words of a red zone */

struct op_image {
    uint32_t zone0[OPS_ZONE];
    uint32_t ring[OPS_SLOTS * STK_SLOT_WORDS];
    uint32_t zone1[OPS_ZONE];
    uint32_t control[OPS_CONTROL];
    uint32_t zone2[OPS_ZONE];
    uint32_t debug[OPS_DEBUG];
    uint32_t zone3[OPS_ZONE];
    uint32_t io[OPS_IO * STK_IO_WORDS];
    uint32_t zone4[OPS_ZONE];
    uint32_t payload[OPS_PAYLOAD / 4u];
    uint32_t zone5[OPS_ZONE];
    uint32_t tables[OPS_TABLES / 4u];
    uint32_t zone6[OPS_ZONE];
};

/* The contents of the words before a case. */
#define OPS_OBSERVABLE(word) (0x51000000u + (word)) /* control word `word`, an observable */
#define OPS_PAYLOAD_WORD(i)  (0xC0DE0000u + (i))    /* payload word i */
#define OPS_TABLE_WORD(i)    (0x7AB10000u + (i))    /* word i of the tables */

/* Resets the image: an empty ring, debug log and I/O queue, tenant 0 authorised, known bytes in observables, payload
 * and tables. */
static inline void op_image_reset(struct op_image *m) {
    uint32_t i;
    memset(m, 0xA5, sizeof *m);
    memset(m->ring, 0, sizeof m->ring);
    memset(m->control, 0, sizeof m->control);
    memset(m->debug, 0, sizeof m->debug);
    memset(m->io, 0, sizeof m->io);
    stk_store(&m->control[STK_CTL_TENANT_BASE], STK_CTL_TENANT_MASK);
    stk_store(&m->control[STK_CTL_TENANT_MASK], UINT32_MAX);
    for (i = STK_CTL_OBSERVABLE; i < OPS_CONTROL; i++) {
        stk_store(&m->control[i], OPS_OBSERVABLE(i));
    }
    for (i = 0; i < OPS_PAYLOAD / 4u; i++) {
        stk_store(&m->payload[i], OPS_PAYLOAD_WORD(i));
    }
    for (i = 0; i < OPS_TABLES / 4u; i++) {
        stk_store(&m->tables[i], OPS_TABLE_WORD(i));
    }
}

static inline struct stk_device_memory op_image_memory(struct op_image *m) {
    return (struct stk_device_memory){
        .ring = m->ring,
        .slots = OPS_SLOTS,
        .control = m->control,
        .control_words = OPS_CONTROL,
        .debug = m->debug,
        .debug_words = OPS_DEBUG,
        .io = m->io,
        .io_slots = OPS_IO,
        .payload = (uint8_t *)m->payload,
        .payload_bytes = OPS_PAYLOAD,
        .tables = (uint8_t *)m->tables,
        .table_bytes = OPS_TABLES,
    };
}

static inline uint32_t *op_slot(struct op_image *m, uint32_t slot) {
    return STK_SLOT_AT(m->ring, slot);
}

/* Publishes any words at all: the codec would refuse what a device must survive. */
static inline void op_publish(struct op_image *m, uint32_t slot, uint32_t opcode, uint32_t tenant,
                              const uint32_t args[STK_SLOT_ARGS]) {
    uint32_t *w = op_slot(m, slot);
    stk_store(&w[STK_SLOT_STATUS], STK_SLOT_PUBLISHED);
    stk_store(&w[STK_SLOT_OPCODE], opcode);
    stk_store(&w[STK_SLOT_TENANT], tenant);
    stk_store(&w[STK_SLOT_PRIORITY], STK_WIRE_PRIORITY_NORMAL);
    stk_copy_in(w + STK_SLOT_ARG0, args, STK_SLOT_ARGS);
}

static inline uint32_t op_status(const struct op_image *m, uint32_t slot) {
    return stk_load(&STK_SLOT_AT(m->ring, slot)[STK_SLOT_STATUS]);
}

static inline uint32_t op_arg(const struct op_image *m, uint32_t slot, uint32_t i) {
    return stk_load(&STK_SLOT_AT(m->ring, slot)[STK_SLOT_ARG0 + i]);
}

/* Copies the control words that say where the workers are rather than what they did: they differ from port to port. */
static inline void op_forget_workers(uint32_t *to, const uint32_t *from) {
    static const uint32_t words[] = {STK_CTL_LEASE,     STK_CTL_WORKERS_IN, STK_CTL_HEARTBEAT, STK_CTL_LEASE_ENDS,
                                     STK_CTL_IDLE_ENDS, STK_CTL_CURSOR,     STK_CTL_RING_SCAN};
    uint32_t i;
    for (i = 0; i < sizeof words / sizeof *words; i++) {
        to[words[i]] = from[words[i]];
    }
}

/* Returns the index of the first word in which the images differ, or a number past the end. */
static inline uint32_t op_image_diff(const struct op_image *a, const struct op_image *b) {
    const uint32_t *x = (const uint32_t *)(const void *)a, *y = (const uint32_t *)(const void *)b;
    uint32_t i;
    for (i = 0; i < sizeof *a / 4u && x[i] == y[i]; i++) {
    }
    return i;
}

#endif
