# Declares the targets of Daybook. Every target of the project goes through one of these functions.

# Flags that every target of ours is compiled with; linked PRIVATE, so they never reach a user.
add_library(daybook_warnings INTERFACE)
target_compile_options(daybook_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers -Werror
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)

# daybook_room(NAME core [HEADERS h...] [SOURCES s...] [DEPS public...] [PRIVATE_DEPS private...])
#
# A library room: public headers under <room>/include/daybook/<room>/, sources under <room>/src/.
# DEPS name what the public headers need, PRIVATE_DEPS what only the sources need.
function(daybook_room)
  cmake_parse_arguments(ROOM "" "NAME" "HEADERS;SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  set(target daybook_${ROOM_NAME})
  if(ROOM_SOURCES)
    add_library(${target} STATIC ${ROOM_SOURCES})
    target_link_libraries(${target} PUBLIC ${ROOM_DEPS} PRIVATE ${ROOM_PRIVATE_DEPS}
                                    $<BUILD_INTERFACE:daybook_warnings>)
    target_compile_features(${target} PUBLIC cxx_std_20)
    if(TARGET daybook_precompiled AND NOT ROOM_NAME STREQUAL tools)  # Those are not optimized.
      target_precompile_headers(${target} REUSE_FROM daybook_precompiled)
    endif()
    set(scope PUBLIC)
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${ROOM_DEPS})
    target_compile_features(${target} INTERFACE cxx_std_20)
    set(scope INTERFACE)
  endif()
  add_library(daybook::${ROOM_NAME} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${ROOM_NAME}
                                             VERIFY_INTERFACE_HEADER_SETS ON)
  target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS include FILES ${ROOM_HEADERS})
  set_property(GLOBAL APPEND PROPERTY DAYBOOK_ROOM_TARGETS ${target})
endfunction()

# daybook_test(NAME core_log_test SOURCES s... [DEPS d...] [ARGS a...] [LABELS l...])
#
# A GoogleTest binary that is one ctest test. The target <label>_tests builds all with that label;
# those labelled torture are built by it alone. A test may include the private headers of the room
# that it tests by naming daybook_private_<room> in DEPS.
#
# BOTH_ENGINES: those of its tests that have the parameter RocksDB are <name>, all the others are
# <name>_in_memory, with the label `memory`.
# OPTIMIZED: as what it tests is; for programs that go through hundreds of schedules. They take
# longest, so they start first.
function(daybook_test)
  cmake_parse_arguments(TEST "BOTH_ENGINES;OPTIMIZED" "NAME;TIMEOUT" "SOURCES;DEPS;ARGS;LABELS"
                        ${ARGN})
  add_executable(${TEST_NAME} ${TEST_SOURCES})
  if(NOT DAYBOOK_TESTS OR "torture" IN_LIST TEST_LABELS)
    set_target_properties(${TEST_NAME} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
  foreach(label IN LISTS TEST_LABELS)
    if(NOT TARGET ${label}_tests)
      add_custom_target(${label}_tests)
    endif()
    add_dependencies(${label}_tests ${TEST_NAME})
  endforeach()
  # Test files instantiate the same templates of the rooms: together they take two thirds of the
  # time that they take by eight.
  set_target_properties(${TEST_NAME} PROPERTIES UNITY_BUILD_BATCH_SIZE 24)
  target_link_libraries(${TEST_NAME} PRIVATE ${TEST_DEPS} GTest::gmock GTest::gtest_main
                                             daybook_warnings)
  if(TEST_OPTIMIZED AND CMAKE_BUILD_TYPE STREQUAL Debug)
    target_compile_options(${TEST_NAME} PRIVATE -O1)
  elseif(TARGET daybook_test_precompiled)
    target_precompile_headers(${TEST_NAME} REUSE_FROM daybook_test_precompiled)
  endif()
  if(TEST_BOTH_ENGINES)
    list(APPEND TEST_ARGS --gtest_filter=*/RocksDB)
  endif()
  add_test(NAME ${TEST_NAME} COMMAND ${TEST_NAME} ${TEST_ARGS})
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 600)
  endif()
  set(cost 1)
  if(TEST_OPTIMIZED)
    set(cost 3)
  elseif(TEST_BOTH_ENGINES)
    set(cost 2)
  endif()
  set_tests_properties(${TEST_NAME} PROPERTIES
    LABELS "${TEST_LABELS}" TIMEOUT ${TEST_TIMEOUT} COST ${cost})
  if(TEST_BOTH_ENGINES)
    add_test(NAME ${TEST_NAME}_in_memory COMMAND ${TEST_NAME} --gtest_filter=-*/RocksDB)
    set_tests_properties(${TEST_NAME}_in_memory PROPERTIES
      LABELS memory TIMEOUT ${TEST_TIMEOUT} COST ${cost})
    if(NOT TARGET memory_tests)
      add_custom_target(memory_tests)
    endif()
    add_dependencies(memory_tests ${TEST_NAME})
  endif()
endfunction()

# daybook_program(NAME daybook SOURCES s... [DEPS d...]): a program, built into bin/.
function(daybook_program)
  cmake_parse_arguments(PROGRAM "" "NAME;OUTPUT" "SOURCES;DEPS" ${ARGN})
  add_executable(${PROGRAM_NAME} ${PROGRAM_SOURCES})
  target_link_libraries(${PROGRAM_NAME} PRIVATE ${PROGRAM_DEPS} daybook_warnings)
  if(PROGRAM_OUTPUT)
    set_target_properties(${PROGRAM_NAME} PROPERTIES OUTPUT_NAME ${PROGRAM_OUTPUT})
  endif()
endfunction()
