# stk_warnings: linked privately by every target of this project, never exported.
add_library(stk_warnings INTERFACE)
target_compile_options(stk_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-align -Wundef -Wvla -Wdouble-promotion
  $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes;-Wstrict-prototypes>
  $<$<BOOL:${STK_WERROR}>:-Werror>)
if(STK_SANITIZE)
  # gcc warns of the conversions in the code that a sanitizer inserts; the plain presets judge ours.
  target_compile_options(stk_warnings INTERFACE -Wno-conversion -Wno-sign-conversion)
endif()
