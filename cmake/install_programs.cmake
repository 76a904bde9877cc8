# What `cmake --install` puts where for the command line (component tools) and
# the trainer (component trainer): the programs, the demo's checkpoint, the man
# page and the completions, which the program itself prints. Tested by
# packages_test.cc.
include(GNUInstallDirs)

install(TARGETS edge-int8 RUNTIME COMPONENT tools)
install(FILES ${PROJECT_SOURCE_DIR}/assets/half.pth
  DESTINATION ${CMAKE_INSTALL_DATADIR}/edge-int8 COMPONENT tools)

# The page that `serve` gives, where it was built (apps/web).
install(FILES ${CMAKE_BINARY_DIR}/web/index.html RENAME live.html
  DESTINATION ${CMAKE_INSTALL_DATADIR}/edge-int8 COMPONENT tools OPTIONAL)

# Printed at installation, since the program exists by then.
set(pages ${CMAKE_CURRENT_BINARY_DIR}/pages)
set(printed "")
foreach(page man|edge-int8.1 completion,bash|edge-int8.bash
        completion,zsh|_edge-int8 completion,fish|edge-int8.fish)
  string(REGEX MATCH "^(.*)\\|(.*)$" _ ${page})
  string(REPLACE "," " " verb ${CMAKE_MATCH_1})
  string(APPEND printed "
  execute_process(COMMAND ${CMAKE_CROSSCOMPILING_EMULATOR}
    \"$<TARGET_FILE:edge-int8>\" ${verb}
    OUTPUT_FILE \"${pages}/${CMAKE_MATCH_2}\" COMMAND_ERROR_IS_FATAL ANY)")
endforeach()
install(CODE "file(MAKE_DIRECTORY \"${pages}\")${printed}" COMPONENT tools)
install(FILES ${pages}/edge-int8.1
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT tools)
install(FILES ${pages}/edge-int8.bash RENAME edge-int8
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
  COMPONENT tools)
install(FILES ${pages}/_edge-int8
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT tools)
install(FILES ${pages}/edge-int8.fish
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
  COMPONENT tools)

if(TARGET edge-int8-train)
  install(TARGETS edge-int8-train RUNTIME COMPONENT trainer)
endif()
