/* For tests: what ACTS' Python registers of the Gnn plugin, as the module gnn; tests/acts/CMakeLists.txt
 * makes a package acts of it. See README.md of tests/acts_interface. */
#include <ActsPlugins/Gnn/GnnPipeline.hpp>

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

namespace py = pybind11;
using namespace ActsPlugins;

PYBIND11_MODULE(gnn, module)
{
    py::enum_<Acts::Logging::Level>(module, "Level")
        .value("INFO", Acts::Logging::INFO)
        .value("ERROR", Acts::Logging::ERROR);
    enum class NodeFeature { eR, ePhi, eZ };
    py::enum_<NodeFeature>(module, "NodeFeature")
        .value("R", NodeFeature::eR)
        .value("Phi", NodeFeature::ePhi)
        .value("Z", NodeFeature::eZ);
    py::class_<GraphConstructionBase, std::shared_ptr<GraphConstructionBase>>(module,
                                                                              "GraphConstructionBase");
    py::class_<EdgeClassificationBase, std::shared_ptr<EdgeClassificationBase>>(module,
                                                                                "EdgeClassificationBase");
    py::class_<TrackBuildingBase, std::shared_ptr<TrackBuildingBase>>(module, "TrackBuildingBase");
    py::class_<GnnPipeline>(module, "GnnPipeline")
        .def(py::init([](std::shared_ptr<GraphConstructionBase> graphConstructor,
                         std::vector<std::shared_ptr<EdgeClassificationBase>> edgeClassifiers,
                         std::shared_ptr<TrackBuildingBase> trackBuilder) {
                 return GnnPipeline(graphConstructor, edgeClassifiers, trackBuilder,
                                    Acts::getDefaultLogger("GnnPipeline", Acts::Logging::INFO));
             }),
             py::arg("graphConstructor"), py::arg("edgeClassifiers"), py::arg("trackBuilder"))
        .def("run",
             [](const GnnPipeline &pipeline, std::vector<float> features, std::vector<int> spacePoints) {
                 return pipeline.run(features, {}, spacePoints, Device::Cpu());
             });
}
