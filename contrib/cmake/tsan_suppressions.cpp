// Read by ThreadSanitizer at start, unused otherwise. Debian's libzmq and librocksdb are not
// instrumented: atomics that order their own threads are not seen. RocksDB's mutexes still count,
// as they also order our reads of blocks that its cache shares among our threads.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
    return "called_from_lib:libzmq.so.5\n"
           "race:librocksdb.so.7.8\n";
}
