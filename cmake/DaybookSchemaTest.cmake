# daybook_schema_test(NAME bank_reads_release_1 PROGRAM bank STORE stores/release-1)
#
# A test of ctest: whether PROGRAM, an application's tool (daybook::ToolMain), can read every event
# of a store, such as one that the last release wrote and that is kept beside the code.
# Nothing is written to the store. Tests of one store do not run at the same time.
#
#   NAME     of the test
#   PROGRAM  the target of the program
#   STORE    the store's directory, relative to the current source directory or absolute
function(daybook_schema_test)
  cmake_parse_arguments(SCHEMA "" "NAME;PROGRAM;STORE" "" ${ARGN})
  if(SCHEMA_UNPARSED_ARGUMENTS OR NOT SCHEMA_NAME OR NOT SCHEMA_PROGRAM OR NOT SCHEMA_STORE)
    message(FATAL_ERROR "daybook_schema_test(NAME name PROGRAM target STORE directory): "
                        "${SCHEMA_UNPARSED_ARGUMENTS}")
  endif()
  cmake_path(ABSOLUTE_PATH SCHEMA_STORE BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
  add_test(NAME ${SCHEMA_NAME} COMMAND ${SCHEMA_PROGRAM} schema check --store ${SCHEMA_STORE})
  set_tests_properties(${SCHEMA_NAME} PROPERTIES RESOURCE_LOCK ${SCHEMA_STORE})
endfunction()
