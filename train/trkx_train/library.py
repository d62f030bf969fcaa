"""libtrkx from Python: the training uses the very code that the pipeline runs.

Structures are those of include/trkx.h, in its order; see there for the meaning of each member.
"""
import ctypes as c
import os
import weakref
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]


class _Hits(c.Structure):
    _fields_ = [("count", c.c_size_t), ("hit_id", c.POINTER(c.c_int64)), ("xyz", c.POINTER(c.c_float)),
                ("volume_id", c.POINTER(c.c_int32)), ("layer_id", c.POINTER(c.c_int32)),
                ("module_id", c.POINTER(c.c_int32)), ("cell_begin", c.POINTER(c.c_size_t)),
                ("cell_ch0", c.POINTER(c.c_int32)), ("cell_ch1", c.POINTER(c.c_int32)),
                ("cell_value", c.POINTER(c.c_float))]


class _Truth(c.Structure):
    _fields_ = [("count", c.c_size_t), ("particle_id", c.POINTER(c.c_int64)), ("xyz", c.POINTER(c.c_float)),
                ("pxyz", c.POINTER(c.c_float)), ("weight", c.POINTER(c.c_double))]


class _Particles(c.Structure):
    _fields_ = [("count", c.c_size_t), ("particle_id", c.POINTER(c.c_int64)),
                ("particle_type", c.POINTER(c.c_int32)), ("vxyz", c.POINTER(c.c_float)),
                ("pxyz", c.POINTER(c.c_float)), ("charge", c.POINTER(c.c_int32)),
                ("nhits", c.POINTER(c.c_int32))]


class _FeatureSpec(c.Structure):
    _fields_ = [("feature", c.c_int), ("scale", c.c_double)]


class _Edges(c.Structure):
    _fields_ = [("count", c.c_size_t), ("index", c.POINTER(c.c_int64)), ("saturated", c.c_size_t)]


class _EdgesOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("radius", c.c_double), ("k", c.c_size_t), ("threads", c.c_int)]


class _TracksOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("cut", c.c_float), ("min_hits", c.c_size_t), ("threads", c.c_int)]


class _WalkthroughOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("cut", c.c_float), ("min_score", c.c_float), ("add_score", c.c_float),
                ("min_hits", c.c_size_t)]


class _MetricsOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("min_hits", c.c_size_t), ("match_fraction", c.c_double)]


class _Efficiency(c.Structure):
    _fields_ = [("min_pt", c.c_double), ("particles", c.c_size_t), ("matched", c.c_size_t),
                ("efficiency", c.c_double), ("error", c.c_double)]


class _Metrics(c.Structure):
    _fields_ = [("trackml_score", c.c_double)] + [
        (name, c.c_size_t) for name in ("hits", "noise_hits", "hits_on_tracks", "tracks", "matched",
                                        "fragments", "fakes", "duplicates")] + [
        (name, c.c_double) for name in ("fragment_rate", "fake_rate", "duplicate_rate", "hit_purity")] + [
        (name, _Efficiency) for name in ("all", "above_500_mev", "above_1_gev")]


class _SimulateOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("seed", c.c_uint64), ("particles", c.c_size_t),
                ("sigma_z", c.c_double), ("noise", c.c_double), ("detector", c.c_void_p), ("cells", c.c_bool),
                ("threads", c.c_int)]


class _PipelineOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("threads", c.c_int), ("filter_batch", c.c_size_t),
                ("detectors", c.c_char_p), ("kernels", c.c_int)]


class _StepRecord(c.Structure):
    _fields_ = [("step", c.c_int), ("nodes", c.c_size_t), ("edges", c.c_size_t), ("seconds", c.c_double),
                ("cpu_seconds", c.c_double), ("peak_bytes", c.c_size_t), ("has_truth", c.c_bool),
                ("edge_efficiency", c.c_double), ("edge_purity", c.c_double)]


class _Result(c.Structure):
    _fields_ = [("hits", c.c_size_t), ("labels", c.POINTER(c.c_int32)), ("tracks", c.c_size_t),
                ("saturated", c.c_size_t), ("steps", _StepRecord * 7), ("steps_count", c.c_size_t),
                ("total", _StepRecord)]


class _Error(c.Structure):
    _fields_ = [("status", c.c_int), ("message", c.c_char * 1024)]


# What a hit's cells and module tell: see enum trkx_feature. mm, and sines.
SENSOR_FEATURES = [("lx", 1.0), ("ly", 1.0), ("lz", 1.0), ("tilt", 1.0), ("normal_z", 1.0)]


@dataclass
class Event:
    """Hits [n] with their truth, and the particles [p]; all NumPy arrays of trkx.h's types."""

    hit_id: np.ndarray
    xyz: np.ndarray  # [n,3] mm
    volume_id: np.ndarray
    layer_id: np.ndarray
    module_id: np.ndarray
    particle_id: np.ndarray  # [n] 0: noise
    truth_xyz: np.ndarray  # [n,3] mm
    truth_pxyz: np.ndarray  # [n,3] GeV
    weight: np.ndarray  # [n]
    particles_id: np.ndarray  # [p]
    particles_vxyz: np.ndarray  # [p,3] mm
    particles_pxyz: np.ndarray  # [p,3] GeV
    particles_nhits: np.ndarray  # [p]
    sensor: np.ndarray  # [n,5] SENSOR_FEATURES

    def save(self, path):
        np.savez(path, **{f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def load(cls, path):
        with np.load(path) as arrays:
            return cls(**{f.name: arrays[f.name] for f in fields(cls)})


def _open():
    path = os.environ.get("TRKX_LIBRARY", REPOSITORY / "build" / "lib" / "libtrkx.so")
    return c.CDLL(str(path))


_library = _open()


def _call(function, *arguments):
    error = _Error()
    getattr(_library, function).restype = c.c_int
    if getattr(_library, function)(*arguments, c.byref(error)) != 0:
        raise RuntimeError(f"{function}: {error.message.decode()}")


def _pointer(array, kind):
    return None if array is None else array.ctypes.data_as(c.POINTER(kind))


def _copy(pointer, shape, dtype):
    if not pointer or 0 in np.atleast_1d(shape):
        return np.zeros(shape, dtype)
    return np.array(np.ctypeslib.as_array(pointer, tuple(np.atleast_1d(shape))), dtype)


def _hits(xyz, event=None):
    """A trkx_hits view of NumPy arrays, which must outlive it."""
    hits = _Hits(count=len(xyz), xyz=_pointer(xyz, c.c_float))
    if event is not None:
        hits.hit_id = _pointer(event.hit_id, c.c_int64)
        for name in ("volume_id", "layer_id", "module_id"):
            setattr(hits, name, _pointer(getattr(event, name), c.c_int32))
    return hits


def _truth(event):
    return _Truth(count=len(event.xyz), particle_id=_pointer(event.particle_id, c.c_int64),
                  xyz=_pointer(event.truth_xyz, c.c_float), pxyz=_pointer(event.truth_pxyz, c.c_float),
                  weight=_pointer(event.weight, c.c_double))


def _particles(event):
    particles = _Particles(count=len(event.particles_id), particle_id=_pointer(event.particles_id, c.c_int64),
                           vxyz=_pointer(event.particles_vxyz, c.c_float),
                           pxyz=_pointer(event.particles_pxyz, c.c_float),
                           nhits=_pointer(event.particles_nhits, c.c_int32))
    return particles


def _take_event(handle):
    """Copies an event's arrays and destroys it."""
    for name, kind in (("hits", _Hits), ("truth", _Truth), ("particles", _Particles)):
        getattr(_library, f"trkx_event_{name}").restype = c.POINTER(kind)
    hits = _library.trkx_event_hits(handle).contents
    truth = _library.trkx_event_truth(handle).contents
    particles = _library.trkx_event_particles(handle).contents
    n, p = hits.count, particles.count
    event = Event(
        _copy(hits.hit_id, n, np.int64), _copy(hits.xyz, (n, 3), np.float32),
        _copy(hits.volume_id, n, np.int32), _copy(hits.layer_id, n, np.int32),
        _copy(hits.module_id, n, np.int32), _copy(truth.particle_id, n, np.int64),
        _copy(truth.xyz, (n, 3), np.float32), _copy(truth.pxyz, (n, 3), np.float32),
        _copy(truth.weight, n, np.float64), _copy(particles.particle_id, p, np.int64),
        _copy(particles.vxyz, (p, 3), np.float32), _copy(particles.pxyz, (p, 3), np.float32),
        _copy(particles.nhits, p, np.int32), _features(hits, SENSOR_FEATURES))
    _library.trkx_event_destroy(handle)
    return event


def simulate(seed, number, particles, sigma_z, threads=1):
    """One simulated event."""
    options = _SimulateOptions()
    _library.trkx_simulate_options_init(c.byref(options))
    options.seed, options.particles, options.sigma_z = seed, particles, sigma_z
    options.cells, options.threads = True, threads
    handle = c.c_void_p()
    _call("trkx_simulate", c.byref(options), c.c_uint64(number), c.byref(handle))
    return _take_event(handle)


def read_event(prefix):
    """One event of TrackML files, with truth and particles."""
    handle = c.c_void_p()
    _call("trkx_event_read", str(prefix).encode(), c.c_uint(1 | 2 | 4), c.c_int(0), c.byref(handle))
    return _take_event(handle)


def open_event(prefix, cells=False, threads=0):
    """Reads an event's hits, and cells; it goes with the object that is returned."""
    handle = c.c_void_p()
    _call("trkx_event_read", str(prefix).encode(), c.c_uint(1 if cells else 0), c.c_int(threads), c.byref(handle))
    weakref.finalize(handle, _library.trkx_event_destroy, c.c_void_p(handle.value))
    return handle


def read_hits_and_cells(prefix, threads=0):
    """hit_id [n], xyz [n,3], cell_begin [n+1], ch0, ch1, value [cells] of an event, copied."""
    handle = open_event(prefix, True, threads)
    _library.trkx_event_hits.restype = c.POINTER(_Hits)
    hits = _library.trkx_event_hits(handle).contents
    begin = _copy(hits.cell_begin, hits.count + 1, np.uint64).astype(np.int64)
    return {"hit_id": _copy(hits.hit_id, hits.count, np.int64), "xyz": _copy(hits.xyz, (hits.count, 3), np.float32),
            "cell_begin": begin, "ch0": _copy(hits.cell_ch0, begin[-1], np.int32),
            "ch1": _copy(hits.cell_ch1, begin[-1], np.int32), "value": _copy(hits.cell_value, begin[-1], np.float32)}


class Pipeline:
    """A bundle, loaded."""

    def __init__(self, bundle, threads=0, kernels="trkx"):
        options = _PipelineOptions()
        _library.trkx_pipeline_options_init(c.byref(options))
        options.threads = threads
        options.kernels = ("trkx", "stock").index(kernels)
        self._handle = c.c_void_p()
        _call("trkx_pipeline_create", str(bundle).encode(), c.byref(options), c.byref(self._handle))
        weakref.finalize(self, _library.trkx_pipeline_destroy, c.c_void_p(self._handle.value))

    def run_file(self, prefix):
        """labels int32 [n] of an event's files, and {step: seconds} with "total"."""
        result = c.POINTER(_Result)()
        _call("trkx_pipeline_run_file", self._handle, str(prefix).encode(), None, None, c.byref(result))
        content = result.contents
        labels = _copy(content.labels, content.hits, np.int32)
        _library.trkx_step_name.restype = c.c_char_p
        seconds = {_library.trkx_step_name(record.step).decode(): record.seconds
                   for record in content.steps[:content.steps_count]}
        seconds["total"] = content.total.seconds
        _library.trkx_result_destroy(result)
        return labels, seconds


@lru_cache(None)
def _detector():
    """The built-in modules."""
    handle = c.c_void_p()
    _call("trkx_detector_builtin", c.byref(handle))
    return handle


def _features(hits, names_and_scales):
    specs = (_FeatureSpec * len(names_and_scales))()
    for spec, (name, scale) in zip(specs, names_and_scales):
        kind = c.c_int()
        _library.trkx_feature_find.restype = c.c_bool
        if not _library.trkx_feature_find(name.encode(), c.byref(kind)):
            raise ValueError(f"unknown feature {name}")
        spec.feature, spec.scale = kind.value, scale
    out = np.empty((hits.count, len(specs)), np.float32)
    _call("trkx_features", c.byref(hits), _detector(), specs, c.c_size_t(len(specs)), c.c_int(1),
          _pointer(out, c.c_float))
    return out


def cell_features(event, cell_hit_id, ch0, ch1, value, names_and_scales):
    """Float32 [n,F] of an event's hits, in the order of rising hit_id, and of their cells [c] in the same order."""
    begin = np.zeros(len(event.hit_id) + 1, np.uint64)
    np.cumsum(np.bincount(np.searchsorted(event.hit_id, cell_hit_id), minlength=len(event.hit_id)), out=begin[1:])
    hits = _hits(event.xyz, event)
    hits.cell_begin, hits.cell_value = _pointer(begin, c.c_size_t), _pointer(value, c.c_float)
    hits.cell_ch0, hits.cell_ch1 = _pointer(ch0, c.c_int32), _pointer(ch1, c.c_int32)
    return _features(hits, names_and_scales)


def features(xyz, names_and_scales):
    """Of positions xyz float32 [n,3] mm alone -> float32 [n,F]."""
    xyz = np.ascontiguousarray(xyz, np.float32)
    return _features(_hits(xyz), names_and_scales)


def _take_edges(edges):
    index = _copy(edges.index, (2, edges.count), np.int64)
    _library.trkx_edges_destroy(c.byref(edges))
    return index


def _orient(xyz, edges):
    _call("trkx_edges_orient", _pointer(xyz, c.c_float), c.c_size_t(len(xyz)), c.byref(edges))
    return _take_edges(edges)


def _neighbours(points, radius, k, threads):
    points = np.ascontiguousarray(points, np.float32)
    options = _EdgesOptions()
    _library.trkx_edges_options_init(c.byref(options))
    options.radius, options.k, options.threads = radius, k, threads
    edges = _Edges()
    _call("trkx_radius_graph", _pointer(points, c.c_float), c.c_size_t(len(points)),
          c.c_size_t(points.shape[1]), c.byref(options), c.byref(edges))
    return edges


def neighbours(points, radius, k=500, threads=0):
    """Neighbours in points [n,D]: int64 [2,m], each pair once, lower index first, sorted. Not copied: the array is
    a view of the library's, which goes when it does."""
    edges = _neighbours(points, radius, k, threads)
    if edges.count == 0:
        return np.zeros((2, 0), np.int64)
    view = np.ctypeslib.as_array(edges.index, (2, edges.count))
    weakref.finalize(view.base, _library.trkx_edges_destroy, c.byref(edges))
    return view


def radius_graph(points, xyz, radius, k=500, threads=1):
    """The same as edges int64 [2,m] that run outwards in xyz."""
    return _orient(np.ascontiguousarray(xyz, np.float32), _neighbours(points, radius, k, threads))


def true_edges(event, min_hits=3):
    """Edges int64 [2,t] between consecutive hits of each particle: (lower, higher index), sorted."""
    edges, truth, particles = _Edges(), _truth(event), _particles(event)
    _call("trkx_true_edges", c.byref(truth), c.byref(particles), c.c_size_t(min_hits), c.byref(edges))
    return _take_edges(edges)


def tracks(n, edges, scores, cut, min_hits=3, threads=1):
    """Components over edges int64 [2,m] with scores float32 [m] > cut (None: over all) -> labels int32 [n]."""
    edges = np.ascontiguousarray(edges, np.int64)
    scores = None if scores is None else np.ascontiguousarray(scores, np.float32)
    view = _Edges(edges.shape[1], _pointer(edges, c.c_int64), 0)
    options = _TracksOptions()
    _library.trkx_tracks_options_init(c.byref(options))
    options.cut, options.min_hits, options.threads = cut, min_hits, threads
    labels, count = np.zeros(n, np.int32), c.c_size_t()
    _call("trkx_tracks", c.c_size_t(n), c.byref(view), _pointer(scores, c.c_float), c.byref(options),
          _pointer(labels, c.c_int32), c.byref(count))
    return labels


def join(event, edges, scores, cut, min_hits=3):
    """Tracks by joining over edges int64 [2,m] with scores float32 [m] > cut -> labels int32 [n]."""
    edges, scores = np.ascontiguousarray(edges, np.int64), np.ascontiguousarray(scores, np.float32)
    hits, view = _hits(event.xyz, event), _Edges(edges.shape[1], _pointer(edges, c.c_int64), 0)
    options = _TracksOptions()
    _library.trkx_tracks_options_init(c.byref(options))
    options.cut, options.min_hits = cut, min_hits
    labels, count = np.zeros(len(event.xyz), np.int32), c.c_size_t()
    _call("trkx_join", c.byref(hits), c.byref(view), _pointer(scores, c.c_float), c.byref(options),
          _pointer(labels, c.c_int32), c.byref(count))
    return labels


def walkthrough(n, edges, scores, cut, **settings):
    """Tracks by walking through edges int64 [2,m], outwards, with scores float32 [m] > cut -> labels int32 [n]."""
    edges, scores = np.ascontiguousarray(edges, np.int64), np.ascontiguousarray(scores, np.float32)
    view = _Edges(edges.shape[1], _pointer(edges, c.c_int64), 0)
    options = _WalkthroughOptions()
    _library.trkx_walkthrough_options_init(c.byref(options))
    options.cut = cut
    for name, value in settings.items():
        setattr(options, name, value)
    labels, count = np.zeros(n, np.int32), c.c_size_t()
    _call("trkx_walkthrough", c.c_size_t(n), c.byref(view), _pointer(scores, c.c_float), c.byref(options),
          _pointer(labels, c.c_int32), c.byref(count))
    return labels


def evaluate(event, labels):
    """The metrics of labels int32 [n] as a dictionary; efficiencies as plain numbers."""
    metrics, hits, truth, particles = _Metrics(), _hits(event.xyz, event), _truth(event), _particles(event)
    options = _MetricsOptions()
    _library.trkx_metrics_options_init(c.byref(options))
    _call("trkx_evaluate", _pointer(labels, c.c_int32), c.byref(hits), c.byref(truth), c.byref(particles),
          c.byref(options), c.byref(metrics))
    values = {name: getattr(metrics, name) for name, _ in _Metrics._fields_}
    return {k: v.efficiency if isinstance(v, _Efficiency) else v for k, v in values.items()}


class _CompleteOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("field", c.c_double), ("scattering", c.c_double), ("match", c.c_double),
                ("search", c.c_double),
                ("rounds", c.c_size_t), ("chain_hits", c.c_size_t), ("chain_score", c.c_double),
                ("min_hits", c.c_size_t), ("threads", c.c_int)]


def complete(event, candidates, labels, threads=1, **settings):
    """trkx_complete of an event's labels int32 [n] over candidate edges int64 [2,m] -> labels int32 [n]."""
    hits, labels, count = _hits(event.xyz, event), np.array(labels, np.int32), c.c_size_t()
    candidates = np.ascontiguousarray(candidates, np.int64)
    view = _Edges(candidates.shape[1], _pointer(candidates, c.c_int64), 0)
    options = _CompleteOptions()
    _library.trkx_complete_options_init(c.byref(options))
    options.threads = threads
    for name, value in settings.items():
        setattr(options, name, value)
    _call("trkx_complete", c.byref(hits), _detector(), c.byref(view), c.byref(options), _pointer(labels, c.c_int32),
          c.byref(count))
    return labels
