/* The smallest tree that holds the inputs of the tests, one chunk at a time. */
#define STK_BLAKE3_DEPTH_MAX 7
#define STK_BLAKE3_LANES     1
