# Planted bugs. Each program links the suite with a copy of one source of core/ in which one text is replaced, and the
# suite must fail. The object of the copy defines all symbols of the original object, so the linker takes none from the
# library.
#
# stk_mutant(NAME FILE OLD NEW [ARGS...]): makes a copy of core/src/flash/FILE with NEW in place of OLD, which must be
# in the file exactly once. `mutant_suite` is the name of the suite, and ARGS are its arguments. `--geometry` picks the
# geometry in which the bug shows first.
function(stk_mutant name file old new)
  set(path ${PROJECT_SOURCE_DIR}/core/src/flash/${file})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  file(READ ${path} text)
  string(FIND "${text}" "${old}" first)
  string(FIND "${text}" "${old}" last REVERSE)
  if(first EQUAL -1 OR NOT first EQUAL last)
    message(FATAL_ERROR "mutant ${name}: the text to replace must be in ${file} exactly once:\n${old}")
  endif()
  string(REPLACE "${old}" "${new}" text "${text}")
  set(copy ${CMAKE_CURRENT_BINARY_DIR}/mutants/${mutant_suite}/${name}/${file})
  set(before)
  if(EXISTS ${copy})
    file(READ ${copy} before)
  endif()
  if(NOT before STREQUAL text)
    file(WRITE ${copy} "${text}")
  endif()
  add_executable(${mutant_suite}_${name} ${copy} $<TARGET_OBJECTS:${mutant_suite}_suite>)
  target_include_directories(${mutant_suite}_${name} PRIVATE ${PROJECT_SOURCE_DIR}/core/src
    ${PROJECT_SOURCE_DIR}/core/src/flash)
  # A mistake may leave a variable or a function without use.
  target_compile_options(${mutant_suite}_${name} PRIVATE -w)
  stk_link(${mutant_suite}_${name} ${STK_TEST_LIBS})
  stk_test(${mutant_suite}.finds.${name} ${mutant_suite}_${name} LABELS host ARGS --caught ${ARGN})
endfunction()

set(mutant_suite powerloss)

## Bugs in what the log does for media that fail ##

stk_mutant(lost_header log_mount.c "            if (last_cell_in(log, bytes, page, seed)) {"
  "            if (0) {" --geometry 1 --long 0 2000)
stk_mutant(trusts_ready log_mount.c
  "        log->ahead = newest->lost != 0u || entered ? newest->block : stk_log_preceding(log, newest->block);"
  "        log->ahead = newest->block; log->ready = goes_on(log) && stk_log_header_alone(log) ? 4u : 0u;"
  --geometry 4)
stk_mutant(one_lap log_cell.c "    stk_put32(bytes + 4, lap);" "    stk_put32(bytes + 4, 0);" --geometry 25)
stk_mutant(one_lap_seek log_iter.c "    it->seed = stk_log_seed(log, lap_of(log, block));"
  "    it->seed = stk_log_seed(log, log->lap);" --geometry 1)
stk_mutant(lazy_numbers log_mount.c "(stk_log_lag(log) + 2u) * log->block_pages" "0u" --geometry 27 --long 0 4000)
stk_mutant(one_format log.c "    log->format++;" "    log->format = 1u;" --geometry 22 --rhythm 0 --cuts 2000)
stk_mutant(blind_format log_mount.c "        err = how == UNREADABLE ? STK_E_IO : err;" ""
  --geometry 1 --long 0 500)
stk_mutant(short_run log.c "stk_log_distance(log, log->ahead) == stk_log_search_range(log)"
  "stk_log_distance(log, log->ahead) == 3u" --geometry 24)
stk_mutant(short_look log_mount.c "since < stk_log_search_range(log); since++)"
  "since < 3u; since++)" --geometry 22 --long 0 2000)
stk_mutant(trusts_halving log_mount.c "    } while (look_past(log, s));"
  "    } while (s->unreadable = 0u, 0);" --geometry 20)
stk_mutant(one_try log.c "uint32_t tries = 2; tries != 0u" "uint32_t tries = 1; tries != 0u" --geometry 1 --long 0 500)
stk_mutant(forgets_lost log_mount.c
  "last->how != HEADER || last->lost != 0u || begun * log->page_cells > 1u || unreadable != 0u"
  "last->how != HEADER || begun * log->page_cells > 1u" --geometry 1 --long 0 2000)
stk_mutant(restless_poll log.c
  "    if (log->stats.records == 0u || (log->boot != 1u && log->stats.records + log->pending <=
                                                            (log->block_pages - log->page) * log->page_cells + 1u)) {"
  "    if (begin_call(log) != STK_OK) {" --geometry 1)
stk_mutant(odd_buffer log.c "program(log, log->block, log->page, log->config.buffer)"
  "program(log, log->block, log->page, memmove(stk_log_cell_at(log, 1), log->config.buffer, stk_log_page_bytes(log)))"
  --geometry 31)
stk_mutant(old_remains log.c "log->ready % 2u != 0u" "log->ready == CHOSEN"
  --geometry 28 --long 0 2000)

## Bugs in the rest of the log ##

stk_mutant(number_again log_mount.c "    log->sequence += (last->behind + (1u + s->touched) * begun) * log->page_cells;"
  "    log->sequence -= 1u;" --geometry 4)
stk_mutant(no_marks log_mount.c "    log->unsure = last->begun + STK_LOG_UNSURE;"
  "    log->unsure = 0u;" --geometry 4)
