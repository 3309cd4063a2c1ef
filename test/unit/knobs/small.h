/* Setting for a small library, without the code that only saves time. */
#define STK_SMALL 1
