/* Which errors of an ingest port's submit are about a read, and not about the port. */
#ifndef STK_SRC_REFUSAL_H
#define STK_SRC_REFUSAL_H

#include <stdbool.h>

#include "stoker/err.h"

/* A batch is taken or refused whole: a refused one is offered again read by read, and a read that is refused alone fails alone. */
static inline bool stk_is_refusal(int err) {
    return err == STK_E_RANGE || err == STK_E_ARG;
}

#endif
