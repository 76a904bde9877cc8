# Run at every build: writes edge_int8_version.h when the commit changed.
execute_process(COMMAND git -C ${SOURCE_DIR} rev-parse --short=12 HEAD
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
  RESULT_VARIABLE failed)
if(failed)
  set(commit unknown)
else()
  execute_process(COMMAND git -C ${SOURCE_DIR} status --porcelain -uno
    OUTPUT_VARIABLE changes ERROR_QUIET)
  if(changes)
    string(APPEND commit -dirty)
  endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT
"#define EDGE_INT8_VERSION \"@VERSION@\"
#define EDGE_INT8_COMMIT \"@commit@\"
#define EDGE_INT8_COMPILER \"@COMPILER@\"
" @ONLY)
