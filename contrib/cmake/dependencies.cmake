# Everything Amber links, all from Debian 12. Each is an interface target amber::deps::NAME.
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(OpenSSL 3 REQUIRED)
find_package(Threads REQUIRED)
find_package(RocksDB 7.8 REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(cppzmq REQUIRED)

# Debian's RocksDB package names its static target first; link the shared library.
set(AMBER_ROCKSDB RocksDB::rocksdb-shared)
