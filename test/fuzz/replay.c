/* Runs a fuzz target over the files of a corpus: the seeds as a unit test, for compilers without a fuzzer. */
#include <dirent.h>
#include <stdio.h>

#include "fuzz.h"

static int run_file(const char *path) {
    static uint8_t data[1u << 20];
    FILE *file = fopen(path, "rb");
    size_t size;
    if (!file) {
        return 0;
    }
    size = fread(data, 1, sizeof data, file);
    fclose(file);
    (void)LLVMFuzzerTestOneInput(data, size);
    return 1;
}

int main(int argc, char **argv) {
    int passed = 0;
    for (int i = 1; i < argc; i++) {
        DIR *dir = opendir(argv[i]);
        struct dirent *entry;
        while (dir && (entry = readdir(dir)) != NULL) {
            char path[4096];
            snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
            passed += entry->d_name[0] != '.' && run_file(path);
        }
        if (dir) {
            closedir(dir);
        }
    }
    printf("%d passed, %d failed\n", passed, passed == 0);
    return passed == 0;
}
