# One way to declare a library, a test program and a fuzz target, so that each
# folder's CMakeLists.txt is a line. Sources are globbed: adding a file to a
# folder is enough.

add_library(edge_int8_flags INTERFACE)
target_include_directories(edge_int8_flags INTERFACE
  ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR})
target_compile_options(edge_int8_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion)
# One rounding everywhere: a contracted multiply-add would make float results
# depend on the compiler.
target_compile_options(edge_int8_flags INTERFACE -ffp-contract=off)
# Read through a unity source, every .cc looks like a header to GCC.
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(edge_int8_flags INTERFACE -Wno-subobject-linkage)
endif()
if(EDGE_INT8_SANITIZE)
  target_compile_options(edge_int8_flags INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(edge_int8_flags INTERFACE -fsanitize=address,undefined)
endif()

# For code whose own loops are short: tests, the command line, what writes files
# and reports. The libraries they call keep their flags. ./test takes -Og for
# the compiler's time.
if(EDGE_INT8_SANITIZE)
  set(quick -O0)
else()
  set(quick -O1)
endif()
set(EDGE_INT8_QUICK_BUILD ${quick} CACHE STRING
  "Optimization of code without loops of its own")

# edge_int8_library(NAME DEPS lib... [ROOMS folder...] [OPTIONS flag...]): a static
# library of every .cc here and in the named folders below.
function(edge_int8_library name)
  cmake_parse_arguments(ARG "" "" "DEPS;ROOMS;OPTIONS" ${ARGN})
  set(patterns *.cc)
  foreach(room ${ARG_ROOMS})
    list(APPEND patterns ${room}/*.cc)
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${patterns})
  if(NOT sources)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE edge_int8_flags ${ARG_DEPS})
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_compile_options(${name} PRIVATE ${ARG_OPTIONS})
  target_link_libraries(${name} PUBLIC edge_int8_flags ${ARG_DEPS})
endfunction()

# edge_int8_link_first(TARGET LIBRARY): an inline function that several sources
# define is linked from the first one. Under the sanitizers that is to be an
# optimized library, not the -O0 of what calls it: a third of the
# time of quantize_test.
function(edge_int8_link_first target library)
  if(EDGE_INT8_SANITIZE)
    target_link_options(${target} BEFORE PRIVATE LINKER:--whole-archive
      $<TARGET_FILE:${library}> LINKER:--no-whole-archive)
  endif()
endfunction()

# edge_int8_parser(TARGET): reads files of strangers, so libFuzzer watches which
# of its branches an input takes. Watched code runs at half the speed: no other
# library is.
function(edge_int8_parser target)
  if(EDGE_INT8_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# edge_int8_schema(TARGET SCHEMA): NAME_generated.h from SCHEMA.fbs here (a path
# that ends in NAME), for this target alone. Only FlatBuffers' headers are used, so nothing of it is linked.
function(edge_int8_schema target schema)
  get_filename_component(name ${schema} NAME)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
  add_custom_command(
    OUTPUT ${generated}/${name}_generated.h
    COMMAND ${FLATC} --cpp --cpp-std c++17 -o ${generated}
            ${CMAKE_CURRENT_SOURCE_DIR}/${schema}.fbs
    DEPENDS ${schema}.fbs
    COMMENT "Generating ${name}_generated.h")
  target_sources(${target} PRIVATE ${generated}/${name}_generated.h)
  target_include_directories(${target} SYSTEM PRIVATE ${generated}
    $<TARGET_PROPERTY:flatbuffers::flatbuffers_shared,INTERFACE_INCLUDE_DIRECTORIES>)
endfunction()

# edge_int8_test(NAME DEPS lib...): one GoogleTest program of every *_test.cc
# here and one folder down; ctest sees each test by itself.
function(edge_int8_test name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *_test.cc */*_test.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  target_compile_options(${name} PRIVATE ${EDGE_INT8_QUICK_BUILD})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} edge_int8_testing
    GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 120 PROPERTIES TIMEOUT 900)
endfunction()

# The programs sit together: the command line starts the trainer beside it.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
