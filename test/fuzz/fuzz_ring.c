/* The ring codec over memory that somebody else wrote, driven by calls that the input chooses. */
#include "fuzz.h"
#include "stoker/ring.h"

#define STEPS 32

/* Returns true if publishing may refuse with `err` work that does not overlap the ring. */
static int is_refusal(int err) {
    return err == STK_E_RANGE || err == STK_E_ARG || err == STK_E_ARGS || err == STK_E_OPCODE || err == STK_E_STATUS;
}

static void publish(struct stk_ring *ring, struct fuzz_input *in) {
    uint32_t args[16] = {0};
    struct stk_work items[3];
    struct stk_error_info info = {0};
    uint32_t slot = fuzz_u8(in), count = fuzz_u8(in) % 4u;
    for (uint32_t i = 0; i < 3; i++) {
        items[i] = (struct stk_work){fuzz_u32(in), fuzz_u8(in), fuzz_u8(in), fuzz_u8(in) % 16u, args};
    }
    int err = stk_ring_publish_batch(ring, slot, 1, items, count < 3 ? count : 3, fuzz_u32(in), &info);
    FUZZ_CHECK(err > 0 || is_refusal(err));
    if (err < 0) {
        FUZZ_CHECK(info.err == err);
        err = stk_ring_publish(ring, slot, &items[0]);
        FUZZ_CHECK(slot < ring->slots ? err == STK_OK || (is_refusal(err) && err != STK_E_RANGE) : err == STK_E_RANGE);
    }
}

static void step(struct stk_ring *ring, struct fuzz_input *in) {
    struct stk_slot slot;
    uint32_t resource, prefetch, at = fuzz_u8(in);
    int before = stk_ring_status(ring, at), moved;
    switch (fuzz_u8(in) % 5u) {
    case 0:
        publish(ring, in);
        break;
    case 1:
        FUZZ_CHECK(stk_ring_read(ring, at, &slot) == (at < ring->slots ? STK_OK : STK_E_RANGE));
        break;
    case 2: {
        enum stk_transition to = (enum stk_transition)(fuzz_u8(in) % 12u);
        moved = stk_ring_transition(ring, at, to);
        FUZZ_CHECK(at >= ring->slots                              ? moved == STK_E_RANGE
                   : stk_transition_allowed((uint32_t)before, to) ? moved == before
                                                                  : moved == STK_E_STATUS);
        break;
    }
    case 3:
        moved = stk_ring_load_miss(ring, at, &resource, &prefetch);
        FUZZ_CHECK(at < ring->slots ? moved == STK_OK || moved == STK_E_OPCODE : moved == STK_E_RANGE);
        break;
    default:
        moved = stk_ring_count_done(ring, at);
        FUZZ_CHECK(at <= ring->slots ? moved >= 0 && moved <= (int)at : moved == STK_E_RANGE);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size}, script = {data, size < 64 ? size : 64};
    size_t bytes;
    uint32_t *words = fuzz_rest(&in, &bytes);
    struct stk_ring ring;
    int err = stk_ring_view(&ring, words, bytes);
    FUZZ_CHECK(err == (bytes % STK_SLOT_BYTES == 0 ? STK_OK : STK_E_ALIGN));
    if (err == STK_OK) {
        for (int i = 0; i < STEPS; i++) {
            step(&ring, &script);
        }
    }
    free(words);
    return 0;
}
