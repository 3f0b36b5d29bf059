#include "server/wire/thread_name.h"

#include <pthread.h>

namespace amber::server {

void NameThisThread(const std::string& name) { pthread_setname_np(pthread_self(), name.c_str()); }

}  // namespace amber::server
