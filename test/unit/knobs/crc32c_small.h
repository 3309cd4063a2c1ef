/* The checksum where code is dear. */
#define STK_CRC32C_TABLES 1
