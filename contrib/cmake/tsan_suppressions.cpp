// Read by ThreadSanitizer at start, unused otherwise. Debian's libzmq and librocksdb are not
// instrumented, so that what orders their own threads is not seen.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
    return "called_from_lib:libzmq.so.5\n"
           "called_from_lib:librocksdb.so.7.8\n";
}
