/* One object for each struct that has a budget; its size is read from the symbol table. */
#include "stoker/log.h"

extern struct stk_log size_of_stk_log;
struct stk_log size_of_stk_log;

extern struct stk_log_iter size_of_stk_log_iter;
struct stk_log_iter size_of_stk_log_iter;
