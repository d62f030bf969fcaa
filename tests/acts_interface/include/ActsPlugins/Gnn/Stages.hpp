/* For tests: the interface of the stages of ACTS' Gnn plugin. See README.md of tests/acts_interface. */
#pragma once

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

} // namespace ActsPlugins
