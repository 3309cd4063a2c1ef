/* Setting for a fast CRC-32C, which uses 8 tables. */
#define STK_CRC32C_TABLES 8
