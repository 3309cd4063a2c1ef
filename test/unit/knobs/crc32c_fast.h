/* The checksum where time is. */
#define STK_CRC32C_TABLES 8
