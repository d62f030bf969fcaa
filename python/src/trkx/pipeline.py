"""The pipeline, and its networks one by one."""
from __future__ import annotations

import ctypes as c
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import numpy as np

from . import _structures as s
from ._arrays import typed
from ._library import Handle, bundle_path, call, destroyed_with, library, options, pointer, view
from ._scalars import text
from .errors import ArgumentError, TrkxWarning
from .event import Event, Float32, Hits, Int32, Int64, as_hits, as_particles, as_truth
from .steps import OwnedEdges, edges_struct, scores_of, spec_name

Network = Literal["embedding", "filter", "gnn", "second_embedding", "second_filter"]
_NETWORKS = ("embedding", "filter", "gnn", "second_embedding", "second_filter")
_KERNELS = ("trkx", "stock")
_BUNDLES_OWN = {"filter_cut": -1, "gnn_cut": -1, "min_hits": 0}  # for the library: the bundle's


@dataclass(frozen=True)
class Bundle:
    """A bundle's settings; cuts, method and min_hits are those of the pipeline if it was given any."""

    directory: str
    name: str
    detector: str
    features: tuple[tuple[str, float], ...]
    """name and scale of each, those of the embedding; "column:time" is a column of the hits"""
    columns: tuple[str, ...]
    """further columns of the hits that the networks use: as_hits(columns=...) takes them from a table"""
    dim: int
    """of the embedding"""
    radius: float
    k: int
    filter_cut: float
    gnn_cut: float
    method: str
    """of labelling, one of trkx.method_names()"""
    completes: bool
    """whether tracks are then completed, using the edges with a filter score > candidate_cut"""
    candidate_cut: float
    min_hits: int
    own_ks: bool
    """whether hits of some volumes keep a number of neighbours other than k; hits then need volume_id"""
    has_second: bool
    """whether tracks among the hits that are on none are then searched in a second pass"""


@dataclass(frozen=True)
class Step:
    """The record of one step."""

    name: str
    nodes: int
    edges: int
    """after the step; 0 before there are any"""
    seconds: float
    """wall clock"""
    cpu_seconds: float
    """of the whole process if the pipeline has more than one thread"""
    peak_bytes: int
    """peak memory of the run and its networks during the step"""
    edge_efficiency: float | None
    """share of the true edges that are in the graph; None without truth or before there are edges"""
    edge_purity: float | None
    """share of the edges that join hits of the same particle"""


def _step(record: s.StepRecord, name: str | None = None) -> Step:
    return Step(name or library.trkx_step_name(record.step).decode(), record.nodes, record.edges, record.seconds,
                record.cpu_seconds, record.peak_bytes, record.edge_efficiency if record.has_truth else None,
                record.edge_purity if record.has_truth else None)


class Tracks(Sequence[Int64]):
    """The tracks as lists of hits: tracks[t - 1] is label t's track, int64 indices into the hits, ascending."""

    def __init__(self, labels: Int32, count: int) -> None:
        self._order = np.argsort(labels, kind="stable")
        self._begin = np.searchsorted(labels[self._order], np.arange(1, count + 2))

    def __len__(self) -> int:
        return len(self._begin) - 1

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [self[i] for i in range(*number.indices(len(self)))]
        place = range(len(self))[number]
        return self._order[self._begin[place]:self._begin[place + 1]]

    def __iter__(self) -> Iterator[Int64]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"<trkx.Tracks: {len(self)} tracks, {self._begin[-1] - self._begin[0]} hits on them>"


class _OwnedResult:
    def __init__(self) -> None:
        self.address = c.POINTER(s.Result)()
        destroyed_with(self, "trkx_result_destroy", self.address)


class Result:
    """The result of one run. The arrays are views of the library's memory, which lives as long as they do."""

    labels: Int32
    """[n] 0: no track; tracks from 1 in the order of their first hits"""
    edges: Int64
    """[2,m] the edges that tracks were built from, outwards, sorted"""
    scores: Float32
    """[m] the GNN's, above its cut"""
    saturated: int
    """hits with more than k neighbours"""
    steps: tuple[Step, ...]
    """hits, features, embed, edges, filter, gnn, tracks, with a second pass also second_features, second_embed,
    second_edges, second_filter, second_tracks, whose nodes are the hits that were on no track; the seconds of hits are
    0 unless a file was read"""
    total: Step
    bundle: Bundle
    """that found the tracks"""
    bundle_note: str | None
    """why that is not the first of the default bundles, "no cells"; None: it is, or a bundle was named"""
    found_modules: bool
    """whether the hits' modules were found from their positions"""
    truth_note: str | None
    """why nothing was compared with the truth in an event's files; None: it was compared, or there is none"""

    def __init__(self, owner: _OwnedResult, models: Models) -> None:
        content = owner.address.contents
        self.labels = view(content.labels, content.hits, np.int32, owner)
        self.edges = view(content.edges.index, (2, content.edges.count), np.int64, owner)
        self.scores = view(content.scores, content.edges.count, np.float32, owner)
        self.saturated = content.saturated
        self.steps = tuple(_step(record) for record in content.steps[:content.steps_count])
        self.total = _step(content.total, "total")
        self.bundle = models.bundle if content.pipeline == models._handle.address.value else _bundle(
            c.c_void_p(content.pipeline))
        self.bundle_note = None if content.bundle_note is None else content.bundle_note.decode(errors="replace")
        self.found_modules = content.found_modules
        self.truth_note = None if content.truth_note is None else content.truth_note.decode(errors="replace")
        self._count = content.tracks
        self._tracks: Tracks | None = None

    @property
    def tracks(self) -> Tracks:
        """The tracks as lists of hits: indices into the hits of the run."""
        if self._tracks is None:
            self._tracks = Tracks(self.labels, self._count)
        return self._tracks

    def __repr__(self) -> str:
        return f"<trkx.Result: {self._count} tracks in {len(self.labels)} hits, {self.total.seconds:.3f} s>"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in ("step", "nodes", "edges", "ms", "peak MB"))
        rows = "".join(
            f"<tr><td>{escape(step.name)}</td><td>{step.nodes:,}</td><td>{step.edges:,}</td>"
            f"<td>{step.seconds * 1e3:.1f}</td><td>{step.peak_bytes / 1e6:.1f}</td></tr>"
            for step in (*self.steps, self.total))
        caption = f"{self._count:,} tracks in {len(self.labels):,} hits"
        return f"<table><caption>{caption}</caption><tr>{head}</tr>{rows}</table>"


class Models:
    """The networks of a bundle, one by one. Any number of threads may use them at once."""

    bundle: Bundle

    def __init__(self, bundle: str | os.PathLike[str] | None = None, *, threads: int = 0,
                 kernels: Literal["trkx", "stock"] = "trkx", filter_batch: int = 0,
                 detectors: str | os.PathLike[str] | None = None, device: str = "cpu", max_memory: int = 0,
                 tf32: bool = False, filter_cut: float | None = None, gnn_cut: float | None = None,
                 min_hits: int | None = None, method: str | None = None) -> None:
        """Loads and checks a bundle.

        bundle: a directory with bundle.json, or the name of one that comes with the package: "default", "positions" or
        "acat2021-like". None: "default", and for runs on hits without cells "positions"; Result.bundle says which.
        threads: per run; 0: all cores. kernels: trkx's execution provider, or stock ONNX Runtime. filter_batch: edges
        per call of the filter; 0: automatic. detectors: path of a detector.json, or of a detectors.csv with other
        modules; None: the bundle's own.
        device: "cpu"; a GPU, "cuda:0"; several, "cuda:0,cuda:1"; "auto": the first GPU, or the CPU if there is none.
        max_memory: bytes per GPU; 0: nine tenths of the free memory. tf32: a GPU's networks may round the factors of
        products to 10 bits.
        filter_cut, gnn_cut (0 to 1), min_hits (of a track, >= 1) and method (one of trkx.method_names()) override the
        bundle's; self.bundle has the values in use.
        """
        if kernels not in _KERNELS:
            raise ArgumentError(f"kernels are trkx or stock, not {kernels}")
        own = {"filter_cut": filter_cut, "gnn_cut": gnn_cut, "min_hits": min_hits}
        for name, value in own.items():
            if value == _BUNDLES_OWN[name]:
                raise ArgumentError(f"{name} is {value}: omit it to use the bundle's")
        filled = options(s.PipelineOptions, "trkx_pipeline_options_init", threads=threads, filter_batch=filter_batch,
                         detectors=None if detectors is None else text(detectors, "detectors"),
                         kernels=_KERNELS.index(kernels), device=text(device, "device"), max_memory=max_memory,
                         tf32=tf32, method=None if method is None else text(method, "method"), **own)
        address = c.c_void_p()
        path = None if bundle is None else text(bundle_path(bundle), "bundle")
        call("trkx_pipeline_create", path, c.byref(filled), c.byref(address))
        self._handle = Handle(address, "trkx_pipeline_destroy", at_exit=True)
        self.bundle = _bundle(address)

    def __repr__(self) -> str:
        return f"<trkx.{type(self).__name__} {self.bundle.name}: radius {self.bundle.radius:g}, k {self.bundle.k}>"

    @property
    def device(self) -> str:
        """The device in use: "cpu", or the GPUs as given."""
        name: bytes = self._device().device
        return name.decode()

    @property
    def fallback(self) -> str | None:
        """Why the device "auto" became the CPU; otherwise None."""
        reason: bytes | None = self._device().fallback
        return None if reason is None else reason.decode()

    def _device(self) -> s.DeviceInfo:
        info: s.DeviceInfo = library.trkx_pipeline_device(self._handle.address).contents
        return info

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{name}</td><td>{escape(str(value))}</td></tr>"
                       for name, value in vars(self.bundle).items())
        return f"<table>{rows}</table>"

    def features(self, hits: Any, network: Network = "embedding", *, cells: Any = None) -> Float32:
        """The network's input features of hits: float32 [n,F], scaled. hits and cells: see trkx.as_hits."""
        if network not in _NETWORKS:
            raise ArgumentError(f"networks are {', '.join(_NETWORKS)}, not {network}")
        measured, which = as_hits(hits, cells, self.bundle.columns), c.c_int(_NETWORKS.index(network))
        count = library.trkx_pipeline_features_count(self._handle.address, which)
        values = np.empty((len(measured), count), np.float32)
        with measured._needed():
            call("trkx_pipeline_features", self._handle.address, which, c.byref(measured._c()), pointer(values, s.F32))
        return values

    def _checked(self, features: Any, which: int) -> Float32:
        count = library.trkx_pipeline_features_count(self._handle.address, c.c_int(which))
        return typed(features, np.float32, "features", (None, count))

    def embed(self, features: Any) -> Float32:
        """The embedding float32 [n,dim] of features [n,F]."""
        values = self._checked(features, 0)
        embedding = np.empty((len(values), self.bundle.dim), np.float32)
        call("trkx_embed", self._handle.address, pointer(values, s.F32), c.c_size_t(len(values)),
             pointer(embedding, s.F32))
        return embedding

    def edges(self, hits: Any, embedding: Any) -> Int64:
        """The bundle's graph of hits at embedding [n,dim]: edges int64 [2,m], outwards. hits need positions and, if
        bundle.own_ks, volume_id."""
        measured, edges = as_hits(hits), OwnedEdges()
        points = typed(embedding, np.float32, "embedding", (len(measured), self.bundle.dim))
        with measured._needed():
            call("trkx_pipeline_edges", self._handle.address, c.byref(measured._c()), pointer(points, s.F32),
                 c.byref(edges.struct))
        return edges.view()

    def _score(self, function: str, which: int, features: Any, edges: Any) -> Float32:
        values = self._checked(features, which)
        struct, index = edges_struct(edges)
        if index.size > 0 and (index.min() < 0 or index.max() >= len(values)):
            raise ArgumentError(f"edges join nodes {index.min()} to {index.max()}, but there are {len(values)} nodes")
        scores = np.empty(index.shape[1], np.float32)
        call(function, self._handle.address, pointer(values, s.F32), c.c_size_t(len(values)), c.byref(struct),
             pointer(scores, s.F32))
        return scores

    def filter(self, features: Any, edges: Any) -> Float32:
        """Scores float32 [m], 0 to 1, of outward edges int64 [2,m]; the pipeline keeps those > bundle.filter_cut."""
        return self._score("trkx_filter", 1, features, edges)

    def gnn(self, features: Any, edges: Any) -> Float32:
        """Scores float32 [m], 0 to 1, of edges int64 [2,m]; the pipeline builds tracks from those > bundle.gnn_cut."""
        return self._score("trkx_gnn", 2, features, edges)

    def tracks(self, hits: Any, edges: Any, scores: Any, candidates: Any = None, *, cells: Any = None) -> Int32:
        """The bundle's track labelling, with its second pass, if any: labels int32 [n], 0: no track.

        edges: int64 [2,m] with the GNN's scores [m]. Only those with a score > bundle.gnn_cut connect hits; for another
        cut use Models(gnn_cut=...) or Pipeline(gnn_cut=...). candidates: edges with a filter score >
        bundle.candidate_cut, for bundles that complete tracks. hits and cells: see trkx.as_hits.
        """
        measured = as_hits(hits, cells, self.bundle.columns if self.bundle.has_second else ())
        struct, index = edges_struct(edges)
        more = None if candidates is None else edges_struct(candidates)
        weights = scores_of(scores, index)
        given = s.TracksInput(c.pointer(measured._c()), c.pointer(struct), pointer(weights, s.F32),
                              None if more is None else c.pointer(more[0]))
        labels, count = np.zeros(len(measured), np.int32), c.c_size_t()
        with measured._needed():
            call("trkx_pipeline_tracks", self._handle.address, c.byref(given), pointer(labels, s.I32), c.byref(count))
        return labels


class Pipeline(Models):
    """A loaded bundle that finds the tracks of events. Any number of threads may run events at once."""

    def run(self, hits: Any, *, cells: Any = None, truth: Any = None, particles: Any = None) -> Result:
        """Finds the tracks of an event.

        hits: an Event; the path of a TrackML event; or positions [n,3] in mm or a table, with a table of cells, see
        trkx.as_hits. truth and particles, if known, are only used for the edge efficiency and purity of the steps; an
        Event has its own. An event without hits has no tracks.

        Warns (TrkxWarning) if coordinates are unlikely to be millimetres, and if the truth in an event's files cannot
        be used: the result's truth_note.
        """
        if isinstance(hits, (str, os.PathLike)):
            if any(part is not None for part in (cells, truth, particles)):
                raise ArgumentError("the path of an event includes cells, truth and particles: give none of them")
            return self._run_file(hits)
        measured = as_hits(hits, cells, self.bundle.columns)
        if isinstance(hits, Event) and truth is None:
            truth, particles = hits.truth, hits.particles if particles is None else particles
        return self._run(measured, None if truth is None else as_truth(truth, measured), as_particles(particles))

    def _run(self, hits: Hits, truth: Any, particles: Any) -> Result:
        filled, owner = options(s.RunOptions, "trkx_run_options_init", keep_edges=True), _OwnedResult()
        filled.truth = None if truth is None else c.pointer(truth._c())
        filled.particles = None if particles is None else c.pointer(particles._c())
        given = hits._c()
        with hits._needed():
            call("trkx_pipeline_run", self._handle.address, c.byref(given), c.byref(filled), c.byref(owner.address))
        _warn_of_units(given)
        return Result(owner, self)

    def _run_file(self, path: str | os.PathLike[str]) -> Result:
        filled, owner = options(s.RunOptions, "trkx_run_options_init", keep_edges=True), _OwnedResult()
        address = c.c_void_p()
        call("trkx_pipeline_run_file", self._handle.address, text(path, "path"), c.byref(filled), c.byref(address),
             c.byref(owner.address))
        event, result = Handle(address, "trkx_event_destroy"), Result(owner, self)
        _warn_of_units(library.trkx_event_hits(event.address).contents)
        if result.truth_note is not None:
            _warn(f"not compared with the truth: {result.truth_note}")
        return result


def _warn(what: str) -> None:
    warnings.warn(what, TrkxWarning, stacklevel=_outside())


def _warn_of_units(hits: s.Hits) -> None:
    why: bytes | None = library.trkx_hits_warning(c.byref(hits))
    if why is not None:
        _warn(f"hits: {why.decode()}")


def _outside() -> int:
    """The stack level of the package's caller, for warnings.warn in the calling function."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__package__") == __package__:
        frame, level = frame.f_back, level + 1
    return level


def load_models(bundle: str | os.PathLike[str] | None = None, **settings: Any) -> Models:
    """The networks of a bundle, to be called one by one; arguments as for Pipeline."""
    return Models(bundle, **settings)


def _columns(address: c.c_void_p) -> tuple[str, ...]:
    count = c.c_size_t()
    names = library.trkx_pipeline_columns(address, c.byref(count))
    return tuple(names[i].decode() for i in range(count.value))


def _bundle(address: c.c_void_p) -> Bundle:
    info, columns = library.trkx_pipeline_bundle(address).contents, _columns(address)
    specs = tuple((spec_name(spec), spec.scale) for spec in info.features[:info.features_count])
    return Bundle(os.fsdecode(info.directory), info.name.decode(), info.detector.decode(), specs, columns, info.dim,
                  info.radius, info.k, info.filter_cut, info.gnn_cut, info.method.decode(),
                  info.completes, info.candidate_cut, info.min_hits, info.own_ks, info.has_second)
