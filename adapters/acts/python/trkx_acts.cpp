/* trkx' stages for ACTS' Python examples: the module trkx_acts. It derives from the classes that
 * acts.examples.gnn registers, so it has to be built with the pybind11 that ACTS was built with. */
#include <trkx_acts.hpp>

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

namespace py = pybind11;
using namespace trkx_acts;

namespace
{

/* Stage(level, **members of Config), as ACTS' own. */
template <typename Stage, typename Base> auto declare(py::module_ &module, const char *name)
{
    using Config = typename Stage::Config;
    auto stage = py::class_<Stage, Base, std::shared_ptr<Stage>>(module, name)
                     .def_property_readonly("config", &Stage::config);
    auto config = py::class_<Config>(stage, "Config").def(py::init<>());
    stage.def(py::init([name, config](Acts::Logging::Level level, const py::kwargs &members) {
                  py::object given = config();
                  for (const auto &[member, value] : members) {
                      if (!py::hasattr(given, member))
                          throw py::type_error(std::string(name) + " has no " +
                                               py::str(member).cast<std::string>());
                      py::setattr(given, member, value);
                  }
                  return std::make_shared<Stage>(given.template cast<Config>(),
                                                 Acts::getDefaultLogger(name, level));
              }),
              py::arg("level"));
    return config;
}

} // namespace

PYBIND11_MODULE(trkx_acts, module)
{
    module.doc() = "The stages of ACTS' Gnn plugin over libtrkx.";
    py::module_::import("acts");              /* the logging levels */
    py::module_::import("acts.examples.gnn"); /* the stages' base classes */

    py::enum_<trkx_network>(module, "Network")
        .value("Filter", TRKX_NETWORK_FILTER)
        .value("GNN", TRKX_NETWORK_GNN);
    py::enum_<TrackBuilding::Method>(module, "Method")
        .value("Components", TrackBuilding::Method::eComponents)
        .value("Walkthrough", TrackBuilding::Method::eWalkthrough);
    py::class_<Bundle, std::shared_ptr<Bundle>>(module, "Bundle")
        .def(py::init<const std::string &, int>(), py::arg("directory"), py::arg("threads") = 1);
    py::class_<FeatureColumns>(module, "FeatureColumns")
        .def(py::init([](std::vector<std::string> names, std::vector<float> scales) {
                 return FeatureColumns{std::move(names), std::move(scales)};
             }),
             py::arg("names"), py::arg("scales") = std::vector<float>());

    using Construction = GraphConstruction::Config;
    declare<GraphConstruction, ActsPlugins::GraphConstructionBase>(module, "GraphConstruction")
        .def_property(
            "bundle", [](const Construction &c) { return std::const_pointer_cast<Bundle>(c.bundle); },
            [](Construction &c, std::shared_ptr<Bundle> bundle) { c.bundle = std::move(bundle); })
        .def_readwrite("columns", &Construction::columns);
    using Classification = EdgeClassification::Config;
    declare<EdgeClassification, ActsPlugins::EdgeClassificationBase>(module, "EdgeClassification")
        .def_property(
            "bundle", [](const Classification &c) { return std::const_pointer_cast<Bundle>(c.bundle); },
            [](Classification &c, std::shared_ptr<Bundle> bundle) { c.bundle = std::move(bundle); })
        .def_readwrite("network", &Classification::network)
        .def_readwrite("columns", &Classification::columns)
        .def_readwrite("cut", &Classification::cut);
    using Building = TrackBuilding::Config;
    declare<TrackBuilding, ActsPlugins::TrackBuildingBase>(module, "TrackBuilding")
        .def_readwrite("method", &Building::method)
        .def_readwrite("minScore", &Building::minScore)
        .def_readwrite("addScore", &Building::addScore)
        .def_readwrite("minCandidateSize", &Building::minCandidateSize)
        .def_readwrite("threads", &Building::threads);
}
