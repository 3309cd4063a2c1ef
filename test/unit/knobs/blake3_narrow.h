/* Settings for BLAKE3: the smallest tree that holds the inputs of the tests, and one chunk at a time. */
#define STK_BLAKE3_DEPTH_MAX 7
#define STK_BLAKE3_LANES     1
