/* Settings for BLAKE3: a deeper tree than the default, and eight chunks at a time with any instruction set. */
#define STK_BLAKE3_DEPTH_MAX 15
#define STK_BLAKE3_LANES     8
