/* The ring codec over memory that somebody else wrote, driven by calls that the input chooses. */
#include "fuzz.h"
#include "stoker/ring.h"

#define STEPS 32

static void publish(struct stk_ring *ring, struct fuzz_input *in) {
    uint32_t args[16] = {0};
    struct stk_work items[3];
    struct stk_error_info info = {0};
    uint32_t slot = fuzz_u8(in), count = fuzz_u8(in) % 4u;
    for (uint32_t i = 0; i < 3; i++) {
        items[i] = (struct stk_work){fuzz_u32(in), fuzz_u8(in), fuzz_u8(in), fuzz_u8(in) % 16u, args};
    }
    if (stk_ring_publish_batch(ring, slot, 1, items, count < 3 ? count : 3, fuzz_u32(in), &info) < 0) {
        (void)!stk_ring_publish(ring, slot, &items[0]);
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
        FUZZ_CHECK((stk_ring_read(ring, at, &slot) == STK_OK) == (at < ring->slots));
        break;
    case 2: {
        enum stk_transition to = (enum stk_transition)(fuzz_u8(in) % 12u);
        moved = stk_ring_transition(ring, at, to);
        FUZZ_CHECK(moved < 0 || (moved == before && stk_transition_allowed((uint32_t)before, to)));
        break;
    }
    case 3:
        (void)!stk_ring_load_miss(ring, at, &resource, &prefetch);
        break;
    default:
        FUZZ_CHECK(stk_ring_count_done(ring, at) <= (int)at);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size}, script = {data, size < 64 ? size : 64};
    size_t bytes;
    uint32_t *words = fuzz_rest(&in, &bytes);
    struct stk_ring ring;
    if (stk_ring_view(&ring, words, bytes) == STK_OK) {
        for (int i = 0; i < STEPS; i++) {
            step(&ring, &script);
        }
    }
    free(words);
    return 0;
}
