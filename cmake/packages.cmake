# `cpack -G DEB` in a build folder: one Debian package each for the runtime, the
# tools and the trainer, as far as this build makes them (docs/packages.md).
# Tested by packages_test.cc and, from nothing, by scripts/packages.sh.
include(GNUInstallDirs)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME edge-int8)
set(CPACK_PACKAGE_VENDOR "The edge-int8 authors")
set(CPACK_PACKAGE_CONTACT "The edge-int8 authors")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/cmake/packages_need.cmake)
# What others add to `cmake --install` is in no package of these.
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_COMPONENTS_ALL core)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(this_version ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})

# edge_int8_documents(PACKAGE COMPONENT): what Debian wants beside each package.
function(edge_int8_documents package component)
  set(folder ${CMAKE_INSTALL_DATADIR}/doc/${package})
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE RENAME copyright
    DESTINATION ${folder} COMPONENT ${component})
  install(FILES ${PROJECT_SOURCE_DIR}/CHANGELOG.md
    DESTINATION ${folder} COMPONENT ${component})
endfunction()

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libedge-int8)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION "integer inference for WiFi-sensing networks
Runs .ei8 models from C and C++: the shared and the static library, their
headers, and how CMake and pkg-config find them.")
set(CPACK_COMPONENT_CORE_GROUP runtime)
if(EDGE_INT8_SHARED)
  list(APPEND CPACK_COMPONENTS_ALL shared)
  set(CPACK_COMPONENT_SHARED_GROUP runtime)
  # A new ABI can't be installed in place of this one.
  set(CPACK_DEBIAN_RUNTIME_PACKAGE_PROVIDES
    "libedge-int8-${EDGE_INT8_ABI} (= ${this_version})")
  set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
  set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY >=)
  edge_int8_documents(libedge-int8 shared)
endif()

if(TARGET edge-int8)
  list(APPEND CPACK_COMPONENTS_ALL tools)
  set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME edge-int8)
  set(CPACK_DEBIAN_TOOLS_PACKAGE_SUGGESTS edge-int8-train)
  set(CPACK_DEBIAN_TOOLS_DESCRIPTION "quantizes and measures WiFi-sensing networks
The command line: reads checkpoints, quantizes them to integers, measures what
that costs, and exports C, ONNX and TFLite. Training is in edge-int8-train.")
  edge_int8_documents(edge-int8 tools)
endif()
if(TARGET edge-int8-train)
  list(APPEND CPACK_COMPONENTS_ALL trainer)
  set(CPACK_DEBIAN_TRAINER_PACKAGE_NAME edge-int8-train)
  set(CPACK_DEBIAN_TRAINER_PACKAGE_DEPENDS "edge-int8 (= ${this_version})")
  set(CPACK_DEBIAN_TRAINER_DESCRIPTION "trains WiFi-sensing networks in float and in integers
What edge-int8 train, quantize --method qat and bench start: training and
quantization-aware training on LibTorch.")
  edge_int8_documents(edge-int8-train trainer)
endif()

include(CPack)
