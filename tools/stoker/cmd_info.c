/* stoker info: what this machine offers. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "device.h"
#include "reader.h"

static void show_residency(uint32_t index) {
    static struct stk_opencl cl;
    char name[16];
    struct stk_opencl_config config = {.device = name, .payload_bytes = 4096};
    struct stk_dispatch_info info;
    int err;
    snprintf(name, sizeof name, "%u", (unsigned)index);
    err = stk_opencl_open(&cl, &config);
    if (err != STK_OK) {
        printf("  residency   none yet: %s\n", cl.reason);
        return;
    }
    stk_opencl_ops.info(&cl, &info);
    printf("  residency   %s: %s\n", cli_residency_name(info.residency), info.reason);
    printf("  memory      %s\n", info.memory);
    printf("  lease       %u turns, leaves after %u idle ones\n", cl.turns, cl.idle_turns);
    if (stk_opencl_close(&cl, UINT64_C(2000000000)) != STK_OK) {
        printf("  the kernel did not leave within 2 s\n");
    }
}

static uint32_t show_devices(void) {
    struct stk_opencl_device d;
    uint32_t i = 0;
    for (; stk_opencl_device(i, &d) == STK_OK; i++) {
        printf("device %u: %s\n", (unsigned)i, d.name);
        printf("  platform    %s, %s, driver %s\n", d.platform, d.version, d.driver);
        printf("  units       %u, %.1f GB\n", (unsigned)d.units, (double)d.memory / 1e9);
        printf("  SVM         %s%s\n", d.fine_grain ? "fine-grain buffers" : "no fine-grain buffers",
               d.svm_atomics ? ", atomics" : "");
        show_residency(i);
    }
    printf("device interp: the kernel as C on this CPU\n");
    printf("  residency   RESIDENT: it runs on the calling thread\n");
    return i;
}

static void show_limits(void) {
    struct stk_uring_info info;
    char text[STK_URING_TEXT_BYTES];
    struct rlimit locked;
    (void)!stk_uring_probe(&info);
    if (stk_uring_describe(&info, text, sizeof text) < 0) {
        snprintf(text, sizeof text, "?");
    }
    printf("io_uring      %s\n", text);
    if (getrlimit(RLIMIT_MEMLOCK, &locked) == 0) {
        if (locked.rlim_cur == RLIM_INFINITY) {
            printf("locked memory unlimited\n");
        } else {
            printf("locked memory %llu KiB (ulimit -l)\n", (unsigned long long)locked.rlim_cur / 1024u);
        }
    }
    printf("limits        %u ring slots, %u chunks in a stream, %u I/O slots, payload below 4 GiB\n",
           STK_RING_SLOTS_INIT_MAX, STK_STREAM_DEPTH_MAX, STK_IO_SLOTS_MAX);
    printf("stoker        %s, wire format %d.%d\n", stk_version(), STK_WIRE_MAJOR, STK_WIRE_MINOR);
}

int cmd_info(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        puts("usage: stoker info\nPrints devices, how the kernel can be resident on each and why, io_uring features, "
             "limits.");
        return CLI_OK;
    }
    if (argc > 1) {
        return cli_bad("info takes no '%s': run it without arguments", argv[1]);
    }
    if (show_devices() == 0) {
        printf("(no OpenCL device: install a driver, for instance pocl-opencl-icd)\n");
    }
    show_limits();
    return CLI_OK;
}
