/* stoker: the automaton image and the match records that scan handlers share with the host.
 *
 * The image is an array of little-endian words, 64-byte aligned: a header of 16 words, 256 class bytes, and a table of
 * `states * classes` words. Entry [state * classes + class] is the next state, premultiplied: state * classes, with
 * STK_IMAGE_ENDS set when a pattern ends there. States are numbered breadth first, those that end no pattern before
 * those that do.
 *
 * A filter of STK_FILTER_BYTES may follow the table. The filter tells where no pattern begins, from a look at every
 * second byte of the text. Four bytes of text have a key, which picks a byte of each half of the filter. A pattern may
 * begin at byte i, or at the byte before, only where the first half's byte for the bytes i to i + 3 and the second
 * half's byte for the bytes i + 2 to i + 5 have a bit in common. Each pattern has four bytes or more.
 */
#ifndef STOKER_SCAN_WORDS_H
#define STOKER_SCAN_WORDS_H

#define STK_IMAGE_ENDS        0x80000000u /* in a table entry: a pattern ends in this state */
#define STK_IMAGE_MAGIC       0x414B5453u /* "STKA" */
#define STK_IMAGE_VERSION     1u
#define STK_IMAGE_WORDS       16u /* words of the header */
#define STK_IMAGE_W_MAGIC     0u
#define STK_IMAGE_W_VERSION   1u
#define STK_IMAGE_W_STATES    2u
#define STK_IMAGE_W_CLASSES   3u
#define STK_IMAGE_W_ACCEPT    4u /* number of the first accepting state */
#define STK_IMAGE_W_MAX_LEN   5u /* longest pattern, bytes */
#define STK_IMAGE_W_TABLE     6u /* words of the table, padding included: a power of two */
#define STK_IMAGE_W_FILTER    7u /* bytes of the filter: STK_FILTER_BYTES, or 0 for none */
#define STK_IMAGE_W_SHALLOW   8u /* with a filter: the number of the first state of STK_FILTER_SPAN bytes or more */
#define STK_IMAGE_CLASS_BYTES 256u
#define STK_IMAGE_TABLE_BYTE  320u /* byte offset of the table: 64 + 256 */

#define STK_FILTER_SPAN  4u
#define STK_FILTER_STEP  2u
#define STK_FILTER_HALF  16384u /* the two halves fit in a small first-level cache together */
#define STK_FILTER_BYTES (2u * STK_FILTER_HALF)
#define STK_FILTER_START 0x40u /* in a byte of the first half: some pattern starts with these four bytes */

/* Returns the key of four bytes, the first byte lowest. Of the last byte only the low four bits count, so four bytes
 * whose last may be any have STK_FILTER_LASTS keys. */
#define STK_FILTER_KEY(four) ((four)*0x9E377910u >> 18)
#define STK_FILTER_LASTS     16u

/* Parameters of the scan handlers after STK_ARG_LEAD. */
#define STK_SCAN_IMAGE 3u /* byte offset of the image in the tables */
/* COUNT: byte offset of the hit counters in the payload: for each worker one word for each accepting state */
#define STK_SCAN_HITS 4u
/* LOCATE: byte of the chunk to go on from; a match is listed if its last byte is there or later */
#define STK_SCAN_FROM 4u
#define STK_SCAN_OUT  5u /* byte offset of the match records in the payload */
#define STK_SCAN_ROOM 6u /* records that fit there; COUNT: 0 lists none */

/* Results of COUNT: words 0 and 1 are a 64-bit count of the bytes at which a match ended. Where all of their records
 * fit, each of these bytes has a record, in any order. Otherwise there are as many records as fit, of any matches.
 * Results of LOCATE: word 0 is the number of records written, which are in order. Word 1 is the byte of the chunk to go
 * on from: the chunk's length when the chunk is finished. */

/* A match record: 2 words. */
#define STK_MATCH_WORDS 2u
#define STK_MATCH_END   0u /* byte of the chunk after the match's last */
#define STK_MATCH_STATE 1u /* accepting state, counted from the first accepting one */

#endif
