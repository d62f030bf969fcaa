/* For tests: what ACTS' pipeline does with the stages, and with the nodes that no edge is left of
 * (shrinkNodes). See README.md of tests/acts_interface. */
#pragma once

#include <algorithm>

#include "Acts/Utilities/Logger.hpp"
#include "ActsPlugins/Gnn/Stages.hpp"

namespace ActsPlugins
{

inline PipelineTensors removeUnusedNodes(PipelineTensors &&tensors, std::vector<int> &spacePointIds)
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
    }

    std::vector<std::vector<int>> run(std::vector<float> &features,
                                      const std::vector<std::uint64_t> &moduleIds,
                                      std::vector<int> &spacePointIds, Device device) const
    {
        const ExecutionContext context{device, {}};
        try {
            auto tensors = (*m_graphConstructor)(features, spacePointIds.size(), moduleIds, context);
            for (const auto &classifier : m_edgeClassifiers) {
                if (m_shrinkNodes) tensors = removeUnusedNodes(std::move(tensors), spacePointIds);
                tensors = (*classifier)(std::move(tensors), context);
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
