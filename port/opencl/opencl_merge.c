/* BATCH: what is handed to the device, and how what comes back is taken into memory that the host went on writing. */
#include <string.h>

#include "internal.h"
#include "stoker/atomic.h"

#define LINE 64u

/* Copies words that other threads may write into a buffer of the port's own. Each word is loaded whole. */
static void copy_from_shared(uint32_t *to, const uint32_t *from, size_t words) {
    for (size_t i = 0; i < words; i++) {
        stk_raw_out(to + i, from + i, 1);
    }
}

/* Copies words of a buffer of the port's own to shared memory, where other threads may read them at any time. */
static void copy_to_shared(uint32_t *to, const uint32_t *from, size_t words) {
    for (size_t i = 0; i < words; i++) {
        stk_raw_in(to + i, from + i, 1);
    }
}

/// There ///

/* Takes slot `i` for the device as a worker does (kernels/guard.h): the custody word becomes odd before the status is
 * swapped. */
static int take(struct stk_opencl *cl, uint32_t i, uint32_t status) {
    uint32_t *custody = stk_device_custody(&cl->memory) + i;
    (void)stk_fetch_add(custody, 1u);
    if (stk_cas(STK_SLOT_AT(cl->memory.ring, i), status, STK_SLOT_CLAIMED) == status) {
        return 1;
    }
    (void)stk_fetch_add(custody, 1u);
    return 0;
}

uint32_t stk_opencl_snapshot(struct stk_opencl *cl) {
    const struct stk_device_memory *m = &cl->memory;
    struct stk_opencl_batch *b = &cl->batch;
    uint32_t *ring = b->sent[STK_PART_RING].host;
    b->handed = 0;
    for (uint32_t i = 0; i < m->slots; i++) {
        uint32_t *from = STK_SLOT_AT(m->ring, i), *to = STK_SLOT_AT(ring, i);
        uint32_t status = stk_load(from);
        /* The CAS acquires the publisher's words, and from here on nobody cancels the slot. */
        if (stk_status_claimable(status) && take(cl, i, status)) {
            copy_from_shared(to + 1, from + 1, STK_SLOT_WORDS - 1u);
            b->handed++;
        } else {
            status = STK_SLOT_EMPTY; /* none of the device's */
        }
        stk_store(to, status);
    }
    /* What is not the device's is shown as CLAIMED where it is not over, for the fences behind it: those in WAIT_IO,
     * and what was published since, before a fence that is handed over. */
    for (uint32_t i = 0; i < m->slots; i++) {
        uint32_t *to = STK_SLOT_AT(ring, i);
        if (!stk_status_claimable(stk_load(to)) && stk_status_unfinished(stk_load_acquire(STK_SLOT_AT(m->ring, i)))) {
            stk_store(to, STK_SLOT_CLAIMED);
        }
    }
    if (b->handed) {
        /* The custody words in the device's copy stay 0: the kernel takes the slots of its copy itself. */
        copy_from_shared(b->sent[STK_PART_CONTROL].host, m->control, stk_device_custody_at(m));
        copy_from_shared(b->sent[STK_PART_DEBUG].host, m->debug, m->debug_words);
        copy_from_shared(b->sent[STK_PART_IO].host, m->io, (size_t)m->io_slots * STK_IO_WORDS);
    }
    return b->handed;
}

/// Back ///

/* Lines that the device changed; what landed in the others meanwhile stays. The device now holds what came back. */
static void merge_payload(struct stk_opencl *cl) {
    uint8_t *sent = cl->batch.sent[STK_PART_PAYLOAD].host, *to = cl->memory.payload;
    const uint8_t *got = cl->batch.got[STK_PART_PAYLOAD].host;
    for (size_t at = 0, end = cl->memory.payload_bytes; at < end; at += LINE) {
        size_t bytes = end - at < LINE ? end - at : LINE;
        if (memcmp(got + at, sent + at, bytes) != 0) {
            memcpy(to + at, got + at, bytes);
            memcpy(sent + at, got + at, bytes);
        }
    }
}

static int is_set(uint32_t word) {
    return word >= STK_CTL_OBSERVABLE || word == STK_CTL_SHUTDOWN || word == STK_CTL_CURSOR;
}

/* Counters grow by what the device added; what it sets is set, where it did. */
static void merge_control(struct stk_opencl *cl) {
    const uint32_t *sent = cl->batch.sent[STK_PART_CONTROL].host, *got = cl->batch.got[STK_PART_CONTROL].host;
    uint32_t *to = cl->memory.control;
    for (uint32_t i = 0; i < stk_device_custody_at(&cl->memory); i++) {
        uint32_t was = stk_load(sent + i), now = stk_load(got + i);
        if (was != now && is_set(i)) {
            stk_store(to + i, now);
        } else if (was != now) {
            (void)stk_fetch_add(to + i, now - was);
        }
    }
}

/* Appends one record, as a worker does. A swap that fails means that somebody else appended a record. So there are no
 * more tries than the log has room for records. */
static void append(struct stk_opencl *cl, const uint32_t *record) {
    uint32_t *log = cl->memory.debug, room = cl->memory.debug_words - STK_DEBUG_RECORDS_WORD;
    uint32_t at = stk_load(log + STK_DEBUG_CURSOR_WORD), was;
    for (uint32_t tries = room / STK_DEBUG_RECORD_WORDS; tries != 0u && at <= room - STK_DEBUG_RECORD_WORDS; tries--) {
        was = stk_cas(log + STK_DEBUG_CURSOR_WORD, at, at + STK_DEBUG_RECORD_WORDS);
        if (was == at) {
            copy_to_shared(log + STK_DEBUG_RECORDS_WORD + at, record, STK_DEBUG_RECORD_WORDS);
            return;
        }
        at = was;
    }
}

static void merge_debug(struct stk_opencl *cl) {
    const uint32_t *sent = cl->batch.sent[STK_PART_DEBUG].host, *got = cl->batch.got[STK_PART_DEBUG].host;
    uint32_t from = stk_load(sent + STK_DEBUG_CURSOR_WORD), to = stk_load(got + STK_DEBUG_CURSOR_WORD);
    for (; from < to && to <= cl->memory.debug_words - STK_DEBUG_RECORDS_WORD; from += STK_DEBUG_RECORD_WORDS) {
        append(cl, got + STK_DEBUG_RECORDS_WORD + from);
    }
}

/* The device asks for a read through I/O slot `i`. Meanwhile the host may have taken that one for itself: then the ring slot
 * asks again, next time. */
static void reserve_io(struct stk_opencl *cl, uint32_t i) {
    uint32_t *got = (uint32_t *)cl->batch.got[STK_PART_IO].host + (size_t)i * STK_IO_WORDS;
    uint32_t slot = stk_load(got + STK_IO_TAG);
    if (stk_cas(cl->memory.io + (size_t)i * STK_IO_WORDS + STK_IO_STATUS, STK_SLOT_EMPTY, STK_SLOT_WAIT_IO) ==
        STK_SLOT_EMPTY) {
        return;
    }
    memcpy(got, (const uint32_t *)cl->batch.sent[STK_PART_IO].host + (size_t)i * STK_IO_WORDS, STK_IO_WORDS * 4u);
    if (slot < cl->memory.slots) {
        uint32_t *w = STK_SLOT_AT((uint32_t *)cl->batch.got[STK_PART_RING].host, slot);
        stk_store(w + STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG, 0u);
        stk_store(w + STK_SLOT_STATUS, STK_SLOT_REQUEUE);
    }
}

static uint32_t io_status(const struct stk_opencl_region *side, uint32_t i) {
    return stk_load((const uint32_t *)side[STK_PART_IO].host + (size_t)i * STK_IO_WORDS + STK_IO_STATUS);
}

static void reserve_asked(struct stk_opencl *cl) {
    for (uint32_t i = 0; i < cl->memory.io_slots; i++) {
        if (io_status(cl->batch.sent, i) == STK_SLOT_EMPTY && io_status(cl->batch.got, i) == STK_SLOT_PUBLISHED) {
            reserve_io(cl, i);
        }
    }
}

/* Only slots that were handed over, each with its words before its status. */
static void merge_ring(struct stk_opencl *cl) {
    const uint32_t *ring_sent = cl->batch.sent[STK_PART_RING].host, *ring_got = cl->batch.got[STK_PART_RING].host;
    for (uint32_t i = 0; i < cl->memory.slots; i++) {
        const uint32_t *got = STK_SLOT_AT(ring_got, i);
        uint32_t *to = STK_SLOT_AT(cl->memory.ring, i);
        if (stk_status_claimable(stk_load(STK_SLOT_AT(ring_sent, i)))) {
            uint32_t status = stk_load(got);
            copy_to_shared(to + 1, got + 1, STK_SLOT_WORDS - 1u);
            cl->tries[i] = stk_status_ended(status) ? 0 : cl->tries[i];
            stk_store_release(to, status);
            /* the slot leaves custody, after its status was stored */
            (void)stk_fetch_add(stk_device_custody(&cl->memory) + i, 1u);
        }
    }
}

/* After the ring: who serves a request finds its slot in WAIT_IO. */
static void merge_io(struct stk_opencl *cl) {
    for (uint32_t i = 0; i < cl->memory.io_slots; i++) {
        size_t at = (size_t)i * STK_IO_WORDS;
        const uint32_t *got = (const uint32_t *)cl->batch.got[STK_PART_IO].host + at;
        const uint32_t *sent = (const uint32_t *)cl->batch.sent[STK_PART_IO].host + at;
        uint32_t *to = cl->memory.io + at;
        if (memcmp(got, sent, STK_IO_WORDS * 4u) != 0) {
            copy_to_shared(to, got, STK_IO_STATUS);
            copy_to_shared(to + STK_IO_TAG, got + STK_IO_TAG, 1);
            stk_store_release(to + STK_IO_STATUS, stk_load(got + STK_IO_STATUS)); /* after its words */
        }
    }
}

void stk_opencl_merge(struct stk_opencl *cl) {
    merge_payload(cl);
    merge_control(cl);
    merge_debug(cl);
    reserve_asked(cl);
    merge_ring(cl); /* whoever sees DONE sees all of the above */
    merge_io(cl);
    cl->batch.handed = 0;
}
