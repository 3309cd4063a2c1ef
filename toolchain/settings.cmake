# Checks of the settings of a build: those of the command line, of a CPU file and of a board. A fault ends the
# configuration with one line, which names the setting and says what to do.

# stk_refuse(text): ends the configuration. CMake shows a message that begins with a blank as it is, on one line.
function(stk_refuse text)
  # CMake looks for its build program after the toolchain file. Without this search an error in that file would be
  # followed by a second error, which says that there is no Ninja.
  if(CMAKE_GENERATOR MATCHES "Ninja")
    find_program(CMAKE_MAKE_PROGRAM NAMES ninja-build ninja samu)
  endif()
  message(FATAL_ERROR " stoker: ${text}")
endfunction()

# stk_warn(text): prints a warning of one line.
function(stk_warn text)
  message(WARNING " stoker: ${text}")
endfunction()

# stk_locate(result variable kind folder suffix): sets `result` to the file that a setting chooses. The setting is a
# NAME, which means folder/NAMEsuffix, or an absolute path with or without the suffix.
function(stk_locate result variable kind folder suffix)
  set(value "${${variable}}")
  file(GLOB names RELATIVE ${folder} ${folder}/*${suffix})
  string(REPLACE "${suffix}" "" names "${names}")
  string(REPLACE ";" ", " names "${names}")
  if(IS_ABSOLUTE "${value}")
    string(REPLACE "." "[.]" pattern "${suffix}")
    string(REGEX REPLACE "${pattern}$" "" file "${value}")
    set(file "${file}${suffix}")
  elseif(value MATCHES "/|\\.cmake$")
    stk_refuse("${variable} '${value}' is a relative path: give an absolute path, or one of ${names}")
  else()
    set(file "${folder}/${value}${suffix}")
  endif()
  if("${value}" STREQUAL "" OR NOT EXISTS "${file}")
    stk_refuse("there is no ${kind} '${value}': set ${variable} to one of ${names}, or to an absolute path")
  endif()
  set(${result} "${file}" PARENT_SCOPE)
endfunction()

# stk_require(file variables...): refuses a CPU file or a board.cmake that leaves one of the variables empty.
function(stk_require file)
  foreach(variable IN LISTS ARGN)
    if("${${variable}}" STREQUAL "")
      stk_refuse("${file} sets no ${variable}: add set(${variable} ...), as boards/README.md explains")
    endif()
  endforeach()
endfunction()

# stk_resolve_files(variable folder): makes the files of a list absolute. A relative file is one of the folder. Refuses
# a file that is missing.
function(stk_resolve_files variable folder)
  set(files "")
  foreach(file IN LISTS ${variable})
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${folder}" NORMALIZE)
    if(NOT EXISTS "${file}")
      stk_refuse("${variable} of board '${STK_BOARD}': there is no file ${file}")
    endif()
    list(APPEND files "${file}")
  endforeach()
  set(${variable} "${files}" PARENT_SCOPE)
endfunction()

# stk_check_memory(file): refuses a linker script of a board without the line INCLUDE libc.ld, or without one of the
# five values before this line. The linker would name other symbols, or take a value of the C library in silence.
function(stk_check_memory file)
  file(READ "${file}" text)
  string(REGEX REPLACE "/[*]([^*]|[*]+[^*/])*[*]+/" " " text "${text}")
  string(REGEX MATCH "(^|[;\n])[ \t\r]*INCLUDE[ \t]+\"?libc[.]ld\"?([; \t\r\n]|$)" include "${text}")
  if(include STREQUAL "")
    stk_refuse("${file} has no line 'INCLUDE libc.ld': add the line at the end, as boards/README.md explains")
  endif()
  string(FIND "${text}" "${include}" end)
  string(SUBSTRING "${text}" 0 ${end} values)
  # Another file may set the values too.
  if(values MATCHES "(^|[;\n])[ \t\r]*INCLUDE[ \t]")
    return()
  endif()
  foreach(symbol __flash __flash_size __ram __ram_size __stack_size)
    if(NOT values MATCHES "(^|[^A-Za-z0-9_.])${symbol}[ \t\r\n]*=")
      stk_refuse("${file} sets no ${symbol}: add '${symbol} = ...;' before 'INCLUDE libc.ld', as boards/README.md \
explains")
    endif()
  endforeach()
endfunction()
