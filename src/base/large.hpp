// Arrays of megabytes that are read again and again.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <vector>

namespace holomamba::base {

// Memory at multiples of 64 bytes. Behind large arrays Linux is asked for large pages: with pages of 4 kB, matrix products wait
// for the translation of addresses.
template <typename T>
struct LargePages {
    using value_type = T;

    LargePages() = default;
    template <typename U>
    LargePages(const LargePages<U>&) {}

    T* allocate(std::size_t n) {
        if (n * sizeof(T) < kPage) return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{64}));
        const std::size_t bytes = (n * sizeof(T) + kPage - 1) / kPage * kPage;
        void* memory = ::operator new (bytes, std::align_val_t{kPage});
#ifdef MADV_HUGEPAGE
        madvise(memory, bytes, MADV_HUGEPAGE);  // advice: without effect where it is not taken
#endif
        return static_cast<T*>(memory);
    }
    void deallocate(T* memory, std::size_t n) {
        if (n * sizeof(T) < kPage)
            ::operator delete (memory, std::align_val_t{64});
        else
            ::operator delete (memory, std::align_val_t{kPage});
    }
    bool operator==(const LargePages&) const {
        return true;
    }

  private:
    static constexpr std::size_t kPage = std::size_t{1} << 21;
};

using LargeFloats = std::vector<float, LargePages<float>>;

}  // namespace holomamba::base
