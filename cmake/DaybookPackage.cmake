# The Debian packages that `make package` writes: `daybook`, the tool; `libdaybook-dev`, all that an
# application is built with.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "The Daybook authors")
set(CPACK_PACKAGE_CONTACT "The Daybook authors <daybook@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL tool dev)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)

set(CPACK_DEBIAN_TOOL_PACKAGE_NAME daybook)
set(CPACK_DEBIAN_TOOL_PACKAGE_SECTION database)
set(CPACK_COMPONENT_TOOL_DESCRIPTION "Looks into Daybook stores, backs them up and restores them")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libdaybook-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
    "librocksdb-dev, libprotobuf-dev, protobuf-compiler, libabsl-dev, libssl-dev, libre2-dev")
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "daybook, libgtest-dev, libgmock-dev")
set(CPACK_COMPONENT_DEV_DESCRIPTION "Event sourcing with CQRS read models in C++20, on RocksDB")
include(CPack)
