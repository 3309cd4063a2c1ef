# stk_linux_board(PREFERRED text LEASE_MS ms [KINDS_OFF kinds...]): sets the defaults of stoker/port/opencl.h for a
# board with a GPU under Linux. PREFERRED is a part of the name of the device that open tries first. LEASE_MS is the
# longest time of one launch. KINDS_OFF are the kinds of memory that open does not try by itself.
function(stk_linux_board)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "PREFERRED;LEASE_MS" "KINDS_OFF")
  add_compile_definitions(STK_OPENCL_PREFERRED="${arg_PREFERRED}"
    STK_OPENCL_LEASE_NS=UINT64_C\(${arg_LEASE_MS}000000\))
  if(arg_KINDS_OFF)
    list(TRANSFORM arg_KINDS_OFF PREPEND "1u<<")
    string(REPLACE ";" "|" off "${arg_KINDS_OFF}")
    add_compile_definitions("STK_OPENCL_KINDS_OFF=\(${off}\)")
  endif()
endfunction()
