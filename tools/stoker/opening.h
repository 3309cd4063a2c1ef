/* A line on the terminal while a device opens. */
#ifndef STOKER_CLI_OPENING_H
#define STOKER_CLI_OPENING_H

/* Begins a line on standard error that says what takes time, once it has taken a second. Nothing is written where
 * standard error is no terminal, or with `quiet`. */
void opening_begin(int quiet);

/* Wipes the line of opening_begin(). */
void opening_end(void);

#endif
