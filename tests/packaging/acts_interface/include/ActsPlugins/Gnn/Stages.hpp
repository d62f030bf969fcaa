/* For tests: the interface of the stages of ACTS' Gnn plugin, and what it does with the nodes that no edge is
 * left of (shrinkNodes). See README.md of tests/packaging/acts_interface. */
#pragma once

#include <algorithm>
#include <exception>
#include <vector>

#include "ActsPlugins/Gnn/Tensor.hpp"

namespace ActsPlugins
{

struct NoEdgesError : std::exception {
};

struct PipelineTensors {
    Tensor<float> nodeFeatures;
    Tensor<std::int64_t> edgeIndex;
    std::optional<Tensor<float>> edgeFeatures;
    std::optional<Tensor<float>> edgeScores;
};

class GraphConstructionBase
{
  public:
    virtual PipelineTensors operator()(std::vector<float> &inputValues, std::size_t numNodes,
                                       const std::vector<std::uint64_t> &moduleIds,
                                       const ExecutionContext &execContext = {}) = 0;
    virtual ~GraphConstructionBase() = default;
};

class EdgeClassificationBase
{
  public:
    virtual PipelineTensors operator()(PipelineTensors tensors, const ExecutionContext &execContext = {}) = 0;
    virtual ~EdgeClassificationBase() = default;
};

class TrackBuildingBase
{
  public:
    virtual std::vector<std::vector<int>> operator()(PipelineTensors tensors, std::vector<int> &spacepointIDs,
                                                     const ExecutionContext &execContext = {}) = 0;
    virtual ~TrackBuildingBase() = default;
};

namespace detail
{

inline PipelineTensors removeUnusedNodesOnCpu(PipelineTensors &&tensors, std::vector<int> &spacePointIds)
{
    const std::size_t edges = tensors.edgeIndex.shape()[1], columns = tensors.nodeFeatures.shape()[1];
    std::vector<std::int64_t> number(tensors.nodeFeatures.shape()[0], -1);
    std::vector<std::size_t> used;
    for (std::size_t i = 0; i < 2 * edges; i++)
        number[static_cast<std::size_t>(tensors.edgeIndex.data()[i])] = 0;
    for (std::size_t i = 0; i < number.size(); i++) {
        if (number[i] < 0) continue;
        number[i] = static_cast<std::int64_t>(used.size());
        used.push_back(i);
    }
    auto nodes = Tensor<float>::Create({used.size(), columns}, {});
    std::vector<int> ids;
    for (std::size_t i = 0; i < used.size(); i++) {
        std::copy_n(tensors.nodeFeatures.data() + used[i] * columns, columns, nodes.data() + i * columns);
        ids.push_back(spacePointIds[used[i]]);
    }
    for (std::size_t i = 0; i < 2 * edges; i++)
        tensors.edgeIndex.data()[i] = number[static_cast<std::size_t>(tensors.edgeIndex.data()[i])];
    spacePointIds = ids;
    return {std::move(nodes), std::move(tensors.edgeIndex), std::move(tensors.edgeFeatures),
            std::move(tensors.edgeScores)};
}

} // namespace detail

inline PipelineTensors removeUnusedNodes(PipelineTensors &&tensors, std::vector<int> &spacePointIds,
                                         const ExecutionContext &execContext)
{
    const ExecutionContext cpu{Device::Cpu(), execContext.stream};
    if (tensors.edgeIndex.shape()[1] == 0) throw NoEdgesError{};
    if (tensors.nodeFeatures.device().isCpu())
        return detail::removeUnusedNodesOnCpu(std::move(tensors), spacePointIds);
    auto shrunk =
        detail::removeUnusedNodesOnCpu({tensors.nodeFeatures.clone(cpu), tensors.edgeIndex.clone(cpu),
                                        std::move(tensors.edgeFeatures), std::move(tensors.edgeScores)},
                                       spacePointIds);
    return {shrunk.nodeFeatures.clone(execContext), shrunk.edgeIndex.clone(execContext),
            std::move(shrunk.edgeFeatures), std::move(shrunk.edgeScores)};
}

} // namespace ActsPlugins
