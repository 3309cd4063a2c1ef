#include "cli.h"

int cmd_bench(int argc, char **argv) {
    (void)argc;
    (void)argv;
    return cli_bad("bench: name a case: rtt, slots, scan or pipeline");
}
