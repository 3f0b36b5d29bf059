#pragma once
#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace amber::index {

/// For large tables that are read at random: asks the system for pages of 2 MB, of which the
/// processor remembers enough to find its way without a walk for each access. Small requests are
/// served as by std::allocator.
template <class T>
struct HugePageAllocator {
    using value_type = T;

    HugePageAllocator() = default;
    template <class Other>
    HugePageAllocator(const HugePageAllocator<Other>&) {}

    T* allocate(std::size_t count) {
        const std::size_t bytes = count * sizeof(T);
        const bool huge = bytes >= kPage;
        const std::size_t align = huge ? kPage : alignof(std::max_align_t);
        void* memory = std::aligned_alloc(align, (bytes + align - 1) / align * align);
        if (memory == nullptr) throw std::bad_alloc();
        if (huge) madvise(memory, bytes, MADV_HUGEPAGE);  // may be refused: it works without
        return static_cast<T*>(memory);
    }
    void deallocate(T* memory, std::size_t) { std::free(memory); }

    friend bool operator==(const HugePageAllocator&, const HugePageAllocator&) { return true; }

private:
    static constexpr std::size_t kPage = std::size_t{2} << 20;
};

}  // namespace amber::index
