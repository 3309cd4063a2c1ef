/* One object for each struct of the library that firmware keeps in RAM and that has a budget; its size is read from the
 * symbol table. */
#include "stoker/stoker.h"

#define SIZE_OF(name)                                                                                                  \
    extern struct name size_of_##name;                                                                                 \
    struct name size_of_##name

SIZE_OF(stk_log);
SIZE_OF(stk_log_iter);
SIZE_OF(stk_store);
SIZE_OF(stk_recorder);
SIZE_OF(stk_ring);
SIZE_OF(stk_control);
SIZE_OF(stk_publisher);
SIZE_OF(stk_stream);
SIZE_OF(stk_fetch);
SIZE_OF(stk_blake3);
