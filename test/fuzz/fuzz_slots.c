/* Slots, packed slots among them, that a hostile publisher wrote, through the worker: it must end, and touch nothing
 * but the ring, the debug log, the I/O queue, counters and observables, and payload that a handler may write. */
#include "fuzz.h"
#include "stoker/atomic.h"
#include "stoker/control.h"
#include "stoker/port/interp.h"
#include "stoker/ring.h"

#define SLOTS         4u
#define OBSERVABLES   16u
#define CONTROL_WORDS (STK_CTL_OBSERVABLE + OBSERVABLES)
#define DEBUG_WORDS   9u
#define IO_SLOTS      2u
#define PAYLOAD       512u
#define TABLES        512u

static uint32_t ring_words[SLOTS * STK_SLOT_WORDS];
static uint32_t control_words[CONTROL_WORDS];
static uint32_t debug_words[DEBUG_WORDS];
static uint32_t io_words[IO_SLOTS * STK_IO_WORDS];
static _Alignas(64) uint8_t payload[PAYLOAD];
static _Alignas(64) uint8_t tables[TABLES];

static void lay_out(struct fuzz_input *in) {
    struct stk_control control;
    FUZZ_CHECK(stk_control_init(&control, control_words, sizeof control_words, 0, 1, OBSERVABLES) == STK_OK);
    memset(ring_words, 0, sizeof ring_words);
    memset(debug_words, 0, sizeof debug_words);
    memset(io_words, 0, sizeof io_words);
    memset(payload, 0, sizeof payload);
    memset(tables, 0, sizeof tables);
    for (uint32_t i = 0; i < SLOTS * STK_SLOT_WORDS; i++) {
        stk_store(&ring_words[i], fuzz_u32(in));
    }
    for (uint32_t i = 0; i < PAYLOAD && in->size != 0; i++) {
        payload[i] = fuzz_u8(in);
    }
    for (uint32_t i = 0; i < TABLES && in->size != 0; i++) {
        tables[i] = fuzz_u8(in);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    const struct stk_device_memory memory = {ring_words,  SLOTS,       control_words, CONTROL_WORDS,
                                             debug_words, DEBUG_WORDS, io_words,      IO_SLOTS,
                                             payload,     PAYLOAD,     tables,        TABLES};
    uint32_t masks[STK_CTL_TENANT_MASKS];
    struct stk_interp interp;
    lay_out(&in);
    memcpy(masks, control_words + STK_CTL_TENANT_MASK, sizeof masks);
    FUZZ_CHECK(stk_interp_open(&interp, &memory, NULL) == STK_OK);
    for (int i = 0; i < 8; i++) {
        FUZZ_CHECK(stk_interp_ops.drive(&interp, true) >= 0);
    }
    FUZZ_CHECK(memcmp(masks, control_words + STK_CTL_TENANT_MASK, sizeof masks) == 0);
    FUZZ_CHECK(stk_load(&debug_words[0]) <= DEBUG_WORDS - 1u);
    for (uint32_t i = 0; i < SLOTS; i++) {
        FUZZ_CHECK(stk_load(&STK_SLOT_AT(ring_words, i)[STK_SLOT_STATUS]) != STK_SLOT_CLAIMED ||
                   stk_load(control_words) <= 1u);
    }
    return 0;
}
