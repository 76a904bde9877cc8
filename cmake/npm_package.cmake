# edge_int8_npm_package(NAME VERSION SHA512 OUT): takes one package from the npm
# registry with `npm pack`, checks that its archive is the pinned one, unpacks
# it and sets OUT to the folder. Where npm or the network is missing OUT is
# empty and the reason is said: nothing here is needed to build or to run.
#
# Archives are kept in EDGE_INT8_NPM_FOLDER; put them there yourself to build
# without a network (docs/dependencies.md).
set(EDGE_INT8_NPM_FOLDER ${CMAKE_BINARY_DIR}/npm CACHE PATH
  "Where archives of npm packages are kept")
option(EDGE_INT8_NPM "Take what the browser test needs from npm" ON)
find_program(EDGE_INT8_NPM_PROGRAM npm)

function(edge_int8_npm_package name version sha512 out)
  set(${out} "" PARENT_SCOPE)
  if(NOT EDGE_INT8_NPM)
    message(STATUS "npm ${name}: left out by EDGE_INT8_NPM=OFF")
    return()
  endif()
  # npm names the archive of @scope/name scope-name-version.tgz.
  string(REGEX REPLACE "^@" "" file ${name})
  string(REPLACE "/" "-" file ${file}-${version})
  set(archive ${EDGE_INT8_NPM_FOLDER}/${file}.tgz)
  if(NOT EXISTS ${archive})
    if(NOT EDGE_INT8_NPM_PROGRAM)
      message(STATUS "npm ${name}: absent, there is no npm")
      return()
    endif()
    file(MAKE_DIRECTORY ${EDGE_INT8_NPM_FOLDER})
    execute_process(
      COMMAND ${EDGE_INT8_NPM_PROGRAM} pack ${name}@${version}
        --ignore-scripts --fetch-retries=1 --fetch-timeout=30000
      WORKING_DIRECTORY ${EDGE_INT8_NPM_FOLDER}
      TIMEOUT 120 RESULT_VARIABLE failed OUTPUT_QUIET ERROR_VARIABLE said)
    if(failed OR NOT EXISTS ${archive})
      string(REGEX REPLACE "\n.*" "" said "${said}")
      message(STATUS "npm ${name}: absent, npm pack failed: ${said}")
      return()
    endif()
  endif()
  file(SHA512 ${archive} found)
  if(NOT found STREQUAL sha512)
    message(WARNING "npm ${name}: left out, ${archive} is not the archive that "
      "this project pins; delete it to fetch it again")
    return()
  endif()
  set(folder ${CMAKE_BINARY_DIR}/npm/${file})
  file(ARCHIVE_EXTRACT INPUT ${archive} DESTINATION ${folder})
  message(STATUS "npm ${name}: ${version}")
  set(${out} ${folder}/package PARENT_SCOPE)
endfunction()
