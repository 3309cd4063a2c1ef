#include "shapes.h"

/* Of FLASH and LAZY: read unit, program unit, bytes of a block, blocks, erased value, rule. Then: laps in hundredths,
 * rhythms, weight, bad blocks, bytes of a lazy sector, alignment. */
const struct shape shapes[] = {
    {"NOR 1, 256 x 3", FLASH(1, 1, 256, 3, 0xFF, STK_FLASH_MANY), 600, 6, 40, 0, 0, 0},
    {"NOR 1, 512 x 4, erased 0", FLASH(1, 1, 512, 4, 0x00, STK_FLASH_MANY), 300, 6, 32, 0, 0, 0},
    {"NOR 4, 4096 x 3, read 4", FLASH(4, 4, 4096, 3, 0xFF, STK_FLASH_MANY), 150, 6, 16, 0, 0, 0},
    {"once 8, 320 x 5", FLASH(1, 8, 320, 5, 0xFF, STK_FLASH_ONCE), 400, 7, 32, 1, 0, 0},
    {"invert 8, 512 x 4, read 8", FLASH(8, 8, 512, 4, 0xFF, STK_FLASH_INVERT), 400, 6, 40, 0, 0, 0},
    {"once 16, 512 x 3, read 16", FLASH(16, 16, 512, 3, 0xFF, STK_FLASH_ONCE), 400, 6, 32, 0, 0, 0},
    {"invert 16, 256 x 8, erased 0", FLASH(16, 16, 256, 8, 0x00, STK_FLASH_INVERT), 300, 7, 32, 4, 0, 0},
    {"once 32, 1024 x 4, read 4", FLASH(4, 32, 1024, 4, 0xFF, STK_FLASH_ONCE), 300, 6, 28, 0, 0, 0},
    {"invert 64, 256 x 3", FLASH(1, 64, 256, 3, 0xFF, STK_FLASH_INVERT), 600, 6, 40, 0, 0, 0},
    {"once 64, 128 x 4", FLASH(64, 64, 128, 4, 0xFF, STK_FLASH_ONCE), 800, 6, 32, 0, 0, 0},
    {"once 256, 1024 x 4", FLASH(1, 256, 1024, 4, 0xFF, STK_FLASH_ONCE), 300, 6, 32, 0, 0, 0},
    {"invert 256, 512 x 5, read 128", FLASH(128, 256, 512, 5, 0xFF, STK_FLASH_INVERT), 300, 7, 32, 1, 0, 0},
    {"once 512, 2048 x 4, read 512", FLASH(512, 512, 2048, 4, 0x00, STK_FLASH_ONCE), 300, 4, 24, 0, 0, 0},
    {"NOR 512, 512 x 4", FLASH(1, 512, 512, 4, 0xFF, STK_FLASH_MANY), 500, 6, 24, 0, 0, 0},
    {"once 2048, 8192 x 4, read 2048", FLASH(2048, 2048, 8192, 4, 0xFF, STK_FLASH_ONCE), 200, 4, 24, 0, 0, 0},
    {"once 4096, 8192 x 4, read 512", FLASH(512, 4096, 8192, 4, 0xFF, STK_FLASH_ONCE), 200, 4, 20, 0, 0, 0},
    {"invert 4096, 16384 x 4", FLASH(4096, 4096, 16384, 4, 0xFF, STK_FLASH_INVERT), 150, 4, 16, 0, 0, 0},
    {"any 1, 512 x 4", FLASH(1, 1, 512, 4, 0xFF, STK_FLASH_ANY), 300, 6, 24, 0, 0, 0},
    {"NOR 1, 32768 x 3, read 64", FLASH(64, 1, 32768, 3, 0xFF, STK_FLASH_MANY), 105, 2, 1, 0, 0, 0},
    {"NAND 2048, 131072 x 4", FLASH(2048, 2048, 131072, 4, 0xFF, STK_FLASH_ONCE), 110, 2, 1, 0, 0, 0},
    /* blocks that go bad, up to six in a row */
    {"NOR 1, 256 x 12, bad", FLASH(1, 1, 256, 12, 0xFF, STK_FLASH_MANY), 300, 7, 40, 8, 0, 0},
    {"once 64, 192 x 14, erased 0, bad", FLASH(1, 64, 192, 14, 0x00, STK_FLASH_ONCE), 300, 7, 40, 10, 0, 0},
    {"NOR 256, 1024 x 12, bad", FLASH(1, 256, 1024, 12, 0xFF, STK_FLASH_MANY), 250, 7, 40, 8, 0, 0},
    {"once 512, 1024 x 10, read 512, bad", FLASH(512, 512, 1024, 10, 0xFF, STK_FLASH_ONCE), 250, 7, 32, 6, 0, 0},
    {"any 64, 512 x 10, bad", FLASH(1, 64, 512, 10, 0xFF, STK_FLASH_ANY), 300, 7, 24, 6, 0, 0},
    /* lazy media: files, FTLs */
    {"lazy any 1, 1024 x 4, erased 0", LAZY(1, 1, 1024, 4, 0x00, STK_FLASH_ANY), 300, 6, 40, 0, 512, 0},
    {"lazy any 512, 2048 x 6, erased 0", LAZY(512, 512, 2048, 6, 0x00, STK_FLASH_ANY), 300, 6, 40, 0, 512, 0},
    {"lazy any 1, 512 x 8, sector 64, bad", LAZY(1, 1, 512, 8, 0xFF, STK_FLASH_ANY), 300, 7, 32, 4, 64, 0},
    {"lazy NOR 4, 1024 x 5, sector 256", LAZY(4, 4, 1024, 5, 0xFF, STK_FLASH_MANY), 300, 6, 32, 0, 256, 0},
    {"lazy once 256, 1024 x 9, bad", LAZY(1, 256, 1024, 9, 0xFF, STK_FLASH_ONCE), 300, 7, 32, 5, 256, 0},
    {"lazy any 64, 4096 x 4, sector 4096", LAZY(1, 64, 4096, 4, 0xFF, STK_FLASH_ANY), 250, 6, 24, 0, 4096, 0},
    /* ports that need aligned buffers, as files with O_DIRECT do */
    {"lazy any 512, 4096 x 5, aligned", LAZY(512, 512, 4096, 5, 0xFF, STK_FLASH_ANY), 250, 6, 24, 0, 512, 512},
    {"any 4096, 8192 x 5, aligned", FLASH(4096, 4096, 8192, 5, 0xFF, STK_FLASH_ANY), 200, 4, 12, 0, 0, 4096},
    {"once 32, 512 x 6, aligned", FLASH(32, 32, 512, 6, 0xFF, STK_FLASH_ONCE), 300, 7, 24, 2, 0, 32},
    /* units that are no powers of two, and the largest */
    {"NOR 24, 720 x 5, read 8", FLASH(8, 24, 720, 5, 0xFF, STK_FLASH_MANY), 300, 7, 24, 1, 0, 0},
    {"once 528, 2112 x 5, read 528", FLASH(528, 528, 2112, 5, 0xFF, STK_FLASH_ONCE), 300, 7, 24, 1, 0, 0},
    {"NOR 528, 4224 x 4, read 1", FLASH(1, 528, 4224, 4, 0xFF, STK_FLASH_MANY), 200, 5, 16, 0, 0, 0},
    {"once 2112, 8448 x 4, read 2112", FLASH(2112, 2112, 8448, 4, 0xFF, STK_FLASH_ONCE), 200, 4, 12, 0, 0, 0},
    {"once 16384, 32768 x 4, read 512", FLASH(512, 16384, 32768, 4, 0xFF, STK_FLASH_ONCE), 150, 3, 2, 0, 0, 0},
};

const uint32_t shapes_count = sizeof shapes / sizeof shapes[0];
