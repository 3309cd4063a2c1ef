# stk_test(NAME TARGET LABELS... [ARGS args] [SERIAL]): an executable as a ctest. A source named
# *_slow.c is labelled slow as well.
function(stk_test name target)
  cmake_parse_arguments(PARSE_ARGV 2 arg "SERIAL" "" "LABELS;ARGS")
  add_test(NAME ${name} COMMAND ${target} ${arg_ARGS})
  stk_test_properties(${name} ${arg_LABELS})
  if(arg_SERIAL)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()

# Tests of ten seconds and more that every preset runs: `tools/check quick` leaves them out with the slow ones.
set(STK_LONG_TESTS unit.opencl unit.opencl_binary unit.opencl_residency unit.opencl_wide system.scan_fallback system.scan_outputs
  system.scan_pipe system.scan_progress)

# stk_test_properties(NAME LABELS...): what every test gets; the sanitizers' options, PoCL's cache in
# the build tree, a time limit that only a hang reaches.
function(stk_test_properties name)
  set(labels ${ARGN})
  set(timeout 600)
  if(name MATCHES "_slow$")
    list(APPEND labels slow)
    set(timeout 1200)
  endif()
  if(name IN_LIST STK_LONG_TESTS)
    list(APPEND labels long)
  endif()
  set(env ${STK_TEST_ENV})
  if(STK_HOSTED)
    list(APPEND env "POCL_CACHE_DIR=${PROJECT_BINARY_DIR}/pocl-cache")
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${timeout} ENVIRONMENT "${env}")
endfunction()
