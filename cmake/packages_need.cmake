# Read by cpack: without these programs packages would have no dependencies, and
# cpack would not say so.
if(CPACK_GENERATOR STREQUAL "DEB")
  foreach(needed dpkg-shlibdeps:dpkg-dev file:file)
    string(REGEX MATCH "^(.*):(.*)$" _ ${needed})
    set(package ${CMAKE_MATCH_2})
    find_program(found_${package} ${CMAKE_MATCH_1})
    if(NOT found_${package})
      message(FATAL_ERROR "cpack -G DEB needs ${CMAKE_MATCH_1}: "
        "apt-get install ${package}")
    endif()
  endforeach()
endif()
