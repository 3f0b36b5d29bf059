#pragma once
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

namespace amber::index {

/// For large tables that are read at random: asks the system for pages of 2 MB, of which the
/// processor remembers enough to find its way without a walk for each access. Memory is zeroed, and
/// what is constructed from nothing stays as it is: of a table made large at once, only the pages
/// in use take memory.
template <class T>
struct HugePageAllocator {
    using value_type = T;

    HugePageAllocator() = default;
    template <class Other>
    HugePageAllocator(const HugePageAllocator<Other>&) {}

    T* allocate(std::size_t count) {
        const std::size_t bytes = count * sizeof(T);
        void* memory = bytes < kPage ? std::calloc(bytes, 1) : Map(RoundUp(bytes));
        if (memory == nullptr) throw std::bad_alloc();
        return static_cast<T*>(memory);
    }
    void deallocate(T* memory, std::size_t count) {
        const std::size_t bytes = count * sizeof(T);
        if (bytes < kPage)
            std::free(memory);
        else
            munmap(memory, RoundUp(bytes));
    }
    template <class Other>
    void construct(Other*) {}
    template <class Other, class... Arguments>
    void construct(Other* place, Arguments&&... arguments) {
        ::new (static_cast<void*>(place)) Other(std::forward<Arguments>(arguments)...);
    }

    friend bool operator==(const HugePageAllocator&, const HugePageAllocator&) { return true; }

private:
    static constexpr std::size_t kPage = std::size_t{2} << 20;

    static std::size_t RoundUp(std::size_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }
    /// From a multiple of kPage on: maps a page more, and gives back what stands out.
    static void* Map(std::size_t bytes) {
        void* mapped = mmap(nullptr, bytes + kPage, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED) return nullptr;
        char* const begin = static_cast<char*>(mapped);
        const std::size_t before =
            (kPage - reinterpret_cast<std::uintptr_t>(begin) % kPage) % kPage;
        if (before > 0) munmap(begin, before);
        if (before < kPage) munmap(begin + before + bytes, kPage - before);
        madvise(begin + before, bytes, MADV_HUGEPAGE);  // may be refused: it works without
        return begin + before;
    }
};

}  // namespace amber::index
