#pragma once
#include <memory>

namespace amber::index {

/// Whether nobody else holds the object, so that it may be changed: all that former owners did
/// with it has then happened before. Thread: `pointer` itself is used by the caller only.
template <class T>
[[nodiscard]] bool IsSoleOwner(const std::shared_ptr<T>& pointer) {
    if (pointer.use_count() != 1) return false;
    // use_count() orders nothing; giving up a share waits for those given up before. A fence
    // would do as well, but ThreadSanitizer does not see fences.
    std::shared_ptr<T>(pointer).reset();
    return true;
}

}  // namespace amber::index
