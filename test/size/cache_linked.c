/* A program that links the RAM cache without pins, reports and counters, to measure the size of this code. */
#include "linked.h"
#include "stoker/cache.h"

LINKED(FUNCTION(stk_cache_bytes), FUNCTION(stk_cache_init), FUNCTION(stk_cache_get), FUNCTION(stk_cache_put),
       FUNCTION(stk_cache_remove))
