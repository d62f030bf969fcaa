/* Proves that the stages of adapters/acts, run by ACTS' pipeline (tests/packaging/acts_interface stands in
 * for it), find the tracks that `trkx run` finds, in whatever order ACTS has the nodes, whatever columns and
 * scales the features have, on the CPU and on a device, with unused nodes removed or not; and that shapes,
 * order, scores, cuts, copies, messages and errors are as ACTS has them. usage: test_acts MODELS (the
 * directory of default and acat2021-like, and of both without completion) */
#include <algorithm>
#include <cmath>
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstring>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <sstream>

#include <ActsPlugins/Gnn/GnnPipeline.hpp>
#include <trkx_acts.hpp>

extern "C" {
#include <cmocka.h>
}

using namespace trkx_acts;
using ActsPlugins::Device;
using ActsPlugins::ExecutionContext;
using ActsPlugins::GnnPipeline;
using ActsPlugins::NoEdgesError;
using ActsPlugins::PipelineTensors;
using ActsPlugins::Tensor;
using ActsPlugins::TensorCounts;
using Tracks = std::vector<std::vector<int>>;

namespace
{

std::string models;
trkx_event *event;
std::ostringstream messages;

std::unique_ptr<const Acts::Logger> log()
{
    return Acts::getDefaultLogger("test", Acts::Logging::DEBUG, &messages);
}

std::shared_ptr<const Bundle> load(const std::string &name)
{
    static std::map<std::string, std::shared_ptr<const Bundle>> loaded;
    auto &bundle = loaded[name];
    if (!bundle) bundle = std::make_shared<const Bundle>(models + "/" + name, 1, TRKX_KERNELS_STOCK);
    return bundle;
}

void succeeds(trkx_status status, const trkx_error &error)
{
    if (status != TRKX_OK) fail_msg("%s", error.message);
}

/* As ACTS' pipeline makes it: with a stream. */
ExecutionContext on_cuda(std::size_t index)
{
    return {Device::Cuda(index), cudaStream_t{}};
}

template <typename T> Tensor<T> here(const Tensor<T> &tensor)
{
    return tensor.clone({Device::Cpu(), cudaStream_t{}});
}

/* Whether a call throws this exception, with a message that holds the text. */
template <typename Exception, typename Call> void expect_throw(const std::string &text, Call call)
{
    try {
        call();
    } catch (const Exception &exception) {
        if (std::string(exception.what()).find(text) == std::string::npos)
            fail_msg("\"%s\" lacks \"%s\"", exception.what(), text.c_str());
        return;
    }
    fail_msg("no exception: %s", text.c_str());
}

/* ---- what the steps of trkx give --------------------------------------------------------------------- */

std::vector<float> features_of(const Bundle &bundle, trkx_network network)
{
    const trkx_hits &hits = *trkx_event_hits(event);
    std::vector<float> features(hits.count * trkx_pipeline_features_count(bundle.pipeline(), network));
    trkx_error error;
    succeeds(trkx_pipeline_features(bundle.pipeline(), network, &hits, features.data(), &error), error);
    return features;
}

/* As ACTS numbers modules: volume, layer and sensor from the uppermost byte on. */
std::uint64_t module_id(std::size_t hit)
{
    const trkx_hits &hits = *trkx_event_hits(event);
    return static_cast<std::uint64_t>(hits.volume_id[hit]) << 56 |
           static_cast<std::uint64_t>(hits.layer_id[hit]) << 36 |
           static_cast<std::uint64_t>(hits.module_id[hit]) << 8;
}

Tracks tracks_of(const std::vector<std::int32_t> &labels, std::size_t count)
{
    Tracks tracks(count);
    for (std::size_t i = 0; i < labels.size(); i++)
        if (labels[i] > 0) tracks[static_cast<std::size_t>(labels[i] - 1)].push_back(static_cast<int>(i));
    return tracks;
}

/* What `trkx run` finds. The bundle is the same but for completion, which ACTS' interface has no room for. */
Tracks run_trkx(const std::string &name, TrackBuilding::Method method)
{
    const std::string directory = models + "/" + name + "-without-completion";
    trkx_pipeline_options options;
    trkx_pipeline *pipeline = nullptr;
    trkx_result *result = nullptr;
    trkx_error error;
    trkx_pipeline_options_init(&options);
    options.threads = 1;
    options.kernels = TRKX_KERNELS_STOCK;
    options.method = method == TrackBuilding::Method::eWalkthrough ? "walkthrough" : "components";
    succeeds(trkx_pipeline_create(directory.c_str(), &options, &pipeline, &error), error);
    succeeds(trkx_pipeline_run(pipeline, trkx_event_hits(event), nullptr, &result, &error), error);
    const std::vector<std::int32_t> labels(result->labels, result->labels + result->hits);
    const auto tracks = tracks_of(labels, result->tracks);
    trkx_result_destroy(result);
    trkx_pipeline_destroy(pipeline);
    assert_true(tracks.size() > 100);
    return tracks;
}

const Tracks &expected_tracks(const char *name, TrackBuilding::Method method)
{
    static std::map<std::pair<std::string, TrackBuilding::Method>, Tracks> known;
    auto &tracks = known[{name, method}];
    if (tracks.empty()) tracks = run_trkx(name, method);
    return tracks;
}

/* Of the expected tracks: how many are not among these. */
std::size_t missing(const Tracks &expected, const Tracks &tracks)
{
    const std::set<std::vector<int>> found(tracks.begin(), tracks.end());
    return static_cast<std::size_t>(
        std::ranges::count_if(expected, [&](const auto &track) { return !found.contains(track); }));
}

/* ---- whole pipelines ---------------------------------------------------------------------------------- */

GnnPipeline pipeline_of(std::shared_ptr<const Bundle> bundle, const FeatureColumns &columns,
                        TrackBuilding::Method method, bool shrink = false, bool sorted = false)
{
    return {std::make_shared<GraphConstruction>(GraphConstruction::Config{bundle, columns, sorted}, log()),
            {std::make_shared<EdgeClassification>(
                 EdgeClassification::Config{bundle, TRKX_NETWORK_FILTER, columns}, log()),
             std::make_shared<EdgeClassification>(
                 EdgeClassification::Config{bundle, TRKX_NETWORK_GNN, columns}, log())},
            std::make_shared<TrackBuilding>(
                TrackBuilding::Config{.method = method, .bundle = bundle, .columns = columns}, log()),
            log(),
            shrink};
}

std::vector<int> numbered(std::size_t n)
{
    std::vector<int> ids(n);
    std::iota(ids.begin(), ids.end(), 0);
    return ids;
}

/* x, y, z and what acat2021-like looks at, by these scales. */
std::vector<float> columns_xyz_r_phi(float scale_r, float scale_phi, float scale_z)
{
    const trkx_hits &hits = *trkx_event_hits(event);
    std::vector<float> values;
    const trkx_feature_spec specs[] = {{TRKX_FEATURE_R, scale_r, nullptr},
                                       {TRKX_FEATURE_PHI, scale_phi, nullptr},
                                       {TRKX_FEATURE_X, 1, nullptr},
                                       {TRKX_FEATURE_Y, 1, nullptr},
                                       {TRKX_FEATURE_Z, scale_z, nullptr}};
    values.resize(hits.count * 5);
    trkx_error error;
    succeeds(trkx_features(&hits, nullptr, specs, 5, 1, values.data(), &error), error);
    return values;
}

struct Nodes {
    std::vector<std::size_t> hits; /* of each node */
    std::vector<float> features;
    std::vector<std::uint64_t> moduleIds;
};

std::vector<float> rows_of(const std::vector<float> &features, const std::vector<std::size_t> &hits)
{
    const std::size_t columns = features.size() / hits.size();
    std::vector<float> rows;
    for (std::size_t hit : hits)
        rows.insert(rows.end(), features.begin() + static_cast<std::ptrdiff_t>(hit * columns),
                    features.begin() + static_cast<std::ptrdiff_t>((hit + 1) * columns));
    return rows;
}

/* As TrackFindingAlgorithmGnn makes them of space points in this order: it sorts them by their modules, whose
 * ids it leaves as they were, and so passes other nodes' (ACTS v45.3 to main in November 2026). */
Nodes nodes_of_acts(const std::vector<float> &features, const std::vector<std::size_t> &spacePoints)
{
    Nodes nodes;
    std::vector<std::size_t> sorted(spacePoints.size());
    std::ranges::transform(spacePoints, std::back_inserter(nodes.moduleIds), module_id);
    std::iota(sorted.begin(), sorted.end(), 0);
    std::ranges::sort(sorted, {}, [&](std::size_t i) { return nodes.moduleIds[i]; });
    for (std::size_t i : sorted) nodes.hits.push_back(spacePoints[i]);
    nodes.features = rows_of(features, nodes.hits);
    return nodes;
}

std::vector<std::size_t> in_order(std::size_t n)
{
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    return order;
}

std::vector<std::size_t> shuffled(std::size_t n)
{
    auto order = in_order(n);
    std::ranges::shuffle(order, std::mt19937(1));
    return order;
}

/* Tracks of nodes as those of hits, in the order of the hits. */
Tracks in_hits(const Nodes &nodes, const Tracks &tracks)
{
    Tracks result;
    for (const auto &track : tracks) {
        auto &hits = result.emplace_back();
        for (int node : track) hits.push_back(static_cast<int>(nodes.hits[static_cast<std::size_t>(node)]));
        std::ranges::sort(hits);
    }
    std::ranges::sort(result);
    return result;
}

/* Nodes are in the order of the hits: the same bytes. */
void same_tracks_as_trkx_run(void **)
{
    const std::size_t n = trkx_event_hits(event)->count;
    for (auto method : {TrackBuilding::Method::eComponents, TrackBuilding::Method::eWalkthrough})
        for (const char *name : {"acat2021-like", "default"}) {
            const auto bundle = load(name);
            for (bool shrink : {false, true}) {
                auto features = features_of(*bundle, TRKX_NETWORK_EMBEDDING);
                std::vector<std::uint64_t> ids(n);
                for (std::size_t i = 0; i < n; i++) ids[i] = module_id(i);
                auto spacePoints = numbered(n);
                const auto tracks =
                    pipeline_of(bundle, {}, method, shrink).run(features, ids, spacePoints, Device::Cpu());
                const auto &expected = expected_tracks(name, method);
                /* with fewer nodes the networks, which look at their number, see another event */
                assert_true(shrink ? missing(expected, tracks) * 10 < expected.size() : tracks == expected);
                assert_true((spacePoints.size() < n) == shrink);
            }
        }
}

/* Nodes are in ACTS' order, of space points in the order of the hits or in any. Sums over edges are rounded
 * in another order then, which may take an edge across a cut. */
void same_tracks_in_the_order_of_acts(void **)
{
    const std::size_t n = trkx_event_hits(event)->count;
    for (auto method : {TrackBuilding::Method::eComponents, TrackBuilding::Method::eWalkthrough})
        for (const char *name : {"acat2021-like", "default"})
            for (const auto &spacePoints : {in_order(n), shuffled(n)}) {
                const auto bundle = load(name);
                const auto &expected = expected_tracks(name, method);
                auto nodes = nodes_of_acts(features_of(*bundle, TRKX_NETWORK_EMBEDDING), spacePoints);
                auto ids = numbered(n);
                const auto pipeline = pipeline_of(bundle, {}, method, false, true);
                const auto found =
                    in_hits(nodes, pipeline.run(nodes.features, nodes.moduleIds, ids, Device::Cpu()));
                assert_true(missing(expected, found) * 200 <= expected.size());
                assert_true(missing(found, expected) * 200 <= expected.size());
            }
}

/* Columns in another order, more of them than needed, and not scaled, or scaled in another way. */
void columns_are_found_and_scaled(void **)
{
    const auto bundle = load("acat2021-like");
    const auto method = TrackBuilding::Method::eComponents;
    const auto expected = expected_tracks("acat2021-like", method);
    const std::vector<std::string> names = {"r", "phi", "x", "y", "z"};
    auto ids = numbered(trkx_event_hits(event)->count);
    auto raw = columns_xyz_r_phi(1, 1, 1), halved = columns_xyz_r_phi(2, 4, 1),
         scaled = columns_xyz_r_phi(1000, static_cast<float>(M_PI), 1000);
    assert_true(pipeline_of(bundle, {names}, method).run(raw, {}, ids, Device::Cpu()) == expected);
    assert_true(pipeline_of(bundle, {names, {2, 4, 1, 1, 1}}, method).run(halved, {}, ids, Device::Cpu()) ==
                expected);
    const auto found = pipeline_of(bundle, {names, {1000, static_cast<float>(M_PI), 1, 1, 1000}}, method)
                           .run(scaled, {}, ids, Device::Cpu());
    assert_true(found.size() + 2 > expected.size() &&
                found.size() < expected.size() + 2); /* but for rounding */
}

/* Ids are looked up by the nodes' places, and nodes keep their order. */
void space_points_are_matched(void **)
{
    const auto bundle = load("acat2021-like");
    const auto expected = expected_tracks("acat2021-like", TrackBuilding::Method::eComponents);
    auto features = features_of(*bundle, TRKX_NETWORK_EMBEDDING);
    std::vector<int> ids = numbered(trkx_event_hits(event)->count);
    for (int &id : ids) id = 7 * id + 3;
    for (auto device : {Device::Cpu(), Device::Cuda(1)}) {
        auto pipeline = pipeline_of(bundle, {}, TrackBuilding::Method::eComponents);
        auto tracks = pipeline.run(features, {}, ids, device);
        for (auto &track : tracks)
            for (int &id : track) id = (id - 3) / 7;
        assert_true(tracks == expected);
    }
}

void walkthrough_on_a_device(void **)
{
    const auto bundle = load("acat2021-like");
    auto features = features_of(*bundle, TRKX_NETWORK_EMBEDDING);
    auto ids = numbered(trkx_event_hits(event)->count);
    auto pipeline = pipeline_of(bundle, {}, TrackBuilding::Method::eWalkthrough);
    assert_true(pipeline.run(features, {}, ids, Device::Cuda()) ==
                expected_tracks("acat2021-like", TrackBuilding::Method::eWalkthrough));
}

/* ---- stage by stage ----------------------------------------------------------------------------------- */

PipelineTensors construct(const std::shared_ptr<const Bundle> &bundle, const ExecutionContext &context = {})
{
    auto features = features_of(*bundle, TRKX_NETWORK_EMBEDDING);
    GraphConstruction stage({bundle}, log());
    assert_true(stage.config().bundle == bundle);
    return stage(features, trkx_event_hits(event)->count, {}, context);
}

void graph_construction(void **)
{
    const auto bundle = load("acat2021-like");
    const trkx_hits &hits = *trkx_event_hits(event);
    const auto features = features_of(*bundle, TRKX_NETWORK_EMBEDDING);
    TensorCounts::created = TensorCounts::cloned = 0;
    const auto tensors = construct(bundle);
    assert_int_equal(TensorCounts::created, 2);
    assert_int_equal(TensorCounts::cloned, 0);
    assert_false(tensors.edgeFeatures.has_value());
    assert_false(tensors.edgeScores.has_value());
    assert_true((tensors.nodeFeatures.shape() == std::array<std::size_t, 2>{hits.count, 3}));
    assert_memory_equal(tensors.nodeFeatures.data(), features.data(), tensors.nodeFeatures.nbytes());
    assert_int_equal(tensors.edgeIndex.shape()[0], 2);
    const std::size_t m = tensors.edgeIndex.shape()[1];
    const std::int64_t *source = tensors.edgeIndex.data(), *target = source + m;
    auto distance = [&](std::int64_t i) {
        return std::hypot(hits.xyz[3 * i], hits.xyz[3 * i + 1], hits.xyz[3 * i + 2]);
    };
    assert_true(m > hits.count);
    for (std::size_t e = 0; e < m; e++) {
        assert_true(distance(source[e]) <= distance(target[e]) * 1.00001f);
        if (e > 0)
            assert_true(source[e - 1] < source[e] ||
                        (source[e - 1] == source[e] && target[e - 1] < target[e]));
    }
    const auto there = construct(bundle, on_cuda(1));
    assert_true(there.nodeFeatures.device() == Device::Cuda(1) &&
                there.edgeIndex.device() == Device::Cuda(1));
    assert_memory_not_equal(there.edgeIndex.data(), source, tensors.edgeIndex.nbytes());
    assert_memory_equal(here(there.edgeIndex).data(), source, tensors.edgeIndex.nbytes());
}

/* Scores are sigmoids over the cut, edges and their features those of the edges that are left, in order. */
void edge_classification(void **)
{
    const auto bundle = load("acat2021-like");
    EdgeClassification::Config config{bundle, TRKX_NETWORK_GNN};
    for (auto cut : {std::optional<float>{}, std::optional<float>{0.25f}, std::optional<float>{0.0f}}) {
        auto tensors = construct(bundle), before = construct(bundle);
        const std::size_t m = tensors.edgeIndex.shape()[1];
        const float *nodes = tensors.nodeFeatures.data();
        tensors.edgeFeatures.emplace(Tensor<float>::Create({m, 2}, {}));
        for (std::size_t i = 0; i < 2 * m; i++) tensors.edgeFeatures->data()[i] = static_cast<float>(i);
        config.cut = cut;
        EdgeClassification stage(config, log());
        assert_true(stage.config().cut == cut);
        TensorCounts::created = TensorCounts::cloned = 0;
        const auto left = stage(std::move(tensors));
        assert_int_equal(TensorCounts::created,
                         3); /* edges, scores and edge features: the nodes are handed on */
        assert_int_equal(TensorCounts::cloned, 0);
        assert_ptr_equal(left.nodeFeatures.data(), nodes);
        const std::size_t kept = left.edgeIndex.shape()[1];
        assert_true((left.edgeScores->shape() == std::array<std::size_t, 2>{kept, 1}));
        assert_true((left.edgeFeatures->shape() == std::array<std::size_t, 2>{kept, 2}));
        assert_true(cut == 0.0f ? kept == m : kept < m);
        for (std::size_t e = 0; e < kept; e++) {
            assert_true(left.edgeScores->data()[e] > cut.value_or(bundle->info().gnn_cut) &&
                        left.edgeScores->data()[e] <= 1);
            const std::size_t was = static_cast<std::size_t>(left.edgeFeatures->data()[2 * e]) / 2;
            assert_true(left.edgeFeatures->data()[2 * e + 1] == static_cast<float>(2 * was + 1));
            assert_int_equal(left.edgeIndex.data()[e], before.edgeIndex.data()[was]);
            assert_int_equal(left.edgeIndex.data()[kept + e], before.edgeIndex.data()[m + was]);
        }
    }
}

void edge_classification_on_a_device(void **)
{
    const auto bundle = load("acat2021-like");
    EdgeClassification stage({bundle}, log());
    const ExecutionContext there = on_cuda(2);
    auto tensors = construct(bundle, there);
    tensors.edgeFeatures.emplace(Tensor<float>::Create({tensors.edgeIndex.shape()[1], 1}, there));
    const auto left = stage(std::move(tensors), there), same = stage(construct(bundle));
    assert_true(left.edgeIndex.device() == there.device && left.edgeScores->device() == there.device &&
                left.edgeFeatures->device() == there.device && left.nodeFeatures.device() == there.device);
    assert_memory_equal(here(*left.edgeScores).data(), same.edgeScores->data(), same.edgeScores->nbytes());
    assert_memory_equal(here(left.edgeIndex).data(), same.edgeIndex.data(), same.edgeIndex.nbytes());
}

/* CUDA, the default of ACTS' TrackFindingAlgorithmGnn, in an ACTS that was built without, and what is neither
 * CPU nor CUDA: refused before anything is computed. */
void devices_out_of_reach(void **)
{
    const auto bundle = load("acat2021-like");
    const std::string advice = "without a stream, but trkx' stages compute on the CPU: run the pipeline with "
                               "Device::Cpu(), in Python with device=acts.gnn.Device.Cpu()";
    std::vector<float> nothing;
    auto tensors = construct(bundle, on_cuda(0));
    auto features = features_of(*bundle, TRKX_NETWORK_EMBEDDING);
    auto ids = numbered(trkx_event_hits(event)->count);
    const auto pipeline = pipeline_of(bundle, {}, TrackBuilding::Method::eComponents);
    GraphConstruction construction({bundle}, log());
    EdgeClassification classification({bundle}, log());
    TrackBuilding building({}, log());
    messages.str("");
    ActsPlugins::Build::withCuda = false;
    expect_throw<std::invalid_argument>("CUDA(0) " + advice,
                                        [&] { pipeline.run(features, {}, ids, Device::Cuda()); });
    ActsPlugins::Build::withCuda = true;
    assert_null(std::strstr(messages.str().c_str(), "Built"));
    expect_throw<std::invalid_argument>("CUDA(2) " + advice, [&] {
        construction(nothing, 0, {}, {Device::Cuda(2), {}});
    });
    expect_throw<std::invalid_argument>("the device is MPS, but trkx' stages compute on the CPU", [&] {
        construction(nothing, 0, {}, {Device::Mps(), {}});
    });
    expect_throw<std::invalid_argument>("CUDA(2) " + advice, [&] {
        classification(construct(bundle), {Device::Cuda(2), {}});
    });
    expect_throw<std::invalid_argument>("a tensor is on a device, and there is no stream",
                                        [&] { building(std::move(tensors), ids); });
}

PipelineTensors by_hand(std::size_t nodes, const std::vector<std::int64_t> &index,
                        const std::vector<float> &scores)
{
    PipelineTensors tensors{Tensor<float>::Create({nodes, 3}, {}),
                            Tensor<std::int64_t>::Create({2, index.size() / 2}, {}),
                            {},
                            {}};
    std::fill_n(tensors.nodeFeatures.data(), 3 * nodes, 0.1f);
    std::copy(index.begin(), index.end(), tensors.edgeIndex.data());
    if (scores.empty()) return tensors;
    tensors.edgeScores.emplace(Tensor<float>::Create({scores.size(), 1}, {}));
    std::copy(scores.begin(), scores.end(), tensors.edgeScores->data());
    return tensors;
}

/* 0-1-2-3-4, with 5 unused; 2-6 is a worse way on. */
void track_building(void **)
{
    const std::vector<std::int64_t> index = {0, 1, 2, 3, 2, 1, 2, 3, 4, 6};
    const std::vector<float> scores = {0.9f, 0.9f, 0.9f, 0.9f, 0.2f};
    std::vector<int> ids = {10, 11, 12, 13, 14, 15, 16};
    TrackBuilding components({}, log()),
        walk({.method = TrackBuilding::Method::eWalkthrough, .columns = {{"x", "y", "z"}}}, log()),
        large({.minCandidateSize = 7}, log()),
        strict({.method = TrackBuilding::Method::eWalkthrough,
                .columns = {{"x", "y", "z"}},
                .minScore = 0.95f,
                .addScore = 1},
               log());
    assert_true((components(by_hand(7, index, {}), ids) == Tracks{{10, 11, 12, 13, 14, 16}}));
    assert_true((walk(by_hand(7, index, scores), ids) == Tracks{{10, 11, 12, 13, 14}}));
    assert_true(large(by_hand(7, index, scores), ids).empty());
    assert_true(strict(by_hand(7, index, scores), ids).empty());
    assert_int_equal(large.config().minCandidateSize, 7);
    messages.str("");
    assert_true(components(by_hand(7, {}, {}), ids).empty());
    assert_non_null(std::strstr(messages.str().c_str(), "No edges are left"));
    expect_throw<std::invalid_argument>("needs edgeScores", [&] { walk(by_hand(7, index, {}), ids); });
    expect_throw<std::invalid_argument>("number of edgeScores is not", [&] {
        walk(by_hand(7, index, {1, 1}), ids);
    });
    expect_throw<std::invalid_argument>("contain a cycle", [&] {
        walk(by_hand(7, {0, 1, 1, 0}, {1, 1}), ids);
    });
    expect_throw<std::invalid_argument>("there are 7 hits", [&] { components(by_hand(7, {0, 7}, {}), ids); });
    expect_throw<std::invalid_argument>("7 space points do not match the 8 nodes",
                                        [&] { components(by_hand(8, index, {}), ids); });
    expect_throw<std::invalid_argument>("minCandidateSize is 0",
                                        [] { TrackBuilding({.minCandidateSize = 0}, log()); });
    expect_throw<std::invalid_argument>("number of threads is negative",
                                        [] { TrackBuilding({.threads = -1}, log()); });
}

/* 0-1, and from there equally good edges to 2 and 3: the walk goes to the nearer, whatever their numbers. */
void ties_go_by_position(void **)
{
    std::vector<int> ids = {0, 1, 2, 3};
    TrackBuilding::Config config{.method = TrackBuilding::Method::eWalkthrough};
    for (const char *second : {"y", "phi"})
        for (int nearer : {2, 3}) {
            auto tensors = by_hand(4, {0, 1, 1, 1, 2, 3}, {0.9f, 0.8f, 0.8f});
            for (int i = 0; i < 4; i++) tensors.nodeFeatures.data()[3 * i] = static_cast<float>(i + 1);
            tensors.nodeFeatures.data()[3 * (5 - nearer)] = 5;
            config.columns.names = {*second == 'y' ? "x" : "r", second, "z"};
            assert_true((TrackBuilding(config, log())(std::move(tensors), ids) == Tracks{{0, 1, nearer}}));
        }
    config.columns.names = {"r", "eta", "z"};
    expect_throw<std::invalid_argument>("the walkthrough resolves ties by position",
                                        [&] { TrackBuilding(config, log()); });
    config.columns.names.clear();
    expect_throw<std::invalid_argument>("there is no bundle", [&] { TrackBuilding(config, log()); });
}

/* default's k goes by volume, but the ids that ACTS passes are those of other nodes. */
void volumes_of_other_nodes(void **)
{
    const auto bundle = load("default");
    const std::size_t n = trkx_event_hits(event)->count;
    auto nodes = nodes_of_acts(features_of(*bundle, TRKX_NETWORK_EMBEDDING), shuffled(n));
    auto sorted = nodes.moduleIds;
    std::ranges::sort(sorted);
    GraphConstruction careful({bundle}, log()), told({bundle, {}, true}, log());
    assert_true(bundle->info().own_ks);
    expect_throw<std::invalid_argument>("0 module ids do not match " + std::to_string(n) + " nodes",
                                        [&] { careful(nodes.features, n, {}); });
    expect_throw<std::invalid_argument>(
        "the module ids are not ascending, so they may be those of other nodes",
        [&] { careful(nodes.features, n, nodes.moduleIds); });
    expect_throw<std::invalid_argument>("module ids", [&] { told(nodes.features, n, {}); });
    const auto right = careful(nodes.features, n, sorted), same = told(nodes.features, n, nodes.moduleIds);
    assert_int_equal(same.edgeIndex.size(), right.edgeIndex.size());
    assert_memory_equal(same.edgeIndex.data(), right.edgeIndex.data(), right.edgeIndex.nbytes());

    /* a column volume is in the order of the nodes, whatever the ids */
    FeatureColumns columns;
    const auto *specs = trkx_pipeline_feature_specs(bundle->pipeline(), TRKX_NETWORK_EMBEDDING);
    const std::size_t count = trkx_pipeline_features_count(bundle->pipeline(), TRKX_NETWORK_EMBEDDING);
    std::vector<float> wider;
    for (std::size_t f = 0; f < count; f++) {
        columns.names.push_back(trkx_feature_spec_name(&specs[f]));
        columns.scales.push_back(static_cast<float>(specs[f].scale));
    }
    columns.names.push_back("volume");
    columns.scales.push_back(10);
    for (std::size_t i = 0; i < n; i++) {
        wider.insert(wider.end(), nodes.features.begin() + static_cast<std::ptrdiff_t>(i * count),
                     nodes.features.begin() + static_cast<std::ptrdiff_t>((i + 1) * count));
        wider.push_back(static_cast<float>(trkx_event_hits(event)->volume_id[nodes.hits[i]]) / 10);
    }
    const auto by_column = GraphConstruction({bundle, columns}, log())(wider, n, nodes.moduleIds);
    assert_int_equal(by_column.edgeIndex.size(), right.edgeIndex.size());
    assert_memory_equal(by_column.edgeIndex.data(), right.edgeIndex.data(), right.edgeIndex.nbytes());
}

void no_edges(void **)
{
    const auto bundle = load("acat2021-like");
    GraphConstruction construction({bundle}, log());
    std::vector<float> none, one = {0.03f, 0.5f, 0.1f}, apart = {0.03f, 0.5f, 0.1f, 1.0f, -0.5f, -2.5f};
    expect_throw<NoEdgesError>("", [&] { construction(none, 0, {}); });
    expect_throw<NoEdgesError>("", [&] { construction(one, 1, {}); });
    expect_throw<NoEdgesError>("", [&] { construction(apart, 2, {}); });
    EdgeClassification all({bundle}, log()), nothing({bundle, TRKX_NETWORK_FILTER, {}, 1.0f}, log());
    expect_throw<NoEdgesError>("", [&] { all(by_hand(2, {}, {})); });
    expect_throw<NoEdgesError>("", [&] { nothing(construct(bundle)); });
    auto pipeline = pipeline_of(bundle, {}, TrackBuilding::Method::eComponents);
    auto ids = numbered(1);
    assert_true(pipeline.run(one, {}, ids, Device::Cpu()).empty());
}

void tensors_that_do_not_fit(void **)
{
    const auto bundle = load("acat2021-like");
    std::vector<float> values(7);
    GraphConstruction construction({bundle}, log());
    EdgeClassification stage({bundle}, log());
    TrackBuilding building({}, log());
    std::vector<int> ids = {0, 1};
    expect_throw<std::invalid_argument>("7 values do not match 3 columns of 2 nodes",
                                        [&] { construction(values, 2, {}); });
    auto moved = [](auto member) {
        auto tensors = by_hand(2, {0, 1}, {1});
        const auto gone = std::move(tensors.*member);
        return tensors;
    };
    expect_throw<std::invalid_argument>("moved from", [&] { stage(moved(&PipelineTensors::nodeFeatures)); });
    expect_throw<std::invalid_argument>("moved from", [&] { stage(moved(&PipelineTensors::edgeIndex)); });
    expect_throw<std::invalid_argument>("moved from",
                                        [&] { building(moved(&PipelineTensors::edgeIndex), ids); });
    auto wide = by_hand(2, {0, 1}, {});
    wide.nodeFeatures = Tensor<float>::Create({2, 4}, {});
    expect_throw<std::invalid_argument>("4 columns instead of 3", [&] { stage(std::move(wide)); });
    auto tall = by_hand(2, {}, {});
    tall.edgeIndex = Tensor<std::int64_t>::Create({1, 2}, {});
    expect_throw<std::invalid_argument>("is not [2,E]", [&] { stage(std::move(tall)); });
    auto fewer = by_hand(2, {0, 1}, {});
    fewer.edgeFeatures.emplace(Tensor<float>::Create({2, 1}, {}));
    expect_throw<std::invalid_argument>("number of edgeFeatures is not", [&] {
        EdgeClassification({bundle, TRKX_NETWORK_FILTER, {}, 0.0f}, log())(std::move(fewer));
    });
    for (std::int64_t end : {2, -1})
        expect_throw<std::invalid_argument>(
            "edgeIndex has " + std::to_string(end) + ", but there are 2 nodes", [&] {
                stage(by_hand(2, {0, end}, {}));
            });
}

void configurations_that_do_not_fit(void **)
{
    const auto bundle = load("acat2021-like");
    auto construct_with = [&](const FeatureColumns &columns) { GraphConstruction({bundle, columns}, log()); };
    expect_throw<std::runtime_error>("no-such-bundle", [] { load("no-such-bundle"); });
    expect_throw<std::invalid_argument>("threads",
                                        [] { Bundle(models + "/acat2021-like", -1, TRKX_KERNELS_STOCK); });
    expect_throw<std::invalid_argument>("there is no bundle", [] { GraphConstruction({}, log()); });
    expect_throw<std::invalid_argument>("need the feature phi, which is not among the columns r, z", [&] {
        construct_with({{"r", "z"}});
    });
    expect_throw<std::invalid_argument>("R is not a known feature", [&] {
        construct_with({{"R", "phi", "z"}});
    });
    expect_throw<std::invalid_argument>("3 columns have 2 scales", [&] {
        construct_with({{"r", "phi", "z"}, {1, 1}});
    });
    expect_throw<std::invalid_argument>("scale of the column phi is not a usable divisor", [&] {
        construct_with({{"r", "phi", "z"}, {1, 0, 1}});
    });
    expect_throw<std::invalid_argument>("scale of the column r is not a usable divisor", [&] {
        construct_with({{"r", "phi", "z"}, {INFINITY, 1, 1}});
    });
    expect_throw<std::invalid_argument>("columns without names", [&] { construct_with({{}, {1, 1, 1}}); });
    expect_throw<std::invalid_argument>("does not classify edges", [&] {
        EdgeClassification({bundle, TRKX_NETWORK_EMBEDDING}, log());
    });
    for (float cut : {-0.1f, 1.1f, NAN})
        expect_throw<std::invalid_argument>("the cut is not", [&] {
            EdgeClassification({bundle, TRKX_NETWORK_GNN, {}, cut}, log());
        });
}

/* Without x and y the distance comes from r; without both there is none. */
void edges_need_positions(void **)
{
    const auto bundle = load("without-positions");
    expect_throw<std::invalid_argument>("columns x, y and z, or r and z",
                                        [&] { GraphConstruction({bundle}, log()); });
}

void stages_tell_what_they_do(void **)
{
    messages.str("");
    const auto bundle = load("acat2021-like");
    EdgeClassification filter({bundle}, log()), gnn({bundle, TRKX_NETWORK_GNN}, log());
    filter(construct(bundle));
    for (const char *text : {"bundle acat2021-like: radius 1.8 in 8 dimensions, at most 32 neighbours",
                             "Built ", "nodes have more than 32 neighbours; they keep the nearest",
                             "filter of bundle", "GNN of bundle", "cut 0.1442", "edges are above the cut"})
        if (messages.str().find(text) == std::string::npos)
            fail_msg("no \"%s\" in:\n%s", text, messages.str().c_str());
}

} // namespace

int main(int count, char **arguments)
{
    trkx_simulate_options options;
    trkx_error error;
    trkx_simulate_options_init(&options);
    options.density = 0.0245;
    options.threads = 1;
    models = count > 1 ? arguments[1] : "models";
    if (trkx_simulate(&options, 1, &event, &error) != TRKX_OK) return 1;
    const CMUnitTest tests[] = {
        cmocka_unit_test(same_tracks_as_trkx_run),
        cmocka_unit_test(same_tracks_in_the_order_of_acts),
        cmocka_unit_test(columns_are_found_and_scaled),
        cmocka_unit_test(space_points_are_matched),
        cmocka_unit_test(walkthrough_on_a_device),
        cmocka_unit_test(graph_construction),
        cmocka_unit_test(edge_classification),
        cmocka_unit_test(edge_classification_on_a_device),
        cmocka_unit_test(devices_out_of_reach),
        cmocka_unit_test(track_building),
        cmocka_unit_test(ties_go_by_position),
        cmocka_unit_test(volumes_of_other_nodes),
        cmocka_unit_test(no_edges),
        cmocka_unit_test(tensors_that_do_not_fit),
        cmocka_unit_test(configurations_that_do_not_fit),
        cmocka_unit_test(edges_need_positions),
        cmocka_unit_test(stages_tell_what_they_do),
    };
    const int failed = cmocka_run_group_tests(tests, nullptr, nullptr);
    trkx_event_destroy(event);
    return failed;
}
