# core/ without the container's file format, which needs FlatBuffers, and without
# the API: for projects of a cross compiler that test kernels and engine
# (tests/arm64, tests/web).
set(core ${CMAKE_CURRENT_LIST_DIR}/../core)
add_subdirectory(${core}/arith arith)
file(GLOB validation CONFIGURE_DEPENDS ${core}/container/validate*.cc)
list(FILTER validation EXCLUDE REGEX "validate_artifact")
add_library(ei8_core_container STATIC
  ${validation} ${core}/container/status.cc)
target_link_libraries(ei8_core_container PUBLIC edge_int8_flags ei8_core_arith)
foreach(part kernels reference engine)
  add_subdirectory(${core}/${part} ${part})
endforeach()
