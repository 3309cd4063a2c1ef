/* A tree beyond the usual, eight chunks side by side whatever the instruction set. */
#define STK_BLAKE3_DEPTH_MAX 15
#define STK_BLAKE3_LANES     8
