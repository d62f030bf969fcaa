/* Loads the bundle that the stages share. */
#include "tensors.hpp"

namespace trkx_acts
{

Bundle::Bundle(const std::string &directory, int threads, trkx_kernels kernels) : m_threads(threads)
{
    trkx_pipeline_options options;
    trkx_pipeline *pipeline = nullptr;
    trkx_error error;
    trkx_pipeline_options_init(&options);
    options.threads = threads;
    options.kernels = kernels;
    check(trkx_pipeline_create(directory.c_str(), &options, &pipeline, &error), error);
    m_pipeline.reset(pipeline);
}

} // namespace trkx_acts
