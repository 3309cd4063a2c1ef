# STK_SANITIZE=address,undefined | thread: flags for every target, and the environment the tests run in.
if(STK_SANITIZE)
  add_compile_options(-fsanitize=${STK_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${STK_SANITIZE} -fno-sanitize-recover=all)
endif()

set(STK_TEST_ENV "")
set(STK_TEST_LAUNCHER "")
if(STK_SANITIZE MATCHES "address")
  set(STK_TEST_LAUNCHER ${CMAKE_CURRENT_LIST_DIR}/leak-retry)
  list(APPEND STK_TEST_ENV
    "ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1"
    "LSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tools/lsan.supp:print_suppressions=0")
endif()
if(STK_SANITIZE MATCHES "undefined")
  list(APPEND STK_TEST_ENV "UBSAN_OPTIONS=print_stacktrace=1")
endif()
if(STK_SANITIZE MATCHES "thread")
  list(APPEND STK_TEST_ENV
    "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tools/tsan.supp:second_deadlock_stack=1")
endif()

# The libraries are instrumented for the fuzzer too; only the fuzz targets link its main program.
if(STK_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(STK_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
