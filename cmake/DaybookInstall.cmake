# Installs every room, the .proto files, the generator and one exported package `daybook`, whose
# components are the rooms:
#
#   find_package(daybook REQUIRED COMPONENTS aggregates projections testkit)
#   target_link_libraries(app PRIVATE daybook::aggregates)
#
# What is not of the component of installation `tool` is for who builds an application.
#
# A room that is no part of the embedded framework is exported apart, so that only those who ask for
# it get it, and need what it needs.
include(CMakePackageConfigHelpers)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME dev)

set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/daybook)
get_property(rooms GLOBAL PROPERTY DAYBOOK_ROOM_TARGETS)
set(components)
foreach(room IN LISTS rooms)
  get_target_property(component ${room} EXPORT_NAME)
  list(APPEND components ${component})
  if(component MATCHES "^(testkit|tools)$")
    set(export daybook-${component}-targets)
  else()
    set(export daybook-targets)
  endif()
  get_target_property(header_sets ${room} INTERFACE_HEADER_SETS)
  if(header_sets)
    install(TARGETS ${room} EXPORT ${export} FILE_SET HEADERS)
  else()
    install(TARGETS ${room} EXPORT ${export})
  endif()
endforeach()

install(DIRECTORY ${PROJECT_SOURCE_DIR}/proto/daybook DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.proto")
install(DIRECTORY ${PROJECT_BINARY_DIR}/proto/generated/daybook
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

# The generator and the tools, where they are built.
if(TARGET protoc-gen-daybook)
  install(TARGETS protoc-gen-daybook EXPORT daybook-targets)
endif()
if(TARGET daybook_tool)
  install(TARGETS daybook_tool COMPONENT tool)
  install(TARGETS daybook_commands EXPORT daybook-tools-targets)
endif()

# The licence goes with each part, where Debian looks for it.
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE RENAME copyright
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/daybook COMPONENT tool)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE RENAME copyright
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libdaybook-dev COMPONENT dev)

install(EXPORT daybook-targets NAMESPACE daybook:: DESTINATION ${package_directory})
foreach(component IN ITEMS testkit tools)
  if(component IN_LIST components)
    install(EXPORT daybook-${component}-targets NAMESPACE daybook::
            DESTINATION ${package_directory})
  endif()
endforeach()

string(REPLACE ";" " " DAYBOOK_COMPONENTS "${components}")
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/daybook-config.cmake.in ${PROJECT_BINARY_DIR}/daybook-config.cmake
  INSTALL_DESTINATION ${package_directory} NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/daybook-config-version.cmake COMPATIBILITY SameMinorVersion)
set(package_files ${PROJECT_BINARY_DIR}/daybook-config.cmake
                  ${PROJECT_BINARY_DIR}/daybook-config-version.cmake
                  ${PROJECT_SOURCE_DIR}/cmake/DaybookDependencies.cmake
                  ${PROJECT_SOURCE_DIR}/cmake/DaybookSchemaTest.cmake
                  ${PROJECT_SOURCE_DIR}/cmake/FindRE2.cmake)
if(EXISTS ${PROJECT_SOURCE_DIR}/cmake/DaybookGenerate.cmake)
  list(APPEND package_files ${PROJECT_SOURCE_DIR}/cmake/DaybookGenerate.cmake)
endif()
install(FILES ${package_files} DESTINATION ${package_directory})
