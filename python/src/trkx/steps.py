"""The steps that need no networks, as functions."""
from __future__ import annotations

import ctypes as c
import os
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _structures as s
from ._arrays import typed
from ._library import Handle, call, destroyed_with, library, options, pointer, view
from ._scalars import checked, scalar, text
from .errors import ArgumentError
from .event import Event, Float32, Int32, Int64, as_hits, as_particles, as_truth


class OwnedEdges:
    """Edges that the library allocated, freed with this object."""

    def __init__(self) -> None:
        self.struct = s.Edges()
        destroyed_with(self, "trkx_edges_destroy", c.byref(self.struct))

    def view(self) -> Int64:
        """int64 [2,m], not copied."""
        return view(self.struct.index, (2, self.struct.count), np.int64, self)


def edges_struct(edges: Any) -> tuple[s.Edges, Int64]:
    """Edges for the library, and the array that they view. The library checks that their nodes exist."""
    index = typed(edges, np.int64, "edges", (2, None))
    return s.Edges(index.shape[1], pointer(index, s.I64), 0), index


def radius_graph(x: Any, r: float, k: Any = 500, *, both: bool = False, loop: bool = False, threads: int = 0) -> Int64:
    """All pairs of points at distance <= r: edges int64 [2,m], exact.

    x: points [n,D], 1 <= D <= 32; contiguous float32 is not copied. Anything with __array_interface__, __array__ or
    DLPack, such as a torch tensor on the CPU. k: each point keeps at most its k nearest, ties by lower index; [n]: a
    number for each point. A pair is kept if either end keeps it. both: each pair in both directions instead of only
    (lower, higher index); loop: also (i, i). Sorted by (source, target). threads: 0: all cores; the edges are the same
    for any number.

    The result can be passed on without a copy: torch.from_dlpack(edges).
    """
    points = typed(x, np.float32, "x", (None, None))
    edges = OwnedEdges()
    own = None if np.ndim(k) == 0 else typed(k, np.uint32, "k", (len(points),))
    filled = options(s.EdgesOptions, "trkx_edges_options_init", radius=r, k=1 if own is not None else k,
                     ks=None if own is None else pointer(own, s.U32), threads=threads)
    call("trkx_radius_graph", pointer(points, s.F32), c.c_size_t(len(points)), c.c_size_t(points.shape[1]),
         c.byref(filled), c.byref(edges.struct))
    index = edges.view()
    return _directions(index, len(points), both, loop) if both or loop else index


def _directions(index: Int64, n: int, both: bool, loop: bool) -> Int64:
    nodes = np.arange(n)
    parts = [index] + ([index[::-1]] if both else []) + ([np.stack([nodes, nodes])] if loop else [])
    pairs = np.concatenate(parts, axis=1)
    return np.ascontiguousarray(pairs[:, np.lexsort((pairs[1], pairs[0]))])


def orient_edges(xyz: Any, edges: Any) -> Int64:
    """Edges int64 [2,m] directed outwards, from the hit nearer to the origin, and sorted again.

    xyz: [n,3] mm. The result is a new array.
    """
    positions = typed(xyz, np.float32, "xyz", (None, 3))
    struct, index = edges_struct(edges)
    turned, ones = OwnedEdges(), np.ones(index.shape[1], np.float32)
    # the library only turns edges that it allocated: copy them all
    call("trkx_edges_over", c.byref(struct), pointer(ones, s.F32), c.c_float(0), c.byref(turned.struct))
    call("trkx_edges_orient", pointer(positions, s.F32), c.c_size_t(len(positions)), c.byref(turned.struct))
    return turned.view()


def components(n: int, edges: Any, scores: Any = None, *, cut: float = 0.5, min_hits: int = 3,
               threads: int = 0) -> Int32:
    """Weakly connected components of n nodes: labels int32 [n], from 1 in the order of their first nodes.

    edges: int64 [2,m]. scores: float32 [m]; an edge connects if its score > cut, without scores always. min_hits:
    smaller components get the label 0.
    """
    struct, index = edges_struct(edges)
    weights = None if scores is None else scores_of(scores, index)
    filled = options(s.LabellingOptions, "trkx_labelling_options_init", cut=cut, min_hits=min_hits, threads=threads)
    labels, count = no_labels(n), c.c_size_t()
    call("trkx_components", c.c_size_t(len(labels)), c.byref(struct), pointer(weights, s.F32), c.byref(filled),
         pointer(labels, s.I32), c.byref(count))
    return labels


def no_labels(n: Any) -> Int32:
    return np.zeros(checked(c.c_uint, n, "n"), np.int32)


def scores_of(scores: Any, index: Int64) -> Float32:
    return typed(scores, np.float32, "scores", (index.shape[1],))


def join(hits: Any, edges: Any, scores: Any, *, cut: float = 0.5, min_hits: int = 3) -> Int32:
    """Tracks by joining hits along edges int64 [2,m] in decreasing order of their scores [m] > cut, at most one hit per
    module: labels int32 [n], 0: no track. hits need module ids."""
    with_modules = as_hits(hits)
    struct, index = edges_struct(edges)
    filled = options(s.LabellingOptions, "trkx_labelling_options_init", cut=cut, min_hits=min_hits)
    labels, count = np.zeros(len(with_modules), np.int32), c.c_size_t()
    with with_modules._needed():
        call("trkx_join", c.byref(with_modules._c()), c.byref(struct), pointer(scores_of(scores, index), s.F32),
             c.byref(filled), pointer(labels, s.I32), c.byref(count))
    return labels


def walkthrough(n: int, edges: Any, scores: Any, *, cut: float = 0.01, min_score: float = 0.1,
                add_score: float = 0.6, min_hits: int = 3, xyz: Any = None) -> Int32:
    """Tracks by walking along outward edges int64 [2,m] with scores [m] > cut: labels int32 [n], 0: no track. From each
    hit the best edge is followed if its score > min_score, and all edges with a score > add_score.

    xyz: [n,3] mm; if given, ties are resolved by position, as in a pipeline, instead of by the order of the hits.
    """
    struct, index = edges_struct(edges)
    labels, count = no_labels(n), c.c_size_t()
    positions = None if xyz is None else typed(xyz, np.float32, "xyz", (len(labels), 3))
    filled = options(s.WalkthroughOptions, "trkx_walkthrough_options_init", cut=cut, min_score=min_score,
                     add_score=add_score, min_hits=min_hits,
                     xyz=None if positions is None else pointer(positions, s.F32))
    call("trkx_walkthrough", c.c_size_t(len(labels)), c.byref(struct), pointer(scores_of(scores, index), s.F32),
         c.byref(filled), pointer(labels, s.I32), c.byref(count))
    return labels


def complete(hits: Any, candidates: Any, labels: Any, *, detector: str | os.PathLike[str] | None = None,
             threads: int = 0, **settings: float) -> Int32:
    """Tracks completed with hits along their helices: labels int32 [n].

    candidates: outward edges int64 [2,m]. detector: path of a detector.json; None: the built-in TrackML detector.
    settings: members of trkx_complete_options (match, search, exchange, rounds, chain_hits, chain_score, min_hits).
    """
    with_modules = as_hits(hits)
    struct, _index = edges_struct(candidates)
    completed, count = typed(labels, np.int32, "labels", (len(with_modules),)).copy(), c.c_size_t()
    known = {name for name, *_ in s.CompleteOptions._fields_} - {"size", "threads"}
    if not known.issuperset(settings):
        raise TypeError(f"complete has no setting {', '.join(set(settings) - known)}")
    filled = options(s.CompleteOptions, "trkx_complete_options_init", threads=threads, **settings)
    with with_modules._needed():
        call("trkx_complete", c.byref(with_modules._c()), _detector(detector), c.byref(struct), c.byref(filled),
             pointer(completed, s.I32), c.byref(count))
    return completed


def features(hits: Any, names: Mapping[str, float] | Iterable[str | tuple[str, float]], *, cells: Any = None,
             detector: str | os.PathLike[str] | None = None, threads: int = 0) -> Float32:
    """Features of hits, as the networks' input: float32 [n,F], in the order of names.

    names: one name, or several, for example {"r": 1000, "phi": math.pi}: each feature (mm, rad) is divided by its
    scale, 1 for a plain name. trkx.feature_names() lists all; "column:time" is a column of the hits. hits and cells:
    see as_hits. detector: path of a detector.json or detectors.csv for the features of cells, modules and the
    beam; None: the built-in TrackML detector.
    """
    names = [names] if isinstance(names, str) else names
    pairs = list(names.items() if isinstance(names, Mapping) else
                 [(n, 1.0) if isinstance(n, str) else n for n in names])
    measured = as_hits(hits, cells, [name[len(_COLUMN):] for name, _scale in pairs if name.startswith(_COLUMN)])
    specs = (s.FeatureSpec * len(pairs))(*(_spec(name, scale) for name, scale in pairs))
    values = np.empty((len(measured), len(pairs)), np.float32)
    with measured._needed():
        call("trkx_features", c.byref(measured._c()), _detector(detector), specs, c.c_size_t(len(pairs)),
             scalar(c.c_int, threads, "threads"), pointer(values, s.F32))
    return values


_COLUMN = "column:"


def feature_names() -> list[str]:
    """All features that a bundle may use; include/trkx.h defines them."""
    names: list[str] = []
    while (name := library.trkx_feature_name(len(names))) is not None:
        names.append(name.decode())
    return names


def method_names() -> list[str]:
    """The methods of track labelling that a bundle and Pipeline(method=...) may name."""
    names: list[str] = []
    while (name := library.trkx_method_name(c.c_size_t(len(names)))) is not None:
        names.append(name.decode())
    return names


def spec_name(spec: s.FeatureSpec) -> str:
    """The name as `features` takes it: "column:time" for a column."""
    name: bytes = library.trkx_feature_spec_name(c.byref(spec))
    return name.decode() if spec.column is None else _COLUMN + name.decode()


def _spec(name: str, scale: float) -> s.FeatureSpec:
    kind = c.c_int()
    if name.startswith(_COLUMN):
        return s.FeatureSpec(-1, checked(c.c_double, scale, f"the scale of {name}"),
                             text(name[len(_COLUMN):], "a column"))
    if not library.trkx_feature_find(text(name, "a feature"), c.byref(kind)):
        raise ArgumentError(f"there is no feature {name}; known are {', '.join(feature_names())}")
    return s.FeatureSpec(kind.value, checked(c.c_double, scale, f"the scale of {name}"))


def _detector(path: str | os.PathLike[str] | None) -> Handle:
    """The detector of a detector.json or a detectors.csv, or the built-in one."""
    if path is None:
        return _built_in_detector()
    address = c.c_void_p()
    call("trkx_detector_read", text(path, "detector"), c.byref(address))
    return Handle(address, "trkx_detector_destroy")


@cache
def _built_in_detector() -> Handle:
    address = c.c_void_p()
    call("trkx_detector_builtin", c.byref(address))
    return Handle(address, "trkx_detector_destroy")


def write_detector(directory: str | os.PathLike[str], detector: str | os.PathLike[str] | None = None) -> None:
    """Writes a detector (None: the built-in TrackML detector) into a directory as detector.json and detectors.csv.gz,
    as in a bundle."""
    call("trkx_detector_write", _detector(detector), text(directory, "directory"))


def true_edges(truth: Any, particles: Any = None, *, min_hits: int = 3) -> Int64:
    """Edges between consecutive hits of each particle with at least min_hits: int64 [2,t], (lower, higher index),
    sorted. truth: an Event, or what as_truth takes, with positions; indices are its rows. particles give the vertices
    from which distances are measured."""
    known, made = as_truth(truth), as_particles(truth if particles is None and isinstance(truth, Event) else particles)
    edges, made_struct = OwnedEdges(), None if made is None else c.byref(made._c())
    call("trkx_true_edges", c.byref(known._c()), made_struct, scalar(c.c_size_t, min_hits, "min_hits"),
         c.byref(edges.struct))
    return edges.view()
