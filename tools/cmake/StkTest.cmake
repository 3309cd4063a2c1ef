# stk_test(NAME TARGET LABELS... [ARGS args]): an executable as a ctest. A source named *_slow.c is labelled slow as
# well.
function(stk_test name target)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "LABELS;ARGS")
  if(STK_TEST_LAUNCHER)
    add_test(NAME ${name} COMMAND ${STK_TEST_LAUNCHER} $<TARGET_FILE:${target}> ${arg_ARGS})
  else()
    add_test(NAME ${name} COMMAND ${target} ${arg_ARGS})
  endif()
  stk_test_properties(${name} ${arg_LABELS})
endfunction()

# Tests of ten seconds and more: preset host alone runs them, and `tools/check quick` leaves them out with the slow
# ones.
set(STK_LONG_TESTS consumer.without_opencl kernel.oclgrind_tile_borders kernel.oclgrind_tiles system.bench
  system.bench_ingest system.bench_payload system.bench_sets system.info system.modes system.scan_devices
  system.scan_fallback system.scan_late
  system.scan_lost system.scan_outputs system.scan_pipe system.scan_progress system.scan_stopped system.store
  system.store_default system.synchronous)

# Those that take more than a minute and whose shorter forms are tests too. `tools/check long` alone runs them.
set(STK_LONGEST_TESTS faults.opencl_slow kernel.oclgrind_tiles_slow)

# Those of thirty and more, slow by what they do.
set(STK_SLOW_TESTS gate.tidy kernel.oclgrind unit.opencl_binary)

# Long and slow tests that a sanitizer runs as well. With a sanitizer a test of this list runs in its short form
# (test/unit/host/short_form.h), which is neither long nor slow; a test without a short form runs as it is.
set(STK_SHORTENED_LONG_TESTS contract.pool_ingest faults.opencl faults.opencl_limits faults.opencl_synchronous
  unit.opencl unit.opencl_chunk_ops unit.opencl_deadline unit.opencl_forged unit.opencl_hostile unit.opencl_fetch
  unit.opencl_io unit.opencl_udp unit.opencl_pieces
  unit.opencl_residency unit.opencl_tables unit.opencl_wide)
set(short OFF)
if(STK_SANITIZE)
  set(short ON)
endif()
option(STK_TEST_SHORT "Run the short form of long tests" ${short})
if(NOT STK_TEST_SHORT)
  list(APPEND STK_LONG_TESTS ${STK_SHORTENED_LONG_TESTS})
endif()

# Tests of OpenCL devices that preset host runs three times: as NAME in the best residency mode, and as NAME.quantum and
# NAME.batch in the other modes. With other presets a test of unit/ goes through all modes by itself, or runs in the
# best.
set(STK_MODE_TESTS contract.opencl_dispatch unit.opencl unit.opencl_deadline unit.opencl_hostile unit.opencl_fetch
  unit.opencl_io unit.opencl_udp unit.opencl_stream
  unit.opencl_wide unit.replay_opencl system.replay system.replay_scan system.scan_counts system.scan_faults
  system.scan_outputs)

# stk_test_modes(NAME VARIABLE name COMMAND command [FIRST mode]): adds NAME.quantum and NAME.batch for one test of
# STK_MODE_TESTS. The environment variable `name` gives the mode to the test. FIRST is the mode of NAME itself.
function(stk_test_modes name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "VARIABLE;FIRST" "COMMAND")
  if(NOT STK_GATES OR NOT STK_HOSTED OR NOT name IN_LIST STK_MODE_TESTS)
    return()
  endif()
  get_test_property(${name} ENVIRONMENT env)
  get_test_property(${name} LABELS labels)
  get_test_property(${name} TIMEOUT timeout)
  get_test_property(${name} RESOURCE_LOCK lock)
  get_test_property(${name} WORKING_DIRECTORY dir)
  if(NOT dir)
    set(dir ${CMAKE_CURRENT_BINARY_DIR})
  endif()
  foreach(mode quantum batch)
    add_test(NAME ${name}.${mode} WORKING_DIRECTORY ${dir} COMMAND ${arg_COMMAND})
    set_tests_properties(${name}.${mode} PROPERTIES LABELS "${labels};long" TIMEOUT ${timeout}
      RESOURCE_LOCK "${lock}" ENVIRONMENT "${env};${arg_VARIABLE}=${mode}")
  endforeach()
  if(arg_FIRST)
    set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT "${arg_VARIABLE}=${arg_FIRST}")
  endif()
endfunction()

# PoCL compiles a program in seconds, under a sanitizer in 20 seconds. The presets share the compiled programs, because
# the programs do not depend on the preset.
set(STK_POCL_CACHE ${PROJECT_BINARY_DIR}/pocl-cache CACHE PATH "Where PoCL keeps the programs that tests compile")

# stk_test_properties(NAME LABELS...): sets the properties of every test: the sanitizers' options, PoCL's cache, and a
# time limit that only a hang reaches. Tests with label device can run on another OpenCL device, which STK_TEST_DEVICE
# names. Tests that use a device take turns: PoCL has a thread for each core, so two such tests at a time take longer
# than one after the other. A test without a device runs beside them.
function(stk_test_properties name)
  set(labels ${ARGN})
  set(timeout 600)
  if(name MATCHES "_slow$" OR name IN_LIST STK_SLOW_TESTS)
    list(APPEND labels slow)
    set(timeout 1200)
  endif()
  if(name IN_LIST STK_LONG_TESTS)
    list(APPEND labels long)
  endif()
  if(name IN_LIST STK_LONGEST_TESTS)
    list(APPEND labels longest)
  endif()
  if(name MATCHES "^(unit\\.(opencl|replay_opencl|device$)|contract\\.opencl)")
    list(APPEND labels device)
  endif()
  set(env ${STK_TEST_ENV})
  if(STK_HOSTED)
    list(APPEND env "POCL_CACHE_DIR=${STK_POCL_CACHE}")
  endif()
  if(STK_TEST_SHORT)
    list(APPEND env STK_TEST_SHORT=1)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${timeout} ENVIRONMENT "${env}")
  if("device" IN_LIST labels OR name MATCHES "^(faults|system|board\\.opencl|consumer\\.(handlers|readme|tenants))")
    set_tests_properties(${name} PROPERTIES RESOURCE_LOCK device)
  endif()
endfunction()
