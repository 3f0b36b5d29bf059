// Read by ThreadSanitizer at start, unused otherwise. Debian's libzmq is not instrumented, so that
// the fences by which it hands messages between its threads are not seen.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "called_from_lib:libzmq.so.5\n"; }
