# The libraries that Daybook stands on. Also read by an installed package (daybook-config.cmake).
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(Protobuf 3.21)
find_dependency(absl)
find_dependency(OpenSSL)
find_dependency(RocksDB CONFIG)
