/* For tests: ACTS' tensor, as far as adapters/acts uses it. See tests/packaging/acts_interface/README.md. */
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <type_traits>
#include <utility>

struct CUstream_st;
using cudaStream_t = CUstream_st *;

namespace ActsPlugins
{

struct Device {
    enum class Type { eCPU, eCUDA, eMPS }; /* eMPS: after v47.5 */
    Type type = Type::eCPU;
    std::size_t index = 0;
    static Device Cpu()
    {
        return {Type::eCPU, 0};
    }
    static Device Cuda(std::size_t index = 0)
    {
        return {Type::eCUDA, index};
    }
    static Device Mps()
    {
        return {Type::eMPS, 0};
    }
    bool isCpu() const
    {
        return type == Type::eCPU;
    }
    bool isCuda() const
    {
        return type == Type::eCUDA;
    }
    bool isMps() const
    {
        return type == Type::eMPS;
    }
    bool operator==(const Device &) const = default;
};

inline std::ostream &operator<<(std::ostream &os, Device device)
{
    if (device.isCpu()) return os << "CPU";
    if (device.isMps()) return os << "MPS";
    return os << "CUDA(" << device.index << ")";
}

struct ExecutionContext {
    Device device{Device::Type::eCPU};
    std::optional<cudaStream_t> stream;
};

/* What the tests count, and whether ACTS was built with CUDA. */
struct TensorCounts {
    static inline std::size_t created = 0, cloned = 0;
};
struct Build {
    static inline bool withCuda = true;
};

namespace detail
{

/* Where tensors may be, and be cloned from and to. ACTS asserts the stream, and without that what follows is
 * undefined. */
inline void requireMemory(Device device, const ExecutionContext &context)
{
    if (device.isCpu()) return;
    if (device.isMps()) throw std::invalid_argument("no tensor can be on an MPS device");
    if (!Build::withCuda) throw std::runtime_error("ACTS was not compiled with CUDA support");
    if (!context.stream.has_value()) throw std::logic_error("a CUDA tensor without a stream");
}

} // namespace detail

template <typename T>
requires std::is_arithmetic_v<T>
class Tensor
{
  public:
    using Shape = std::array<std::size_t, 2>;

    static Tensor Create(Shape shape, const ExecutionContext &execContext)
    {
        TensorCounts::created++;
        detail::requireMemory(execContext.device, execContext);
        return Tensor(shape, execContext.device);
    }

    Tensor clone(const ExecutionContext &to) const
    {
        TensorCounts::cloned++;
        detail::requireMemory(m_device, to);
        detail::requireMemory(to.device, to);
        Tensor copy(m_shape, to.device);
        const auto *from = reinterpret_cast<const unsigned char *>(data());
        auto *out = reinterpret_cast<unsigned char *>(copy.data());
        const bool inverted = m_device.isCpu() != to.device.isCpu();
        for (std::size_t i = 0; i < nbytes(); i++)
            out[i] = inverted ? static_cast<unsigned char>(~from[i]) : from[i];
        return copy;
    }

    T *data()
    {
        return static_cast<T *>(m_ptr.get());
    }
    const T *data() const
    {
        return static_cast<const T *>(m_ptr.get());
    }
    Shape shape() const
    {
        return m_shape;
    }
    std::size_t size() const
    {
        return m_shape[0] * m_shape[1];
    }
    std::size_t nbytes() const
    {
        return size() * sizeof(T);
    }
    Device device() const
    {
        return m_device;
    }

  private:
    Tensor(Shape shape, Device device)
        : m_shape(shape), m_ptr(new T[shape[0] * shape[1]], [](void *p) { delete[] static_cast<T *>(p); }),
          m_device(device)
    {
    }

    /* As ACTS': move-only, and the shape outlives the memory that was moved away. */
    Shape m_shape{};
    std::unique_ptr<void, std::function<void(void *)>> m_ptr;
    Device m_device{};
};

} // namespace ActsPlugins
