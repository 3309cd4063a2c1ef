/* stoker: BATCH. Says what is handed to the device, and takes what comes back into memory that the host went on
 * writing. The steps of a launch are in stoker/device_copies.h. The port makes the transfers; no call here waits. */
#include "stoker/device_copies.h"

#include "base/memory.h"
#include "stoker/atomic.h"
#include "stoker/slot.h"

#define LINE 64u /* bytes of the payload that are compared and taken back as one */

/* Returns the words of a slot of the host's ring or of a copy. */
static uint32_t *slot_at(const struct stk_device_memory *memory, uint32_t slot) {
    return STK_SLOT_AT(memory->ring, slot);
}

/* Returns the words of an I/O slot of the host's queue or of a copy. */
static uint32_t *io_at(const struct stk_device_memory *memory, uint32_t io_slot) {
    return memory->io + (size_t)io_slot * STK_IO_WORDS;
}

/* Copies words that other threads may write into an image. Each word is loaded whole. */
static void copy_from_shared(uint32_t *to, const uint32_t *from, size_t words) {
    for (size_t i = 0; i < words; i++) {
        stk_raw_out(to + i, from + i, 1);
    }
}

/* Copies words of an image to shared memory, where other threads may read them at any time. */
static void copy_to_shared(uint32_t *to, const uint32_t *from, size_t words) {
    for (size_t i = 0; i < words; i++) {
        stk_raw_in(to + i, from + i, 1);
    }
}

/// There ///

/* Takes slot `slot` for the device as a worker does (stoker/kernel/guard.h): the custody word becomes odd before the
 * status is swapped, so that a slot in CLAIMED always has the evidence beside it. Returns false where the host has
 * cancelled the slot meanwhile; the second addition makes the word even again. */
static bool take_slot(const struct stk_device_memory *host, uint32_t slot, uint32_t status) {
    uint32_t *custody = stk_device_custody(host);
    bool taken;
    if (custody != NULL) {
        (void)stk_fetch_add(custody + slot, 1u);
    }
    taken = stk_cas(slot_at(host, slot) + STK_SLOT_STATUS, status, STK_SLOT_CLAIMED) == status;
    if (!taken && custody != NULL) {
        (void)stk_fetch_add(custody + slot, 1u);
    }
    return taken;
}

/* Claims the slots that are ready and copies them. All others are EMPTY in the copy. Returns how many it claimed. */
static uint32_t hand_over(const struct stk_device_memory *host, const struct stk_device_memory *sent) {
    uint32_t handed = 0;
    for (uint32_t i = 0; i < host->slots; i++) {
        const uint32_t *from = slot_at(host, i);
        uint32_t *to = slot_at(sent, i), status = stk_load(from);
        /* The swap acquires the publisher's words, and from here on nobody cancels the slot. */
        if (stk_status_claimable(status) && take_slot(host, i, status)) {
            copy_from_shared(to + 1, from + 1, STK_SLOT_WORDS - 1u);
            handed++;
        } else {
            status = STK_SLOT_EMPTY;
        }
        stk_store(to, status);
    }
    return handed;
}

uint32_t stk_device_snapshot(const struct stk_device_copies *copies) {
    const struct stk_device_memory *host = &copies->host, *sent = &copies->sent;
    uint32_t handed = hand_over(host, sent);
    /* A second pass, after the last slot was handed over. A slot that is not the device's is shown as CLAIMED where it
     * has not ended, for the fences behind it: a slot in WAIT_IO, and a slot that was published since, before a fence
     * that is handed over. */
    for (uint32_t i = 0; i < host->slots; i++) {
        uint32_t *to = slot_at(sent, i);
        if (!stk_status_claimable(stk_load(to)) && stk_status_unfinished(stk_load_acquire(slot_at(host, i)))) {
            stk_store(to, STK_SLOT_CLAIMED);
        }
    }
    if (handed != 0u) { /* with 0 slots no launch follows, so no copy is needed */
        /* The custody words at the end of the control buffer are not copied: workers take the slots of their copy by
         * themselves. */
        copy_from_shared(sent->control, host->control, stk_device_custody_at(host));
        copy_from_shared(sent->debug, host->debug, host->debug_words);
        copy_from_shared(sent->io, host->io, (size_t)host->io_slots * STK_IO_WORDS);
    }
    return handed;
}

void stk_device_change(struct stk_device_changes *changes, uint32_t first, uint32_t bytes) {
    bool none = changes->first == changes->end;
    if (bytes != 0u) {
        changes->first = none || first < changes->first ? first : changes->first;
        changes->end = none || first + bytes > changes->end ? first + bytes : changes->end;
    }
}

/* Returns the length of the block of the payload that begins at byte `at`. */
static uint32_t block_bytes(const struct stk_device_memory *host, uint32_t at) {
    return host->payload_bytes - at < STK_DEVICE_BLOCK ? host->payload_bytes - at : STK_DEVICE_BLOCK;
}

bool stk_device_next_range(const struct stk_device_copies *copies, bool all, struct stk_device_range *range) {
    const struct stk_device_memory *host = &copies->host;
    uint8_t *sent = copies->sent.payload;
    uint32_t from = 0, end = 0;
    /* The last range (number STK_DEVICE_RANGES_MAX) ends with the last block that differs. So a payload with many small
     * changes costs 16 transfers and some equal bytes, rather than one transfer for each change. */
    bool last = range->count + 1u == STK_DEVICE_RANGES_MAX;
    for (uint32_t at = range->from + range->bytes; at < host->payload_bytes;) {
        uint32_t bytes = block_bytes(host, at);
        bool differs = all || memcmp(sent + at, host->payload + at, bytes) != 0;
        if (differs) {
            memcpy(sent + at, host->payload + at, bytes);
            from = end != 0u ? from : at;
            end = at + bytes;
        } else if (end != 0u && !last) {
            break;
        }
        at += bytes;
    }
    if (end != 0u) {
        *range = (struct stk_device_range){.from = from, .bytes = end - from, .count = range->count + 1u};
    }
    return end != 0u;
}

/// Back ///

/* Copies the lines of the payload that the device changed to the host's payload. The other lines stay, since the host
 * may have stored there meanwhile, for instance the data of the next chunk. Copies the lines to `sent` too, so that
 * `sent` equals the payload of the device. */
static void merge_payload(const struct stk_device_copies *copies) {
    const uint8_t *got = copies->got.payload;
    uint8_t *sent = copies->sent.payload, *to = copies->host.payload;
    for (size_t at = 0, end = copies->host.payload_bytes; at < end; at += LINE) {
        size_t bytes = end - at < LINE ? end - at : LINE;
        if (memcmp(got + at, sent + at, bytes) != 0) {
            memcpy(to + at, got + at, bytes);
            memcpy(sent + at, got + at, bytes);
        }
    }
}

/* Returns true for a control word that the device sets; it counts in the others. */
static bool is_set_by_device(uint32_t word) {
    return word >= STK_CTL_OBSERVABLE || word == STK_CTL_SHUTDOWN || word == STK_CTL_CURSOR;
}

/* Copies the control words that the device changed to the host. A word that the device sets is stored. To a counter the
 * difference is added, so that counts which others added meanwhile stay. */
static void merge_control(const struct stk_device_copies *copies) {
    uint32_t *to = copies->host.control;
    for (uint32_t i = 0, end = stk_device_custody_at(&copies->host); i < end; i++) {
        uint32_t was = stk_load(copies->sent.control + i), now = stk_load(copies->got.control + i);
        if (was != now && is_set_by_device(i)) {
            stk_store(to + i, now);
        } else if (was != now) {
            (void)stk_fetch_add(to + i, now - was);
        }
    }
}

/* Appends one record to the debug log in the same way as a worker. A swap fails only when another party has appended a
 * record. So after as many failed swaps as the debug log holds records, the debug log is full. */
static void append_record(const struct stk_device_memory *host, const uint32_t *record) {
    uint32_t *log = host->debug, room = host->debug_words - STK_DEBUG_RECORDS_WORD;
    uint32_t at = stk_load(log + STK_DEBUG_CURSOR_WORD);
    for (uint32_t tries = room / STK_DEBUG_RECORD_WORDS; tries != 0u && at <= room - STK_DEBUG_RECORD_WORDS; tries--) {
        uint32_t seen = at;
        at = stk_cas(log + STK_DEBUG_CURSOR_WORD, seen, seen + STK_DEBUG_RECORD_WORDS);
        if (at == seen) {
            copy_to_shared(log + STK_DEBUG_RECORDS_WORD + at, record, STK_DEBUG_RECORD_WORDS);
            return;
        }
    }
}

/* Appends the records that the launch has written. A cursor behind the end of the buffer is not believed. */
static void merge_debug_log(const struct stk_device_copies *copies) {
    const uint32_t *got = copies->got.debug;
    uint32_t from, to;
    if (copies->host.debug_words < STK_DEBUG_RECORDS_WORD + STK_DEBUG_RECORD_WORDS) {
        return;
    }
    from = stk_load(copies->sent.debug + STK_DEBUG_CURSOR_WORD);
    to = stk_load(got + STK_DEBUG_CURSOR_WORD);
    for (; from < to && to <= copies->host.debug_words - STK_DEBUG_RECORDS_WORD; from += STK_DEBUG_RECORD_WORDS) {
        append_record(&copies->host, got + STK_DEBUG_RECORDS_WORD + from);
    }
}

/* Reserves I/O slot `k` of the host's queue, through which the device asks for a read. Where the host has taken this
 * I/O slot for itself meanwhile, the ring slot asks again in the next launch. */
static void reserve_io_slot(const struct stk_device_copies *copies, uint32_t k) {
    uint32_t *got = io_at(&copies->got, k);
    uint32_t slot = stk_load(got + STK_IO_TAG);
    if (stk_cas(io_at(&copies->host, k) + STK_IO_STATUS, STK_SLOT_EMPTY, STK_SLOT_WAIT_IO) == STK_SLOT_EMPTY) {
        return;
    }
    memcpy(got, io_at(&copies->sent, k), STK_IO_WORDS * 4u); /* so that merge_io_queue() finds nothing to take */
    if (slot < copies->host.slots) {
        uint32_t *w = slot_at(&copies->got, slot);
        stk_store(w + STK_SLOT_ARG0 + STK_FETCH_TICKET_ARG, 0u);
        stk_store(w + STK_SLOT_STATUS, STK_SLOT_REQUEUE);
    }
}

/* Reserves on the host each I/O slot through which the device asks. Call this before merge_ring: where the host has
 * taken the I/O slot for itself, this function sets the ring slot to REQUEUE, and merge_ring must not take WAIT_IO from
 * that ring slot. */
static void reserve_requests(const struct stk_device_copies *copies) {
    for (uint32_t k = 0; k < copies->host.io_slots; k++) {
        if (stk_load(io_at(&copies->sent, k) + STK_IO_STATUS) == STK_SLOT_EMPTY &&
            stk_load(io_at(&copies->got, k) + STK_IO_STATUS) == STK_SLOT_PUBLISHED) {
            reserve_io_slot(copies, k);
        }
    }
}

/* Takes back the slots that were handed over, and no others, each with its words before its status. A slot that ended
 * has no tries any more: its next work begins anew. */
static void merge_ring(const struct stk_device_copies *copies) {
    uint32_t *custody = stk_device_custody(&copies->host);
    for (uint32_t i = 0; i < copies->host.slots; i++) {
        const uint32_t *got = slot_at(&copies->got, i);
        uint32_t *to = slot_at(&copies->host, i), status = stk_load(got);
        if (!stk_status_claimable(stk_load(slot_at(&copies->sent, i)))) {
            continue;
        }
        copy_to_shared(to + 1, got + 1, STK_SLOT_WORDS - 1u);
        if (stk_status_ended(status)) {
            copies->tries[i] = 0;
        }
        stk_store_release(to, status);
        if (custody != NULL) {
            (void)stk_fetch_add(custody + i, 1u); /* the slot leaves custody after its status was stored */
        }
    }
}

/* Takes the I/O slots that the device changed. Comes after the ring, so that the server of a request finds the ring
 * slot in WAIT_IO. */
static void merge_io_queue(const struct stk_device_copies *copies) {
    for (uint32_t k = 0; k < copies->host.io_slots; k++) {
        const uint32_t *got = io_at(&copies->got, k);
        uint32_t *to = io_at(&copies->host, k);
        if (memcmp(got, io_at(&copies->sent, k), STK_IO_WORDS * 4u) != 0) {
            copy_to_shared(to, got, STK_IO_STATUS);
            copy_to_shared(to + STK_IO_TAG, got + STK_IO_TAG, 1);
            stk_store_release(to + STK_IO_STATUS, stk_load(got + STK_IO_STATUS)); /* after its words */
        }
    }
}

void stk_device_merge(const struct stk_device_copies *copies) {
    merge_payload(copies);
    merge_control(copies);
    merge_debug_log(copies);
    reserve_requests(copies);
    merge_ring(copies); /* release: a thread that sees DONE also sees all stores above */
    merge_io_queue(copies);
}
