/* ACTS' Gnn pipeline with trkx' stages, on an event in TrackML's format: prints a line for each track.
 * usage: trkx_acts_example BUNDLE EVENT */
#include <ActsPlugins/Gnn/GnnPipeline.hpp>

#include <trkx_acts.hpp>

#include <cmath>
#include <iostream>
#include <numeric>

namespace
{

/* Radius, k and cuts come from the bundle; the columns describe the features below. */
ActsPlugins::GnnPipeline configure(const std::string &directory, Acts::Logging::Level level)
{
    auto log = [level](const char *name) { return Acts::getDefaultLogger(name, level); };
    auto bundle = std::make_shared<const trkx_acts::Bundle>(directory);
    const trkx_acts::FeatureColumns columns = {.names = {"r", "phi", "z"}, .scales = {1, 1, 1}};
    return {std::make_shared<trkx_acts::GraphConstruction>(
                trkx_acts::GraphConstruction::Config{.bundle = bundle, .columns = columns},
                log("GraphConstruction")),
            {std::make_shared<trkx_acts::EdgeClassification>(
                 trkx_acts::EdgeClassification::Config{
                     .bundle = bundle, .network = TRKX_NETWORK_FILTER, .columns = columns},
                 log("Filter")),
             std::make_shared<trkx_acts::EdgeClassification>(
                 trkx_acts::EdgeClassification::Config{
                     .bundle = bundle, .network = TRKX_NETWORK_GNN, .columns = columns, .cut = 0.01f},
                 log("GNN"))},
            std::make_shared<trkx_acts::TrackBuilding>(
                trkx_acts::TrackBuilding::Config{.method = trkx_acts::TrackBuilding::Method::eWalkthrough,
                                                 .columns = columns},
                log("TrackBuilding")),
            log("GnnPipeline")};
}

/* [n,3]: r, phi, z, in mm and radians. */
std::vector<float> cylindrical(const trkx_hits &hits)
{
    std::vector<float> features;
    for (std::size_t i = 0; i < hits.count; i++) {
        const float *x = hits.xyz + 3 * i;
        features.insert(features.end(), {std::hypot(x[0], x[1]), std::atan2(x[1], x[0]), x[2]});
    }
    return features;
}

} // namespace

int main(int count, char **arguments)
try {
    trkx_event *event = nullptr;
    trkx_error error;
    if (count != 3) throw std::invalid_argument("usage: trkx_acts_example BUNDLE EVENT");
    if (trkx_event_read(arguments[2], 0, 1, &event, &error) != TRKX_OK)
        throw std::runtime_error(error.message);
    auto features = cylindrical(*trkx_event_hits(event));
    std::vector<int> spacePoints(trkx_event_hits(event)->count);
    trkx_event_destroy(event);
    std::iota(spacePoints.begin(), spacePoints.end(), 0);

    const auto pipeline = configure(arguments[1], Acts::Logging::WARNING);
    for (const auto &track : pipeline.run(features, {}, spacePoints, ActsPlugins::Device::Cpu())) {
        for (int spacePoint : track) std::cout << spacePoint << " ";
        std::cout << "\n";
    }
    return 0;
} catch (const std::exception &exception) {
    std::cerr << exception.what() << "\n";
    return 1;
}
