/* The library without code that only saves time. */
#define STK_SMALL 1
