/* trkx' stages for ACTS' Python: the module trkx_acts. It derives from the classes that acts.gnn registers,
 * so it has to be built with the pybind11 that ACTS was built with. */
#include <trkx_acts.hpp>

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

namespace py = pybind11;
using namespace py::literals;
using namespace trkx_acts;

namespace
{

/* A Config with these members, by name. */
template <typename Config> Config configured(const std::string &name, const py::kwargs &members)
{
    py::object config = py::type::of<Config>()();
    for (const auto &[member, value] : members) {
        if (!py::hasattr(config, member))
            throw py::type_error(name + " has no " + py::str(member).cast<std::string>());
        py::setattr(config, member, value);
    }
    return config.cast<Config>();
}

/* As ACTS declares its own: Stage(config, level), Stage(level=level, **members of Config), Config(**members).
 */
template <typename Stage, typename Base> auto declare(py::module_ &module, const std::string &name)
{
    using Config = typename Stage::Config;
    auto make = [name](const Config &config, Acts::Logging::Level level) {
        return std::make_shared<Stage>(config, Acts::getDefaultLogger(name, level));
    };
    auto stage = py::class_<Stage, Base, std::shared_ptr<Stage>>(module, name.c_str())
                     .def_property_readonly("config", &Stage::config)
                     .def(py::init(make), "config"_a, "level"_a)
                     .def(py::init([name, make](Acts::Logging::Level level, const py::kwargs &members) {
                              return make(configured<Config>(name, members), level);
                          }),
                          "level"_a);
    return py::class_<Config>(stage, "Config")
        .def(py::init<>())
        .def(py::init(
            [name](const py::kwargs &members) { return configured<Config>(name + ".Config", members); }));
}

/* What the three Configs have in common. */
template <typename Config> void declareInputs(py::class_<Config> &config)
{
    config
        .def_property(
            "bundle", [](const Config &c) { return std::const_pointer_cast<Bundle>(c.bundle); },
            [](Config &c, std::shared_ptr<Bundle> bundle) { c.bundle = std::move(bundle); })
        .def_readwrite("columns", &Config::columns);
}

} // namespace

PYBIND11_MODULE(trkx_acts, module)
{
    module.doc() = "The stages of ACTS' Gnn plugin over libtrkx.";
    py::module_::import("acts");     /* the logging levels */
    py::module_::import("acts.gnn"); /* the stages' base classes */

    py::enum_<trkx_network>(module, "Network")
        .value("Filter", TRKX_NETWORK_FILTER)
        .value("GNN", TRKX_NETWORK_GNN);
    py::enum_<TrackBuilding::Method>(module, "Method")
        .value("Components", TrackBuilding::Method::eComponents)
        .value("Walkthrough", TrackBuilding::Method::eWalkthrough);
    py::class_<Bundle, std::shared_ptr<Bundle>>(module, "Bundle")
        .def(py::init([](const std::filesystem::path &directory, int threads) {
                 return std::make_shared<Bundle>(directory.string(), threads);
             }),
             "directory"_a, "threads"_a = 1);
    py::class_<FeatureColumns>(module, "FeatureColumns")
        .def(py::init([](std::vector<std::string> names, std::vector<float> scales) {
                 return FeatureColumns{std::move(names), std::move(scales)};
             }),
             "names"_a, "scales"_a = std::vector<float>());

    using Construction = GraphConstruction::Config;
    auto construction =
        declare<GraphConstruction, ActsPlugins::GraphConstructionBase>(module, "GraphConstruction");
    declareInputs(construction);
    construction.def_readwrite("nodesSortedByModule", &Construction::nodesSortedByModule);
    using Classification = EdgeClassification::Config;
    auto classification =
        declare<EdgeClassification, ActsPlugins::EdgeClassificationBase>(module, "EdgeClassification");
    declareInputs(classification);
    classification.def_readwrite("network", &Classification::network)
        .def_readwrite("cut", &Classification::cut);
    using Building = TrackBuilding::Config;
    auto building = declare<TrackBuilding, ActsPlugins::TrackBuildingBase>(module, "TrackBuilding");
    declareInputs(building);
    building.def_readwrite("method", &Building::method)
        .def_readwrite("minScore", &Building::minScore)
        .def_readwrite("addScore", &Building::addScore)
        .def_readwrite("minCandidateSize", &Building::minCandidateSize)
        .def_readwrite("threads", &Building::threads);
}
