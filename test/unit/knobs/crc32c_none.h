/* Setting for the smallest CRC-32C, which uses no table. */
#define STK_CRC32C_TABLES 0
