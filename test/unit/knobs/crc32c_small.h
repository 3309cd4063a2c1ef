/* Setting for a small CRC-32C, which uses one table. */
#define STK_CRC32C_TABLES 1
