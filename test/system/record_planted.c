/* record_planted LOG OPCODE EPOCHS SLOTS TURNS: records a run of the handlers in lib/planted.h on the interpreter, for
 * the tests of stoker replay. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/planted.h"
#include "stoker/atomic.h"
#include "stoker/kernel/handlers.h"
#include "stoker/port/file.h"
#include "stoker/port/interp.h"
#include "stoker/port/posix.h"
#include "stoker/stoker.h"

#define SLOTS       256u
#define OBSERVABLES 8u

STK_HANDLERS_DEFINE(planted);
static _Alignas(64) uint32_t ring_words[SLOTS * STK_SLOT_WORDS];
static _Alignas(64) uint32_t control_words[STK_CTL_WORDS_MIN + OBSERVABLES];
static uint8_t buffer[STK_LOG_BUFFER_BYTES(1, STK_FILE_PROG_DEFAULT)];
static struct stk_ring ring;
static struct stk_interp interp;
static struct stk_file file;
static struct stk_log flash_log;
static struct stk_recorder recorder;

static int open_all(const char *path) {
    const struct stk_file_config medium = {.path = path, .bytes = 4u << 20, .create = true};
    const struct stk_log_config log = {{&stk_file_flash_ops, &file}, buffer, sizeof buffer};
    const struct stk_recorder_config record = {.log = &flash_log, .platform = {&stk_posix_platform_ops, NULL}};
    const struct stk_interp_config handlers = {STK_HANDLERS_INTERP(planted), .turns = SLOTS + 1u};
    const struct stk_device_memory memory = {
        .ring = ring_words, .slots = SLOTS, .control = control_words, .control_words = STK_CTL_WORDS_MIN + OBSERVABLES};
    struct stk_control control;
    int err = stk_ring_init(&ring, ring_words, sizeof ring_words, SLOTS);
    err = err < 0 ? err : stk_control_init(&control, control_words, sizeof control_words, 0, 1, OBSERVABLES);
    err = err < 0 ? err : stk_interp_open(&interp, &memory, &handlers);
    err = err < 0 ? err : stk_file_open(&file, &medium);
    err = err < 0 ? err : stk_log_format(&flash_log, &log, 1, 0);
    err = err < 0 ? err : stk_recorder_init(&recorder, &record);
    return err < 0 ? err : stk_recorder_start(&recorder, &memory);
}

static int publish(uint32_t slot, uint32_t opcode, uint32_t a0, uint32_t a1, uint32_t a2) {
    const uint32_t args[] = {a0, a1, a2};
    const struct stk_work work = {opcode, 0, STK_PRIORITY_NORMAL, 3, args};
    int err = stk_ring_publish(&ring, slot, &work);
    return err < 0 ? err : stk_recorder_publish(&recorder, slot, &work);
}

/* Runs until slot `last` has ended. The interpreter takes slots in the order of the ring. */
static int run(uint32_t last) {
    int err = STK_OK;
    for (uint32_t i = 0; err >= 0 && i < SLOTS && stk_load_acquire(STK_SLOT_AT(ring_words, last)) != STK_SLOT_DONE;
         i++) {
        err = stk_interp_ops.drive(&interp, true);
    }
    return err;
}

static int epoch(uint32_t opcode, uint32_t number, uint32_t slots, uint32_t turns) {
    int err = STK_OK;
    for (uint32_t i = 0; i < slots && err >= 0; i++) {
        err = publish(i, opcode, STK_CTL_OBSERVABLE + 1u + i % 2u, number * 1000u + i, turns);
    }
    err = err < 0 ? err : run(slots - 1u);
    err = err < 0 ? err : publish(SLOTS - 1u, STK_OP_BATCH_FENCE, 0, number, 0);
    err = err < 0 ? err : run(SLOTS - 1u);
    return err < 0 ? err : stk_recorder_epoch(&recorder, number);
}

int main(int argc, char **argv) {
    uint32_t opcode, epochs, slots, turns;
    int err;
    if (argc != 6) {
        return 2;
    }
    opcode = (uint32_t)strtoul(argv[2], NULL, 0);
    epochs = (uint32_t)strtoul(argv[3], NULL, 0);
    slots = (uint32_t)strtoul(argv[4], NULL, 0);
    turns = (uint32_t)strtoul(argv[5], NULL, 0);
    err = slots != 0u && slots < SLOTS ? open_all(argv[1]) : STK_E_ARG;
    for (uint32_t e = 1; e <= epochs && err >= 0; e++) {
        err = epoch(opcode, e, slots, turns);
    }
    stk_file_close(&file);
    if (err < 0) {
        fprintf(stderr, "record_planted: %s\n", stk_err_name(err));
    }
    return err < 0;
}
