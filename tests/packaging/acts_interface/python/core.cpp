/* For tests: what adapters/acts uses of ACTS' own Python module. See
 * tests/packaging/acts_interface/README.md. */
#include <Acts/Utilities/Logger.hpp>

#include <pybind11/pybind11.h>

namespace py = pybind11;

PYBIND11_MODULE(ActsPythonBindings, module)
{
    auto logging = module.def_submodule("logging");
    py::enum_<Acts::Logging::Level>(logging, "Level")
        .value("VERBOSE", Acts::Logging::VERBOSE)
        .value("DEBUG", Acts::Logging::DEBUG)
        .value("INFO", Acts::Logging::INFO)
        .value("WARNING", Acts::Logging::WARNING)
        .value("ERROR", Acts::Logging::ERROR)
        .value("FATAL", Acts::Logging::FATAL)
        .export_values();
}
