# What `cmake --install BUILD --component core --prefix P` puts into P: the
# runtime, its headers, and how CMake and pkg-config find them. P may move.
# Tested by install_test.cc. The component shared adds the shared library where
# the runtime is the static one.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/edge_int8)
set(generated ${CMAKE_CURRENT_BINARY_DIR})

install(TARGETS edge_int8_runtime EXPORT edge_int8-targets
  LIBRARY COMPONENT core NAMELINK_COMPONENT core
  ARCHIVE COMPONENT core RUNTIME COMPONENT core)
if(TARGET edge_int8_shared)
  install(TARGETS edge_int8_shared EXPORT edge_int8-shared
    LIBRARY COMPONENT shared NAMELINK_COMPONENT shared)
  install(EXPORT edge_int8-shared NAMESPACE edge_int8:: DESTINATION ${package}
    COMPONENT shared)
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/edge_int8
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT core)
install(EXPORT edge_int8-targets NAMESPACE edge_int8:: DESTINATION ${package}
  COMPONENT core)

configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/edge_int8-config.cmake.in
  ${generated}/edge_int8-config.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(${generated}/edge_int8-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${generated}/edge_int8-config.cmake
  ${generated}/edge_int8-config-version.cmake
  DESTINATION ${package} COMPONENT core)

# The way from the .pc file to the prefix, so that pkg-config finds it anywhere.
file(RELATIVE_PATH pc_to_prefix
  /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
list(TRANSFORM runtime_libraries PREPEND " -l" OUTPUT_VARIABLE runtime_flags)
list(JOIN runtime_flags "" runtime_flags)
configure_file(${PROJECT_SOURCE_DIR}/cmake/edge_int8.pc.in
  ${generated}/edge_int8.pc @ONLY)
install(FILES ${generated}/edge_int8.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT core)
