"""Events: hits, cells, truth and particles as arrays; read, simulated, or taken from any kind of table."""
from __future__ import annotations

import ctypes as c
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _structures as s
from ._arrays import typed
from ._columns import Columns, names_instead
from ._library import Handle, call, give, library, options, pointer, view
from ._scalars import scalar, text
from .errors import ArgumentError

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

_IDS = ("volume_id", "layer_id", "module_id")
_ID_TYPES: dict[str, npt.DTypeLike] = {"hit_id": np.int64, **dict.fromkeys(_IDS, np.int32)}


@dataclass(eq=False)
class Cells:
    """The cells of hits, hit by hit: those of hit i are begin[i] to begin[i + 1] - 1."""

    begin: npt.NDArray[np.uintp]
    """[n+1]"""
    ch0: Int32
    """[cells] channel along u"""
    ch1: Int32
    """[cells] channel along v"""
    value: Float32
    """[cells] charge"""


@dataclass(eq=False)
class Hits:
    """The measured hits of one event, in any order."""

    xyz: Float32
    """[n,3] mm, global frame, origin at the nominal interaction point"""
    hit_id: Int64 | None = None
    """[n] unique; None: 1 to n"""
    volume_id: Int32 | None = None
    """[n]; this and the next two are the hit's module. None: if the bundle uses modules, they are found from xyz"""
    layer_id: Int32 | None = None
    module_id: Int32 | None = None
    cells: Cells | None = None
    """None: of the default bundles, one that needs no cells is used"""
    columns: dict[str, Float32] = field(default_factory=dict)
    """further columns by name, [n] each, which a bundle may use"""
    _columns: tuple[str, ...] = field(default=(), init=False, repr=False)
    """all columns of the table they were taken from, for messages"""

    def __len__(self) -> int:
        return len(self.xyz)

    def __repr__(self) -> str:
        has = [name for name in (*_IDS, "cells") if getattr(self, name) is not None] + list(self.columns)
        return f"<trkx.Hits: {len(self)} hits" + (f" with {', '.join(has)}>" if has else ">")

    def _c(self) -> s.Hits:
        """A view for the library, valid as long as self."""
        hits = s.Hits(count=len(self.xyz), xyz=pointer(self.xyz, s.F32), hit_id=pointer(self.hit_id, s.I64))
        for name in _IDS:
            setattr(hits, name, pointer(getattr(self, name), s.I32))
        if self.cells is not None:
            hits.cell_begin = pointer(self.cells.begin, s.SIZES)
            hits.cell_ch0, hits.cell_ch1 = pointer(self.cells.ch0, s.I32), pointer(self.cells.ch1, s.I32)
            hits.cell_value = pointer(self.cells.value, s.F32)
        columns = (s.HitsColumn * len(self.columns))(
            *(s.HitsColumn(name.encode(), pointer(values, s.F32)) for name, values in self.columns.items()))
        hits.columns_count, hits.columns = len(columns), columns
        return hits

    @contextmanager
    def _needed(self) -> Iterator[None]:
        """Adds to an error about missing ids the columns that exist, or how to give the ids."""
        try:
            yield
        except ArgumentError as error:
            missing = [name for name in _IDS if getattr(self, name) is None and name in str(error)]
            if not missing:
                raise
            instead = names_instead(self._columns, missing, ("xyz", "x", "y", "z", *_ID_TYPES)) if self._columns else (
                f"give a table or a dict with x, y, z (or xyz) and {', '.join(missing)}")
            raise ArgumentError(f"{error}: {instead}") from None


@dataclass(eq=False)
class Truth:
    """The particle of each hit, row for row with the hits."""

    particle_id: Int64
    """[n] 0: noise"""
    xyz: Float32 | None
    """[n,3] mm, true crossing point; None: unknown"""
    pxyz: Float32 | None
    """[n,3] GeV, true momentum there; None: unknown"""
    weight: Float64
    """[n] of the TrackML score; sums to 1"""

    def __len__(self) -> int:
        return len(self.particle_id)

    def __repr__(self) -> str:
        return f"<trkx.Truth: {len(self)} hits>"

    def _c(self) -> s.Truth:
        return s.Truth(len(self), pointer(self.particle_id, s.I64), pointer(self.xyz, s.F32),
                       pointer(self.pxyz, s.F32), pointer(self.weight, s.F64))


@dataclass(eq=False)
class Particles:
    """The generated particles of an event."""

    particle_id: Int64
    """[p] unique, never 0"""
    particle_type: Int32
    """[p] PDG code, 0: unknown"""
    vxyz: Float32
    """[p,3] mm, production vertex"""
    pxyz: Float32
    """[p,3] GeV, momentum there"""
    charge: Int32
    """[p] in units of e"""
    nhits: Int32
    """[p]"""

    def __len__(self) -> int:
        return len(self.particle_id)

    def __repr__(self) -> str:
        return f"<trkx.Particles: {len(self)} particles>"

    @property
    def pt(self) -> Float32:
        """[p] GeV, transverse momentum."""
        pt: Float32 = np.hypot(self.pxyz[:, 0], self.pxyz[:, 1])
        return pt

    @property
    def eta(self) -> Float32:
        """[p] pseudorapidity of the momentum."""
        eta: Float32 = np.arcsinh(self.pxyz[:, 2] / self.pt)
        return eta

    def _c(self) -> s.Particles:
        return s.Particles(len(self), pointer(self.particle_id, s.I64), pointer(self.particle_type, s.I32),
                           pointer(self.vxyz, s.F32), pointer(self.pxyz, s.F32), pointer(self.charge, s.I32),
                           pointer(self.nhits, s.I32))


class Event:
    """An event in the library's memory; the arrays are views of it, not copies."""

    hits: Hits
    truth: Truth | None
    particles: Particles | None

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self.name: str = os.fsdecode(library.trkx_event_name(handle.address))
        self.hits = _view_hits(library.trkx_event_hits(handle.address).contents, handle)
        truth = library.trkx_event_truth(handle.address)
        self.truth = _view_truth(truth.contents, handle) if truth else None
        particles = library.trkx_event_particles(handle.address)
        self.particles = _view_particles(particles.contents, handle) if particles else None

    def __len__(self) -> int:
        return len(self.hits)

    def _parts(self) -> list[tuple[str, int]]:
        parts = [("hits", len(self))]
        if self.hits.cells is not None:
            parts.append(("cells", len(self.hits.cells.value)))
        if self.particles is not None:
            parts.append(("particles", len(self.particles)))
        return parts

    def __repr__(self) -> str:
        return f"<trkx.Event {self.name}: {', '.join(f'{count} {name}' for name, count in self._parts())}>"

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{name}</td><td>{count:,}</td></tr>" for name, count in self._parts())
        return f"<table><caption>{escape(self.name)}</caption>{rows}</table>"

    def write(self, directory: str | os.PathLike[str], gzip: bool = False) -> None:
        """Writes the parts of the event as <directory>/<name>-hits.csv and so on, in the TrackML format."""
        call("trkx_event_write", self._handle.address, text(directory, "directory"), scalar(c.c_bool, gzip, "gzip"))


def _view_hits(hits: Any, owner: Handle) -> Hits:
    n = hits.count
    cells = None
    if hits.cell_begin:
        begin = view(hits.cell_begin, n + 1, np.uintp, owner)
        count = int(begin[-1])
        cells = Cells(begin, view(hits.cell_ch0, count, np.int32, owner), view(hits.cell_ch1, count, np.int32, owner),
                      view(hits.cell_value, count, np.float32, owner))
    volume_id, layer_id, module_id = (view(getattr(hits, name), n, np.int32, owner) if getattr(hits, name) else None
                                      for name in _IDS)
    return Hits(view(hits.xyz, (n, 3), np.float32, owner), view(hits.hit_id, n, np.int64, owner), volume_id, layer_id,
                module_id, cells,
                {column.name.decode(): view(column.values, n, np.float32, owner)
                 for column in hits.columns[:hits.columns_count]})


def _view_truth(truth: Any, owner: Handle) -> Truth:
    n = truth.count
    return Truth(view(truth.particle_id, n, np.int64, owner), view(truth.xyz, (n, 3), np.float32, owner),
                 view(truth.pxyz, (n, 3), np.float32, owner) if truth.pxyz else None,
                 view(truth.weight, n, np.float64, owner))


def _view_particles(particles: Any, owner: Handle) -> Particles:
    p = particles.count
    return Particles(view(particles.particle_id, p, np.int64, owner), view(particles.particle_type, p, np.int32, owner),
                     view(particles.vxyz, (p, 3), np.float32, owner), view(particles.pxyz, (p, 3), np.float32, owner),
                     view(particles.charge, p, np.int32, owner), view(particles.nhits, p, np.int32, owner))


_PARTS = {"cells": 1, "truth": 2, "particles": 4}
_OPTIONAL = 8


def read_event(path: str | os.PathLike[str], parts: tuple[str, ...] | None = None, threads: int = 0,
               columns: Iterable[str] = ()) -> Event:
    """Reads an event of TrackML files, CSV or gzip.

    path: up to "-hits.csv", as in "dir/event000001000", or any of the event's files. parts: those of "cells", "truth"
    and "particles" to read, which have to exist; None: all that exist. threads: 0: all cores. columns: further columns
    of the file of hits, for hits.columns.
    """
    unknown = [part for part in parts or () if part not in _PARTS]
    if unknown:
        raise ArgumentError(f"parts of an event are {', '.join(_PARTS)}, not {', '.join(unknown)}")
    flags = sum(_PARTS[part] for part in parts) if parts is not None else sum(_PARTS.values()) | _OPTIONAL
    address, names = c.c_void_p(), [text(name, "a column") for name in columns]
    call("trkx_event_read_columns", text(path, "path"), c.c_uint(flags), scalar(c.c_int, threads, "threads"),
         (c.c_char_p * len(names))(*names), c.c_size_t(len(names)), c.byref(address))
    return Event(Handle(address, "trkx_event_destroy"))


def simulate(particles: int | None = None, seed: int = 1, number: int = 1000, *, beam: str = "kaggle",
             sigma_z: float | None = None, noise: float | None = None, density: float = 1,
             cluster_thickness: float = 1, cells: bool = True, threads: int = 0) -> Event:
    """Simulates an event in the TrackML detector, with truth.

    seed, number and all that follows determine the event. beam: "kaggle", the conditions of TrackML's accuracy phase, or
    "throughput", those of its throughput phase; it sets those of particles, sigma_z and noise that are None. particles:
    charged particles, about 8.4 hits each (12263; 9003). sigma_z: mm, length of the luminous region (5.3; 53). noise:
    multiplies the 17,690 noise hits of a full event, which do not depend on the number of particles (1; 1.31).
    density: multiplies particles and noise. cluster_thickness: 0.1 to 4, the depth of sensor that makes a cluster in the
    pixel barrel, relative to the throughput phase; 2: probably the accuracy phase's.
    """
    filled = options(s.SimulateOptions, "trkx_simulate_options_init", seed=seed, density=density,
                     cluster_thickness=cluster_thickness, cells=cells, threads=threads)
    call("trkx_simulate_options_beam", c.byref(filled), text(beam, "beam"))
    give(filled, particles=particles, sigma_z=sigma_z, noise=noise)
    address = c.c_void_p()
    call("trkx_simulate", c.byref(filled), scalar(c.c_uint64, number, "number"), c.byref(address))
    return Event(Handle(address, "trkx_event_destroy"))


# ---- from tables of any kind ------------------------------------------------------------------------------------


def as_hits(hits: Any, cells: Any = None, columns: Iterable[str] = ()) -> Hits:
    """Hits from an array [n,3] (x, y, z in mm), or from a table with the columns x, y, z (or xyz [n,3]) and optionally
    hit_id, volume_id, layer_id and module_id; their cells from a table with the columns hit_id, ch0, ch1 and value, in
    any order. Tables: arrays by name, a structured array, a data frame of pandas or polars, an Arrow table. Arrays with
    the library's types and layout (xyz float32, ids int32, hit_id int64) are not copied. columns: further columns of
    floats to take from the table; missing ones are ignored.

    Errors, here and for the other tables: one of these columns is not numeric, masked or missing values, NaN and
    infinity, ids that are not integers or may have been rounded as floating-point numbers, a repeated hit_id.
    """
    if isinstance(hits, Event):
        hits = hits.hits
    if isinstance(hits, Hits):
        found = _checked_hits(hits)
    elif _is_array(hits):
        found = Hits(typed(hits, np.float32, "hits", (None, 3)))
    else:
        found = _read_hits(Columns(hits, "hits"), columns)
    if found.hit_id is not None:
        _check_unique(found.hit_id, "hits")
    given = found.cells if cells is None else cells
    if isinstance(given, Cells):
        found.cells = _checked_cells(given, len(found))
    elif given is not None:
        found.cells = _match_cells(found, Columns(given, "cells"))
    return found


def _is_array(values: Any) -> bool:
    if isinstance(values, np.ndarray):
        return values.dtype.names is None
    frame = hasattr(values, "__dataframe__") or hasattr(values, "__arrow_c_stream__")
    arrays = ("__array_interface__", "__dlpack__", "__array__")
    return not frame and (isinstance(values, (list, tuple)) or any(hasattr(values, name) for name in arrays))


def _checked_hits(hits: Hits) -> Hits:
    found = Hits(typed(hits.xyz, np.float32, "hits: xyz", (None, 3)), cells=hits.cells)
    found._columns = hits._columns
    found.columns = {name: typed(values, np.float32, f"hits: column {name}", (len(found),))
                     for name, values in hits.columns.items()}
    for name, dtype in _ID_TYPES.items():
        if getattr(hits, name) is not None:
            setattr(found, name, typed(getattr(hits, name), dtype, f"hits: {name}", (len(found),)))
    return found


def _read_hits(columns: Columns, further: Iterable[str]) -> Hits:
    found = Hits(columns.typed("xyz", np.float32, None, 3) if "xyz" in columns else columns.rows("x y z"))
    found._columns = tuple(map(str, columns.arrays))
    for name, dtype in _ID_TYPES.items():
        if name in columns:
            setattr(found, name, columns.typed(name, dtype, len(found)))
    found.columns = {name: columns.typed(name, np.float32, len(found)) for name in further if name in columns}
    return found


def _check_unique(ids: Int64, what: str) -> None:
    if (ids[1:] > ids[:-1]).all():
        return
    order = np.argsort(ids, kind="stable")
    twice = np.flatnonzero(ids[order[1:]] == ids[order[:-1]])
    if len(twice) > 0:
        first, second = order[twice[0]], order[twice[0] + 1]
        raise ArgumentError(f"{what}: hit_id {ids[first]} is repeated, in rows {first} and {second}")


def _checked_cells(cells: Cells, n: int) -> Cells:
    """Checks what the library relies on."""
    value = typed(cells.value, np.float32, "cells: value", (None,))
    count, begin = len(value), typed(cells.begin, np.uintp, "cells: begin", (n + 1,))
    if begin[0] != 0 or begin[-1] != count or (begin[1:] < begin[:-1]).any():
        raise ArgumentError(f"cells: begin does not increase from 0 to {count}, the number of cells")
    ch0, ch1 = (typed(getattr(cells, name), np.int32, f"cells: {name}", (count,)) for name in ("ch0", "ch1"))
    return Cells(begin, ch0, ch1, value)


def _match_cells(hits: Hits, columns: Columns) -> Cells:
    row = _rows_of(columns.typed("hit_id", np.int64, None), hits, "cells")
    value = columns.typed("value", np.float32, len(row))
    channels = [columns.typed(name, np.int32, len(row)) for name in ("ch0", "ch1")]
    if (row[1:] < row[:-1]).any():
        order = np.argsort(row, kind="stable")
        value, channels = value[order], [channel[order] for channel in channels]
    begin = np.zeros(len(hits) + 1, np.uintp)
    np.cumsum(np.bincount(row, minlength=len(hits)), out=begin[1:])
    return Cells(begin, channels[0], channels[1], value)


def _rows_of(ids: Int64, hits: Hits, what: str) -> Int64:
    """The row of each hit_id among the hits."""
    known = hits.hit_id if hits.hit_id is not None else np.arange(1, len(hits) + 1)
    order = np.argsort(known, kind="stable")
    place = np.searchsorted(known, ids, sorter=order)
    row = order[np.minimum(place, max(len(hits) - 1, 0))] if len(hits) > 0 else np.zeros(0, np.int64)
    strangers = ids[known[row] != ids] if len(hits) > 0 else ids
    if len(strangers) > 0:
        raise ArgumentError(f"{what}: hit_id {strangers[0]} is not among the hits")
    return row


def as_truth(truth: Any, hits: Hits | None = None) -> Truth:
    """Truth from a table with TrackML's columns particle_id and optionally tx, ty, tz (mm), tpx, tpy, tpz (GeV) and
    weight. Without weights all hits of particles have the same.

    If hits are given, rows are sorted into their order by hit_id, and missing positions are taken from them. If either
    has no hit_id, the rows are taken to be in the order of the hits; it is an error if the truth's hit_id are not
    ascending.
    """
    found, ids = _read_truth(truth)
    if hits is None:
        return found
    found = found if ids is None else _in_order(found, ids, hits)
    if found.xyz is None and len(found) == len(hits):
        found.xyz = hits.xyz
    return found


def truth_of_labels(truth: Any) -> Truth:
    """The truth of labels without hits: an event has them, other rows have to be in order."""
    found, ids = _read_truth(truth)
    if ids is not None and not isinstance(truth, Event):
        _check_rising(ids)
    return found


def _read_truth(truth: Any) -> tuple[Truth, Int64 | None]:
    """The truth, and its hit_id if it has them."""
    if isinstance(truth, Event):
        return _checked_truth(truth.truth), truth.hits.hit_id
    if truth is None or isinstance(truth, Truth):
        return _checked_truth(truth), None
    columns = Columns(truth, "truth")
    particle_id = columns.typed("particle_id", np.int64, None)
    n = len(particle_id)
    xyz, pxyz = (columns.rows(names, n) if columns.any_of(names) else None for names in ("tx ty tz", "tpx tpy tpz"))
    weight = columns.typed("weight", np.float64, n) if "weight" in columns else _equal_weights(particle_id)
    return Truth(particle_id, xyz, pxyz, weight), columns.typed("hit_id", np.int64, n) if "hit_id" in columns else None


def _equal_weights(particle_id: Int64) -> Float64:
    weights: Float64 = (particle_id != 0) / max(np.count_nonzero(particle_id), 1)
    return weights


def _checked_truth(truth: Truth | None) -> Truth:
    if truth is None:
        raise ArgumentError("the event has no truth")
    particle_id = typed(truth.particle_id, np.int64, "truth: particle_id", (None,))
    n = len(particle_id)

    def vectors(name: str) -> Float32 | None:
        rows = getattr(truth, name)
        return None if rows is None else typed(rows, np.float32, f"truth: {name}", (n, 3))

    return Truth(particle_id, vectors("xyz"), vectors("pxyz"), typed(truth.weight, np.float64, "truth: weight", (n,)))


def _check_rising(ids: Int64) -> None:
    fallen = np.flatnonzero(ids[1:] <= ids[:-1])
    if len(fallen) > 0:
        first = fallen[0]
        raise ArgumentError(f"truth: hit_id {ids[first + 1]} comes after {ids[first]}: the order of the hits is "
                            "unknown, give hits with hit_id")


def _in_order(truth: Truth, ids: Int64, hits: Hits) -> Truth:
    """Sorted by hit_id, if the hits have them."""
    if hits.hit_id is None:
        _check_rising(ids)
    if hits.hit_id is None or np.array_equal(ids, hits.hit_id):
        return truth
    _check_unique(ids, "truth")
    row = _rows_of(ids, hits, "truth")
    if len(row) != len(hits):
        raise ArgumentError(f"truth: {len(row)} rows, but the event has {len(hits)} hits")
    order = np.empty(len(row), np.int64)
    order[row] = np.arange(len(row))
    xyz, pxyz = (None if rows is None else rows[order] for rows in (truth.xyz, truth.pxyz))
    return Truth(truth.particle_id[order], xyz, pxyz, truth.weight[order])


def as_particles(particles: Any) -> Particles | None:
    """Particles from a table with TrackML's columns: particle_id, vx, vy, vz (mm), px, py, pz (GeV) and optionally
    particle_type, q and nhits."""
    if isinstance(particles, Event):
        particles = particles.particles
    if particles is None:
        return None
    if isinstance(particles, Particles):
        return _checked_particles(particles)
    columns = Columns(particles, "particles")
    particle_id = columns.typed("particle_id", np.int64, None)
    p = len(particle_id)

    def numbers(name: str) -> Int32:
        return columns.typed(name, np.int32, p) if name in columns else np.zeros(p, np.int32)

    return Particles(particle_id, numbers("particle_type"), columns.rows("vx vy vz", p), columns.rows("px py pz", p),
                     numbers("q"), numbers("nhits"))


def _checked_particles(particles: Particles) -> Particles:
    p = len(particles.particle_id)

    def checked(name: str, dtype: npt.DTypeLike, *extents: int) -> npt.NDArray[Any]:
        return typed(getattr(particles, name), dtype, f"particles: {name}", (p, *extents))

    return Particles(checked("particle_id", np.int64), checked("particle_type", np.int32),
                     checked("vxyz", np.float32, 3), checked("pxyz", np.float32, 3), checked("charge", np.int32),
                     checked("nhits", np.int32))
