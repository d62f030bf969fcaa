/* For tests: what ACTS' pipeline does with the stages. See README.md of tests/packaging/acts_interface. */
#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>

#include "Acts/Utilities/Logger.hpp"
#include "ActsPlugins/Gnn/Stages.hpp"

namespace ActsPlugins
{

struct GnnTiming {
    using Duration = std::chrono::duration<float, std::milli>;
    Duration graphBuildingTime = Duration{0};
    std::vector<Duration> classifierTimes;
    Duration trackBuildingTime = Duration{0};
};

class GnnHook
{
  public:
    virtual ~GnnHook() = default;
    virtual void operator()(const PipelineTensors &, const ExecutionContext &) const
    {
    }
};

class GnnPipeline
{
  public:
    GnnPipeline(std::shared_ptr<GraphConstructionBase> graphConstructor,
                std::vector<std::shared_ptr<EdgeClassificationBase>> edgeClassifiers,
                std::shared_ptr<TrackBuildingBase> trackBuilder, std::unique_ptr<const Acts::Logger>,
                bool shrinkNodes = false)
        : m_graphConstructor(graphConstructor), m_edgeClassifiers(edgeClassifiers),
          m_trackBuilder(trackBuilder), m_shrinkNodes(shrinkNodes)
    {
        if (!graphConstructor || !trackBuilder || edgeClassifiers.empty() ||
            std::ranges::find(edgeClassifiers, nullptr) != edgeClassifiers.end())
            throw std::invalid_argument("a stage is missing");
    }

    /* timing: ACTS measures; here there are only its members. */
    std::vector<std::vector<int>> run(std::vector<float> &features,
                                      const std::vector<std::uint64_t> &moduleIds,
                                      std::vector<int> &spacePointIds, Device device,
                                      const GnnHook &hook = {}, GnnTiming *timing = nullptr) const
    {
        ExecutionContext context{device, {}};
        if (device.isMps()) throw std::invalid_argument("MPS cannot be the device of a pipeline");
        if (device.isCuda() && Build::withCuda) context.stream.emplace(nullptr);
        if (timing != nullptr) timing->classifierTimes.assign(m_edgeClassifiers.size(), {});
        try {
            auto tensors = (*m_graphConstructor)(features, spacePointIds.size(), moduleIds, context);
            hook(tensors, context);
            for (const auto &classifier : m_edgeClassifiers) {
                if (m_shrinkNodes) tensors = removeUnusedNodes(std::move(tensors), spacePointIds, context);
                tensors = (*classifier)(std::move(tensors), context);
                hook(tensors, context);
            }
            return (*m_trackBuilder)(std::move(tensors), spacePointIds, context);
        } catch (NoEdgesError &) {
            return {};
        }
    }

  private:
    std::shared_ptr<GraphConstructionBase> m_graphConstructor;
    std::vector<std::shared_ptr<EdgeClassificationBase>> m_edgeClassifiers;
    std::shared_ptr<TrackBuildingBase> m_trackBuilder;
    bool m_shrinkNodes;
};

} // namespace ActsPlugins
