# install(): StkLibrary installs libraries and headers where they are declared. This file makes the package files that
# find them again, in an installed tree, wherever its prefix is moved to, and in the build tree.
include(CMakePackageConfigHelpers)
set(stk_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/stoker)

get_property(STK_EXPORTS GLOBAL PROPERTY STK_EXPORTS)
list(REMOVE_DUPLICATES STK_EXPORTS)
foreach(export IN LISTS STK_EXPORTS)
  install(EXPORT stoker-${export} NAMESPACE stoker:: DESTINATION ${stk_cmake_dir})
  export(EXPORT stoker-${export} NAMESPACE stoker:: FILE ${PROJECT_BINARY_DIR}/stoker-${export}.cmake)
endforeach()

# Builds all that `cmake --install` copies and that an exported target names, without the tests.
get_property(libraries GLOBAL PROPERTY STK_LIBRARIES)
add_custom_target(stk_package DEPENDS ${libraries})
if(TARGET stoker)
  add_dependencies(stk_package stoker)
endif()

configure_package_config_file(tools/cmake/stoker-config.cmake.in stoker-config.cmake
  INSTALL_DESTINATION ${stk_cmake_dir} NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(stoker-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/stoker-config.cmake ${PROJECT_BINARY_DIR}/stoker-config-version.cmake
        DESTINATION ${stk_cmake_dir})

# Installs the module and the script that make an object from a file of handlers. The script stands beside the module,
# in the build tree as in an installed tree.
configure_file(tools/cmake/StokerHandlers.cmake StokerHandlers.cmake COPYONLY)
configure_file(tools/cmake/stoker-handlers stoker-handlers COPYONLY)
install(FILES tools/cmake/StokerHandlers.cmake DESTINATION ${stk_cmake_dir})
install(PROGRAMS tools/cmake/stoker-handlers DESTINATION ${stk_cmake_dir})

# pkg-config: neither file names a library that this build lacks. The paths in the files are right only in the prefix,
# so the files have another name until they are installed.
set(stk_pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH STK_PC_PREFIX /${stk_pc_dir} /)
string(REGEX REPLACE "/$" "" STK_PC_PREFIX "${STK_PC_PREFIX}")
set(STK_PC_LINUX_LIBS "")
set(STK_PC_LINUX_REQUIRES "")
get_property(ports GLOBAL PROPERTY STK_PORTS_LINUX)
list(REVERSE ports) # a library stands before those that it uses
foreach(port IN LISTS ports)
  if(TARGET stk_port_${port})
    string(APPEND STK_PC_LINUX_LIBS " -lstk_port_${port}")
  endif()
endforeach()
if(TARGET stk_kernel_text)
  string(APPEND STK_PC_LINUX_LIBS " -lstk_kernel_text")
endif()
if(TARGET stk_port_opencl)
  string(APPEND STK_PC_LINUX_REQUIRES ", OpenCL")
endif()
if(TARGET stk_port_uring)
  string(APPEND STK_PC_LINUX_REQUIRES ", liburing")
endif()
configure_file(tools/cmake/stoker.pc.in stoker.pc.installed @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/stoker.pc.installed RENAME stoker.pc DESTINATION ${stk_pc_dir})
if(STK_HOSTED)
  configure_file(tools/cmake/stoker-linux.pc.in stoker-linux.pc.installed @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/stoker-linux.pc.installed RENAME stoker-linux.pc DESTINATION ${stk_pc_dir})
endif()
