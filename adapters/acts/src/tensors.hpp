/* What the stages share: errors as exceptions, and tensors that may be on a device. */
#pragma once

#include "trkx_acts.hpp"

#include <sstream>
#include <stdexcept>
#include <utility>

namespace trkx_acts
{

/* Throws what a failed call of trkx says. */
inline void check(trkx_status status, const trkx_error &error)
{
    if (status == TRKX_OK) return;
    if (status == TRKX_ERROR_ARGUMENT) throw std::invalid_argument(error.message);
    throw std::runtime_error(error.message);
}

inline void require(bool condition, const std::string &message)
{
    if (!condition) throw std::invalid_argument(message);
}

/* Whether tensors can be cloned to and from the device. Its type is CPU or CUDA in all versions of ACTS;
 * without CUDA ACTS has no stream. */
inline bool isWithinReach(const ActsPlugins::Device &device, const ActsPlugins::ExecutionContext &context)
{
    return device.isCpu() || (device.isCuda() && context.stream.has_value());
}

/* Throws where results could not be returned: to be called before they are computed. */
inline void requireDevice(const ActsPlugins::ExecutionContext &context)
{
    if (isWithinReach(context.device, context)) return;
    std::ostringstream message;
    message << "the device is " << context.device << (context.device.isCuda() ? " without a stream" : "")
            << ", but trkx' stages compute on the CPU: run the pipeline with Device::Cpu(), in Python with "
               "device=acts.gnn.Device.Cpu()";
    throw std::invalid_argument(message.str());
}

inline const Bundle &required(const std::shared_ptr<const Bundle> &bundle)
{
    require(bundle != nullptr, "there is no bundle");
    return *bundle;
}

/* A tensor in the CPU's memory: itself, or a clone of what is elsewhere. */
template <typename T> class OnCpu
{
  public:
    OnCpu(const ActsPlugins::Tensor<T> &tensor, const ActsPlugins::ExecutionContext &context)
        : m_tensor(&tensor)
    {
        require(tensor.data() != nullptr, "a tensor was moved from");
        if (tensor.device().isCpu()) return;
        require(isWithinReach(tensor.device(), context), "a tensor is on a device, and there is no stream");
        m_clone.emplace(tensor.clone({ActsPlugins::Device::Cpu(), context.stream}));
        m_tensor = &*m_clone;
    }

    OnCpu(const OnCpu &) = delete; /* it may point into itself */
    OnCpu &operator=(const OnCpu &) = delete;

    const T *data() const
    {
        return m_tensor->data();
    }
    std::size_t rows() const
    {
        return m_tensor->shape()[0];
    }
    std::size_t columns() const
    {
        return m_tensor->shape()[1];
    }

  private:
    const ActsPlugins::Tensor<T> *m_tensor;
    std::optional<ActsPlugins::Tensor<T>> m_clone;
};

/* A tensor in the CPU's memory to be filled. */
template <typename T> ActsPlugins::Tensor<T> createOnCpu(std::size_t rows, std::size_t columns)
{
    return ActsPlugins::Tensor<T>::Create({rows, columns}, {ActsPlugins::Device::Cpu(), {}});
}

/* It, or its clone where the results are to be. */
template <typename T>
ActsPlugins::Tensor<T> onDevice(ActsPlugins::Tensor<T> tensor, const ActsPlugins::ExecutionContext &context)
{
    return context.device.isCpu() ? std::move(tensor) : tensor.clone(context);
}

/* trkx reads the edges where they are. It takes no pointer to const, for it has calls that change edges;
 * those that are used with this do not. */
inline trkx_edges edgesView(const OnCpu<std::int64_t> &index)
{
    require(index.rows() == 2, "edgeIndex is not [2,E]");
    return {index.columns(), const_cast<std::int64_t *>(index.data()), 0};
}

} // namespace trkx_acts
