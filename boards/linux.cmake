# stk_linux_board(PREFERRED text LEASE_MS ms [KINDS_OFF kinds...]): what the board of a GPU under Linux says to the OpenCL
# port, as the defaults of stoker/port/opencl.h: a part of the name of the device that is tried first, the longest time of
# one launch, and the kinds of memory that are not tried by themselves.
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
