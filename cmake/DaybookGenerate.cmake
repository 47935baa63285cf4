# For Daybook's own targets: lets a unity build take several files of protoc at once, though two of
# the variables in each of them have the same names.
function(daybook_unite_generated target)
  set_target_properties(${target} PROPERTIES
    UNITY_BUILD_UNIQUE_ID DAYBOOK_FILE_ID
    UNITY_BUILD_CODE_BEFORE_INCLUDE [[
#undef DAYBOOK_JOIN
#undef DAYBOOK_NAME
#undef schemas
#undef file_default_instances
#define DAYBOOK_JOIN(a, b) a##b
#define DAYBOOK_NAME(a, b) DAYBOOK_JOIN(a, b)
#define schemas DAYBOOK_NAME(schemas_, DAYBOOK_FILE_ID)
#define file_default_instances DAYBOOK_NAME(instances_, DAYBOOK_FILE_ID)]])
endfunction()

# daybook_generate(TARGET bank_contract PROTOS bank.proto... [IMPORT_DIRS dir...] [DEPS target...])
#
# A static library of what protoc and protoc-gen-daybook write for the .proto files: `bank.pb.h` and
# `bank.daybook.h`, to be included under the path of the .proto in its root.
#
#   PROTOS       paths, relative to the current source directory or absolute
#   IMPORT_DIRS  roots of imports; a .proto is named by its path in the first root that holds it,
#                after these comes the current source directory
#   DEPS         targets of other daybook_generate calls, whose .proto files these import
#
# Generated code is compiled without warnings, and its headers count as system headers.
function(daybook_generate)
  cmake_parse_arguments(GENERATE "" "TARGET" "PROTOS;IMPORT_DIRS;DEPS" ${ARGN})
  if(GENERATE_UNPARSED_ARGUMENTS OR NOT GENERATE_TARGET OR NOT GENERATE_PROTOS)
    message(FATAL_ERROR "daybook_generate(TARGET name PROTOS file... [IMPORT_DIRS dir...] "
                        "[DEPS target...]): ${GENERATE_UNPARSED_ARGUMENTS}")
  endif()

  set(roots)
  foreach(root IN LISTS GENERATE_IMPORT_DIRS ITEMS ${CMAKE_CURRENT_SOURCE_DIR})
    cmake_path(ABSOLUTE_PATH root BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    string(REGEX REPLACE "/$" "" root ${root})
    list(APPEND roots ${root})
  endforeach()
  list(REMOVE_DUPLICATES roots)
  set(import_roots ${roots})
  foreach(dep IN LISTS GENERATE_DEPS)
    get_target_property(dep_roots ${dep} DAYBOOK_IMPORT_DIRS)
    if(dep_roots)
      list(APPEND import_roots ${dep_roots})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES import_roots)

  # daybook/v1/options.proto: in the source tree of Daybook, or beside its installed headers.
  if(DEFINED daybook_SOURCE_DIR AND NOT daybook_FOUND)
    set(options_root ${daybook_SOURCE_DIR}/proto)
  else()
    get_target_property(include_dirs daybook::messages INTERFACE_INCLUDE_DIRECTORIES)
    find_path(options_root daybook/v1/options.proto PATHS ${include_dirs}
              NO_CACHE NO_DEFAULT_PATH REQUIRED)
  endif()

  set(out ${CMAKE_CURRENT_BINARY_DIR}/${GENERATE_TARGET})
  file(MAKE_DIRECTORY ${out})
  list(TRANSFORM import_roots PREPEND --proto_path= OUTPUT_VARIABLE proto_paths)
  set(sources)
  foreach(proto IN LISTS GENERATE_PROTOS)
    cmake_path(ABSOLUTE_PATH proto BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    unset(name)
    foreach(root IN LISTS roots)
      cmake_path(IS_PREFIX root ${proto} inside)
      if(inside)
        cmake_path(RELATIVE_PATH proto BASE_DIRECTORY ${root} OUTPUT_VARIABLE name)
        break()
      endif()
    endforeach()
    if(NOT DEFINED name)
      message(FATAL_ERROR "daybook_generate: ${proto} lies in none of ${roots}")
    endif()
    string(REGEX REPLACE "\\.proto$" "" stem ${name})
    # In the order of protoc's dependency file, which ninja compares by the first one.
    set(outputs ${out}/${stem}.daybook.cc ${out}/${stem}.daybook.h
                ${out}/${stem}.pb.cc ${out}/${stem}.pb.h)
    add_custom_command(
      OUTPUT ${outputs}
      COMMAND protobuf::protoc ${proto_paths} --proto_path=${options_root}
              --plugin=protoc-gen-daybook=$<TARGET_FILE:daybook::protoc-gen-daybook>
              --cpp_out=${out} --daybook_out=${out} --dependency_out=${out}/${stem}.d
              ${name}
      DEPENDS ${proto} daybook::protoc-gen-daybook
      DEPFILE ${out}/${stem}.d
      COMMENT "Generating ${stem}.daybook.h"
      VERBATIM)
    list(APPEND sources ${outputs})
  endforeach()

  add_library(${GENERATE_TARGET} STATIC ${sources})
  target_include_directories(${GENERATE_TARGET} SYSTEM PUBLIC ${out})
  target_compile_options(${GENERATE_TARGET} PRIVATE -w)
  if(DEFINED daybook_SOURCE_DIR AND NOT daybook_FOUND)
    daybook_unite_generated(${GENERATE_TARGET})
  else()  # A user's contract may use the names that are defined for it.
    set_target_properties(${GENERATE_TARGET} PROPERTIES UNITY_BUILD OFF)
  endif()
  target_compile_features(${GENERATE_TARGET} PUBLIC cxx_std_20)
  target_link_libraries(${GENERATE_TARGET} PUBLIC daybook::proto daybook::messages ${GENERATE_DEPS})
  set_target_properties(${GENERATE_TARGET} PROPERTIES DAYBOOK_IMPORT_DIRS "${import_roots}")
endfunction()
