"""trkx: charged-particle track finding with graph neural networks.

    event = trkx.simulate(density=0.04)
    result = trkx.Pipeline().run(event)
    result.labels, result.tracks, result.edges, result.scores, result.steps
    trkx.evaluate(result.labels, event)

Single steps: features, radius_graph, components, evaluate; the networks: load_models. Lengths are in mm, momenta in
GeV. Any number of threads may call at once: the GIL is released while the library works.
"""
from ._library import library as _library
from .errors import (ArgumentError, BundleError, CancelledError, DeviceError, FileError, FormatError, ModelError,
                     OnnxRuntimeError, OutOfMemoryError, TrkxError, TrkxWarning)
from .event import (Cells, Event, Hits, Particles, Truth, as_hits, as_particles, as_truth, read_event, simulate)
from .files import read_parquet, read_root
from .metrics import Efficiency, Metrics, evaluate
from .pipeline import Bundle, Models, Pipeline, Result, Step, Tracks, load_models
from .provider import ep_library_path, register_with_onnxruntime
from .steps import (complete, components, feature_names, features, join, method_names, orient_edges,
                    radius_graph, true_edges, walkthrough, write_detector)

__version__: str = _library.trkx_version().decode()
onnxruntime_version: str = _library.trkx_runtime_version().decode()
"""version of the ONNX Runtime that runs the networks"""

__all__ = [
    "Pipeline", "Models", "load_models", "Bundle", "Result", "Step", "Tracks",
    "Event", "Hits", "Cells", "Truth", "Particles", "as_hits", "as_truth", "as_particles", "read_event", "simulate",
    "read_parquet", "read_root",
    "features", "feature_names", "radius_graph", "orient_edges", "components", "join", "walkthrough",
    "complete", "method_names", "write_detector", "evaluate", "true_edges", "Metrics", "Efficiency",
    "ep_library_path", "register_with_onnxruntime", "onnxruntime_version",
    "TrkxError", "ArgumentError", "BundleError", "CancelledError", "DeviceError", "FileError", "FormatError",
    "ModelError", "OnnxRuntimeError", "OutOfMemoryError", "TrkxWarning",
]
