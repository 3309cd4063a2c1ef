/* The conformance vectors on a board: the files of the list that CMake makes, read from the host by semihosting. The
 * working folder of the emulator is the folder of the vectors. */
#include "run.h"

#include <stdio.h>

static const char *const files[] = {
#include "vectors.inc"
};

int main(void) {
    static struct tally total;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        run_file(&total, files[i]);
    }
    printf("%u files: %u passed, %u failed, %u skipped\n", total.files, total.passed, total.failed, total.skipped);
    return total.failed == 0 && total.passed > 0 ? 0 : 1;
}
