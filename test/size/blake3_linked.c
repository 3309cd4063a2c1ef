/* All modes of BLAKE3. */
#include "linked.h"
#include "stoker/blake3.h"

LINKED(FUNCTION(stk_blake3_init), FUNCTION(stk_blake3_init_keyed), FUNCTION(stk_blake3_init_derive),
       FUNCTION(stk_blake3_update), FUNCTION(stk_blake3_digest), FUNCTION(stk_blake3_output), FUNCTION(stk_blake3_hash))
