# stoker_handlers(TARGET target FILE file [NAME name]): adds `const struct stk_handlers NAME` (stoker/handlers.h) to
# TARGET, made from a file of handlers. The default NAME is the name of the file without its extension. Call
# stoker_handlers in the folder of TARGET. TARGET must link stoker::port_device, or the ports that are to run the
# handlers. The handlers have their text for an OpenCL device if TARGET finds stoker/port/opencl.h.
function(stoker_handlers)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "TARGET;FILE;NAME" "")
  if(NOT arg_TARGET OR NOT arg_FILE OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "stoker_handlers(TARGET target FILE file [NAME name])")
  endif()
  get_filename_component(file "${arg_FILE}" ABSOLUTE)
  if(NOT arg_NAME)
    get_filename_component(stem "${file}" NAME_WE)
    string(MAKE_C_IDENTIFIER "${stem}" arg_NAME)
  endif()

  # A project may have enabled C++ alone, and the file is both.
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  set(extension cpp)
  if("C" IN_LIST languages)
    set(extension c)
  endif()
  set(code "${CMAKE_CURRENT_BINARY_DIR}/${arg_TARGET}_${arg_NAME}_handlers.${extension}")
  set(script "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/stoker-handlers")
  add_custom_command(OUTPUT "${code}" COMMAND sh "${script}" "${arg_NAME}" "${file}" "${code}"
    DEPENDS "${file}" "${script}" COMMENT "Making the handlers ${arg_NAME}" VERBATIM)
  # The tables and functions of the file are static, so no two files of handlers go into one source.
  set_source_files_properties("${code}" PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  target_sources(${arg_TARGET} PRIVATE "${code}")
endfunction()
