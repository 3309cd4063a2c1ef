# stk_warnings: linked privately by every target of this project, never exported.
add_library(stk_warnings INTERFACE)
target_compile_options(stk_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wmissing-prototypes
  -Wstrict-prototypes -Wcast-align -Wundef -Wvla -Wdouble-promotion
  $<$<BOOL:${STK_WERROR}>:-Werror>)
