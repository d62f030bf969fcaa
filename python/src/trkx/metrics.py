"""How good found tracks are."""
from __future__ import annotations

import ctypes as c
from dataclasses import dataclass, fields
from html import escape
from typing import Any

import numpy as np

from . import _structures as s
from ._arrays import typed
from ._library import call, options, pointer
from .errors import ArgumentError
from .event import Hits, as_hits
from .steps import truth_and_particles


@dataclass(frozen=True)
class Efficiency:
    """Of the particles with at least min_hits hits and pT above a bound."""

    min_pt: float
    """GeV"""
    particles: int
    """of interest"""
    matched: int
    """of them, found by double majority"""
    efficiency: float
    """matched / particles, 0 where there is none"""
    error: float
    """binomial standard error"""

    def __float__(self) -> float:
        return self.efficiency


@dataclass(frozen=True)
class Metrics:
    """Tracks compared with the truth; a track or particle of interest has at least min_hits hits."""

    trackml_score: float
    hits: int
    noise_hits: int
    hits_on_tracks: int
    tracks: int
    matched: int
    """tracks matched by double majority, duplicates included"""
    fragments: int
    """tracks of which one particle holds a majority, but not of the particle"""
    fakes: int
    """tracks of which no particle holds a majority"""
    duplicates: int
    """further tracks with the same majority particle"""
    fragment_rate: float
    fake_rate: float
    duplicate_rate: float
    hit_purity: float
    """mean share of the majority particle's hits, over tracks"""
    all: Efficiency
    above_500_mev: Efficiency
    above_1_gev: Efficiency
    has_pt: bool
    """pT is known, from particles or truth"""

    def _repr_html_(self) -> str:
        named = [(field.name.replace("_", " "), getattr(self, field.name)) for field in fields(self)]
        rows = "".join(f"<tr><td>{escape(name)}</td><td>{_text(value)}</td></tr>" for name, value in named)
        return f"<table>{rows}</table>"


def _text(value: Any) -> str:
    if isinstance(value, Efficiency):
        return f"{value.efficiency:.4f} ± {value.error:.4f} ({value.matched:,} of {value.particles:,})"
    return f"{value:.4f}" if isinstance(value, float) else f"{value:,}"


def evaluate(labels: Any, truth: Any, particles: Any = None, *, hits: Any = None, min_hits: int = 3,
             match_fraction: float = 0.5) -> Metrics:
    """Compares labels [n] (0: no track; any positive numbers) with the truth of the same hits.

    truth: an Event, or a table with TrackML's columns of truth (as_truth), row for row with the labels, or matched by
    hit_id where hits are given. particles: as of as_particles; without them a particle's pT is that of its true hit
    nearest to the origin. match_fraction: more than this share of the track's hits and of the particle's.
    """
    measured = None if hits is None else as_hits(hits)
    known, made = truth_and_particles(truth, particles, measured)
    found = typed(labels, np.int32, "labels", (None,))
    if len(found) != len(known):
        raise ArgumentError(f"{len(found)} labels, truth is of {len(known)} hits")
    filled = options(s.MetricsOptions, "trkx_metrics_options_init", min_hits=min_hits, match_fraction=match_fraction)
    metrics = s.Metrics()
    call("trkx_evaluate", pointer(found, s.I32), c.byref((measured or Hits(known.xyz))._c()), c.byref(known._c()),
         None if made is None else c.byref(made._c()), c.byref(filled), c.byref(metrics))
    compared: Metrics = _take(Metrics, metrics)
    return compared


def _take(kind: Any, struct: Any) -> Any:
    """A dataclass with the members of a structure."""
    values = {name: getattr(struct, name) for name, *_ in struct._fields_}
    return kind(**{name: _take(Efficiency, v) if isinstance(v, s.Efficiency) else v for name, v in values.items()})
