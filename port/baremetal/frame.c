/* stoker port: frames. core/SPEC.md, section 11, has the same in words. The sender needs no state but a number, and the
 * reader needs none at all: a frame is found by its own bytes, so a board may be reset, and a reader be started, at any
 * moment. */
#include <string.h>

#include "stoker/crc32c.h"
#include "stoker/le.h"
#include "stoker/port/bare_frame.h"

/* The two bytes that begin a frame: the pattern of bits 1010 0101 0101 1010 is rare in text and in small numbers. */
#define FIRST  0xA5u
#define SECOND 0x5Au

/* Bytes of a frame at which its fields begin. */
enum {
    AT_BYTES = 2,
    AT_TYPE = 4,
    AT_ZERO = 5,
    AT_SEQUENCE = 6,
    AT_DATA = STK_FRAME_HEAD_BYTES
};

/* Writes 16 bits, the lower byte first. */
static void put16(uint8_t *out, uint32_t value) {
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
}

/* Reads 16 bits, the lower byte first. */
static uint32_t get16(const uint8_t *in) {
    return in[0] | (uint32_t)in[1] << 8;
}

/* Returns the CRC over the bytes of a frame between its first two bytes and the CRC itself. */
static uint32_t crc_of(const uint8_t *frame, uint32_t bytes) {
    return stk_crc32c(0, frame + AT_BYTES, AT_DATA - AT_BYTES + bytes);
}

int stk_frame_encode(uint8_t *out, uint32_t type, uint16_t sequence, const void *data, uint32_t bytes) {
    if (bytes > STK_FRAME_DATA_MAX || type > 0xFFu) {
        return STK_E_RANGE;
    }
    /* The caller may have written the data to its place already, and a part of it may lie there. */
    if (bytes != 0) {
        memmove(out + AT_DATA, data, bytes);
    }
    out[0] = FIRST;
    out[1] = SECOND;
    /* The head is written behind the data, since the data may have lain over it. */
    put16(out + AT_BYTES, bytes);
    out[AT_TYPE] = (uint8_t)type;
    out[AT_ZERO] = 0;
    put16(out + AT_SEQUENCE, sequence);
    stk_put32(out + AT_DATA + bytes, crc_of(out, bytes));
    return (int)STK_FRAME_BYTES(bytes);
}

void stk_frame_snapshot(uint8_t *out, const struct stk_snapshot *snapshot, uint64_t time_ns) {
    const struct stk_occupancy *o = &snapshot->occupancy;
    const struct stk_control_state *c = &snapshot->control;
    const uint32_t last[] = {o->torn,    c->shutdown,  c->done_count, c->epoch,     c->starvation,
                             c->tickets, c->harvested, c->workers,    c->heartbeat, c->faults};
    uint8_t *p = out + 8;
    /* The order of section 11.3. */
    stk_put64(out, time_ns);
    stk_put32(p, o->slots);
    p += 4;
    for (uint32_t i = 0; i < STK_STATUS_KINDS; i++, p += 4) {
        stk_put32(p, o->count[i]);
    }
    for (uint32_t i = 0; i < sizeof last / sizeof *last; i++, p += 4) {
        stk_put32(p, last[i]);
    }
    for (uint32_t i = 0; i < STK_PRIORITIES; i++, p += 4) {
        stk_put32(p, c->priority_fairness[i]);
    }
}

_Static_assert(8u + 4u * (1u + STK_STATUS_KINDS + 10u + STK_PRIORITIES) == STK_FRAME_SNAPSHOT_BYTES,
               "the header tells the bytes of a snapshot");

/// Reading ///

/* Returns the place of the next byte that may begin a frame, from `from` on, or `bytes`. */
static uint32_t next_start(const uint8_t *data, uint32_t from, uint32_t bytes) {
    while (from < bytes && data[from] != FIRST) {
        from++;
    }
    return from;
}

int stk_frame_decode(struct stk_frame *frame, const uint8_t *data, uint32_t bytes, uint32_t *used) {
    *used = 0;
    if (bytes != 0 && data[0] != FIRST) {
        *used = next_start(data, 1, bytes);
        return -1;
    }
    if (bytes < 2) {
        return 0;
    }
    /* As long as the length has not come, the bytes may begin a frame of any length. */
    uint32_t n = bytes >= AT_TYPE ? get16(data + AT_BYTES) : 0;
    if (data[1] == SECOND && n <= STK_FRAME_DATA_MAX && (bytes <= AT_ZERO || data[AT_ZERO] == 0)) {
        /* The rest of the frame has not come yet. A damaged length makes the reader wait for at most a frame of the
         * largest size. */
        if (bytes < STK_FRAME_HEAD_BYTES || bytes < STK_FRAME_BYTES(n)) {
            return 0;
        }
        /* Two frames of which the first lacks bytes fail here as well: the CRC of the first lies within the second. */
        if (stk_get32(data + AT_DATA + n) == crc_of(data, n)) {
            *frame = (struct stk_frame){data[AT_TYPE], (uint16_t)get16(data + AT_SEQUENCE), data + AT_DATA, n};
            *used = STK_FRAME_BYTES(n);
            return 1;
        }
    }
    *used = next_start(data, 1, bytes); /* the length of a damaged frame may be wrong: only its first byte is passed */
    return -1;
}
