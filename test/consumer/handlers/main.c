/* program [opencl|interp]: a program of someone else's with handlers of its own. Without an argument it takes an OpenCL
 * device, and the interpreter where there is none. It checks the results against sums of its own. C and C++. */
#include <stdio.h>
#include <string.h>

#include <stoker/handlers.h>
#include <stoker/port/device.h>

#define BYTES   4096u
#define MY_HASH 0x20001u
#define MY_XOR  0x20002u

extern const struct stk_handlers my_handlers;

STK_DEVICE_INTERP_DEFINE(memory, 0, 0, BYTES, STK_NO_TABLES);
static struct stk_device device;

/* Runs `opcode` over the bytes [offset, offset + bytes) of the payload and waits for its slot. */
static int run(uint32_t opcode, uint32_t offset, uint32_t bytes, struct stk_slot *slot) {
    const uint32_t args[2] = {offset, bytes};
    const struct stk_work work = {opcode, 0, STK_PRIORITY_DEFAULT, 2, args};
    int err = stk_device_submit(&device, &work, NULL);
    return err < 0 ? err : stk_device_wait(&device, slot, NULL, UINT64_C(60000000000));
}

int main(int argc, char **argv) {
    const char *wish = argc > 1 ? argv[1] : "";
    const struct stk_opencl_config opencl = {STK_HANDLERS_OPENCL(my_handlers)};
    const struct stk_interp_config interp = {STK_HANDLERS_INTERP(my_handlers)};
    struct stk_device_config config;
    struct stk_arena arena;
    struct stk_slot hash, mix, outside;
    uint32_t want_hash = 0, want_mix = 0, i;
    int err;
    memset(&config, 0, sizeof config);
    config.kind = strcmp(wish, "opencl") == 0   ? STK_DEVICE_OPENCL
                  : strcmp(wish, "interp") == 0 ? STK_DEVICE_INTERP
                                                : STK_DEVICE_ANY;
    config.payload_bytes = BYTES;
    config.table_bytes = STK_NO_TABLES;
    config.opencl = opencl;
    config.interp = interp;
    stk_arena_init(&arena, memory, sizeof memory);
    err = stk_device_open(&device, &config, &arena);
    fprintf(stderr, "%s: %s\n%s", stk_err_name(err), device.reason, device.opencl.build_log);
    if (err < 0) {
        return 1;
    }
    for (i = 0; i < BYTES; i++) {
        device.memory.payload[i] = (uint8_t)(i * 7u + 3u + i / 256u);
    }
    for (i = 1; i < BYTES; i++) { /* the chunk begins at byte 1 */
        want_hash = want_hash * 31u + device.memory.payload[i];
        want_mix ^= device.memory.payload[i];
    }
    err = run(MY_HASH, 1, BYTES - 1u, &hash);
    err = err < 0 ? err : run(MY_XOR, 1, BYTES - 1u, &mix);
    if (err < 0 || run(MY_HASH, 1, BYTES, &outside) != STK_E_SLOT_FAULT) {
        printf("%s\n", stk_err_name(err));
        return 1;
    }
    printf("%s: hash %u, xor %u, outside refused for reason %u\n",
           device.kind == STK_DEVICE_OPENCL ? "opencl" : "interp", (unsigned)hash.args[STK_RESULT_ARG],
           (unsigned)mix.args[STK_RESULT_ARG], (unsigned)outside.args[STK_FAULT_REASON_ARG]);
    if (stk_device_close(&device, UINT64_C(10000000000)) < 0) {
        return 1;
    }
    return !(hash.args[STK_RESULT_ARG] == want_hash && mix.args[STK_RESULT_ARG] == want_mix &&
             outside.args[STK_FAULT_REASON_ARG] == STK_REASON_PAYLOAD);
}
