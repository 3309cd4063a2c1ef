/* stoker conform without the rest of the command, for a machine that lacks the libraries of the rest. */
#include "options.h"

const struct cli_command cli_commands[] = {{"conform", cmd_conform, page_conform}, {NULL, NULL, NULL}};

int main(int argc, char **argv) {
    return cmd_conform(argc, argv);
}
