# stk_library(NAME SOURCES... [FREESTANDING] [EXPORT set] [PUBLIC libs] [PRIVATE libs] [INCLUDE dirs])
#
# One static library stk_NAME, alias stoker::NAME, exported in the set EXPORT (default: base).
# INCLUDE folders are public and installed whole. Without sources no target is made, so that callers
# test `if(TARGET stoker::NAME)` for an optional library. A project that links the library needs no feature of C, since
# a parent project may have enabled C++ alone.
function(stk_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "FREESTANDING" "EXPORT" "SOURCES;PUBLIC;PRIVATE;INCLUDE")
  if(NOT arg_SOURCES)
    message(STATUS "stoker: no sources for stk_${name}, skipped")
    return()
  endif()
  if(NOT arg_EXPORT)
    set(arg_EXPORT base)
  endif()

  add_library(stk_${name} STATIC ${arg_SOURCES})
  add_library(stoker::${name} ALIAS stk_${name})
  set_target_properties(stk_${name} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ${STK_HOSTED})
  # Takes the options of the warnings from their target. A link to that target would have to be exported too.
  target_compile_options(stk_${name} PRIVATE $<TARGET_PROPERTY:stk_warnings,INTERFACE_COMPILE_OPTIONS>
    $<$<BOOL:${arg_FREESTANDING}>:-ffreestanding>)
  target_link_libraries(stk_${name} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  foreach(dir IN LISTS arg_INCLUDE)
    target_include_directories(stk_${name} PUBLIC $<BUILD_INTERFACE:${dir}>)
    if(STOKER_INSTALL AND IS_DIRECTORY ${dir})
      install(DIRECTORY ${dir}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
    endif()
  endforeach()

  if(STOKER_INSTALL)
    install(TARGETS stk_${name} EXPORT stoker-${arg_EXPORT}
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  endif()
  set_property(GLOBAL APPEND PROPERTY STK_LIBRARIES stk_${name})
  set_property(GLOBAL APPEND PROPERTY STK_EXPORTS ${arg_EXPORT})
endfunction()

# stk_link(TARGET LIBS...): links privately those of LIBS that this build has.
function(stk_link target)
  foreach(lib IN LISTS ARGN)
    if(TARGET ${lib})
      target_link_libraries(${target} PRIVATE ${lib})
    endif()
  endforeach()
endfunction()
