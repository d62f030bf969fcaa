/* For tests: what ACTS' Python registers of the Gnn plugin. See tests/packaging/acts_interface/README.md. */
#include <ActsPlugins/Gnn/GnnPipeline.hpp>

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

namespace py = pybind11;
using namespace py::literals;
using namespace ActsPlugins;

PYBIND11_MODULE(ActsPluginsPythonBindingsGnn, module)
{
    Build::withCuda = false;
    py::module_::import("acts"); /* the logging levels */
    py::class_<GraphConstructionBase, std::shared_ptr<GraphConstructionBase>>(module,
                                                                              "GraphConstructionBase");
    py::class_<EdgeClassificationBase, std::shared_ptr<EdgeClassificationBase>>(module,
                                                                                "EdgeClassificationBase");
    py::class_<TrackBuildingBase, std::shared_ptr<TrackBuildingBase>>(module, "TrackBuildingBase");
    py::class_<GnnHook>(module, "GnnHook");
    py::class_<GnnTiming>(module, "GnnTiming");
    py::class_<Device>(module, "Device")
        .def_static("Cpu", &Device::Cpu)
        .def_static("Cuda", &Device::Cuda, "index"_a = 0)
        .def_static("Mps", &Device::Mps);
    py::class_<GnnPipeline, std::shared_ptr<GnnPipeline>>(module, "GnnPipeline")
        .def(py::init([](std::shared_ptr<GraphConstructionBase> graphConstructor,
                         std::vector<std::shared_ptr<EdgeClassificationBase>> edgeClassifiers,
                         std::shared_ptr<TrackBuildingBase> trackBuilder, Acts::Logging::Level level,
                         bool shrinkNodes) {
                 return std::make_shared<GnnPipeline>(graphConstructor, edgeClassifiers, trackBuilder,
                                                      Acts::getDefaultLogger("GnnPipeline", level),
                                                      shrinkNodes);
             }),
             "graphConstructor"_a, "edgeClassifiers"_a, "trackBuilder"_a, "level"_a, "shrinkNodes"_a = false)
        .def("run", &GnnPipeline::run, "features"_a, "moduleIds"_a, "spacepoints"_a,
             "device"_a = Device::Cuda(0), "hook"_a = GnnHook{}, "timing"_a = nullptr);
}
