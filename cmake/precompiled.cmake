# Headers that many files read, parsed once for all of them. Every source still has to include what it needs: -DEDGE_INT8_PRECOMPILED=OFF checks that.
option(EDGE_INT8_PRECOMPILED "Parse widely used headers once" ON)

# edge_int8_precompiled(NAME [DEPS lib...] [OPTIONS flag...] HEADERS header...):
# headers compiled as the targets that use them compile.
function(edge_int8_precompiled name)
  if(NOT EDGE_INT8_PRECOMPILED)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "DEPS;OPTIONS;HEADERS" ${ARGN})
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT "")
  add_library(${name} OBJECT ${source})
  target_compile_options(${name} PRIVATE ${ARG_OPTIONS})
  target_link_libraries(${name} PRIVATE edge_int8_flags ${ARG_DEPS})
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
endfunction()

# edge_int8_use_precompiled(TARGET NAME): nothing where there is no such set.
function(edge_int8_use_precompiled target name)
  if(TARGET ${name})
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()
