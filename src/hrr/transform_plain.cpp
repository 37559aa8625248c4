// Transform without a library (make FFTW=no).
#include "hrr/mixed_radix.hpp"
#include "hrr/transform.hpp"

namespace holomamba::hrr {

struct Transform::Plans {
    RealTransform transform;
};

Transform::Transform(std::size_t n) : length_(n), plans_(new Plans{RealTransform(n)}) {}

Transform::~Transform() = default;

void Transform::forward(const float* x, std::complex<float>* spectrum) const {
    plans_->transform.forward(x, reinterpret_cast<float*>(spectrum));
}

void Transform::inverse(std::complex<float>* spectrum, float* x) const {
    plans_->transform.inverse(reinterpret_cast<const float*>(spectrum), x);
}

}  // namespace holomamba::hrr
