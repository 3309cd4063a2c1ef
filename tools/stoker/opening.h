/* A line on the terminal while a device opens. */
#ifndef STOKER_CLI_OPENING_H
#define STOKER_CLI_OPENING_H

/* From now on a line on standard error says what takes time, once it has taken a second. Nothing is written where
 * standard error is no terminal, or with `quiet`. */
void opening_begin(int quiet);

/* Wipes the line. */
void opening_end(void);

#endif
