"""Evaluates tracks against the truth."""
from __future__ import annotations

import ctypes as c
import math
from dataclasses import dataclass, fields
from html import escape
from typing import Any

import numpy as np

from . import _structures as s
from ._arrays import typed
from ._library import call, options, pointer
from .errors import ArgumentError
from .event import Event, as_hits, as_particles, as_truth, truth_of_labels


@dataclass(frozen=True)
class Efficiency:
    """Efficiency for particles with at least min_hits hits and pT above a bound."""

    min_pt: float
    """GeV"""
    particles: int
    """of interest"""
    matched: int
    """of them, found by double majority"""
    efficiency: float
    """matched / particles, 0 if there are none"""
    error: float
    """binomial standard error"""

    def __float__(self) -> float:
        return self.efficiency


_NO_PT = "pT is unknown: neither truth nor particles have momenta"
_UNKNOWN = "unknown: it needs particles with TrackML's ids and, for weights, true positions"
_WEIGHTS = (None, "phase1", "phase2")  # enum trkx_weights


@dataclass(frozen=True, repr=False)
class Metrics:
    """Tracks compared with the truth; a track or particle of interest has at least min_hits hits."""

    trackml_score: float
    """with the weights of truth"""
    hits: int
    noise_hits: int
    hits_on_tracks: int
    tracks: int
    matched: int
    """tracks matched by double majority, duplicates included"""
    fragments: int
    """tracks with a majority of hits from one particle, but without the majority of the particle's hits"""
    fakes: int
    """tracks without a majority particle"""
    duplicates: int
    """further tracks with the same majority particle"""
    fragment_rate: float
    fake_rate: float
    duplicate_rate: float
    hit_purity: float
    """mean share of the majority particle's hits, over tracks"""
    all: Efficiency
    """of all particles with pT > 0; of all particles if pT is unknown"""
    above_500_mev: Efficiency | None
    """None if pT is unknown, like the next"""
    above_1_gev: Efficiency | None
    has_pt: bool
    """whether pT is known: particles were given, or truth has momenta"""
    has_kinds: bool
    """whether kinds of particle are known: particles were given, with ids in TrackML's numbering"""
    given_weights: str | None
    """what the weights of truth are: "phase1" (accuracy phase), "phase2" (throughput phase: nothing from material has
    weight), or None if the event cannot tell"""
    trackml_score_phase1: float | None
    """with the weights of the challenge's phase 1, made from the particles; None without particles or true positions"""
    trackml_score_phase2: float | None
    """likewise; None also if the kinds are unknown"""
    from_beam: Efficiency | None
    """None if the kinds are unknown, like the next two; all three as `all`"""
    from_decays: Efficiency | None
    """of particles made more than 1 mm from the beam, but not in material"""
    from_material: Efficiency | None
    beam_weight: float | None
    """the share of the weight in phase 1 that these particles hold; None if it is unknown, like the next two"""
    decays_weight: float | None
    material_weight: float | None

    def __repr__(self) -> str:
        values = ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in fields(self))
        return f"Metrics({values})" + ("" if self.has_pt else f" ({_NO_PT})")

    def _repr_html_(self) -> str:
        named = [(field.name.replace("_", " "), getattr(self, field.name)) for field in fields(self)]
        rows = "".join(f"<tr><td>{escape(name)}</td><td>{_text(name, value)}</td></tr>" for name, value in named)
        return f"<table>{rows}</table>"


def _text(name: str, value: Any) -> str:
    if value is None:
        return _NO_PT if name.startswith("above") else _UNKNOWN
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Efficiency):
        return f"{value.efficiency:.4f} ± {value.error:.4f} ({value.matched:,} of {value.particles:,})"
    return f"{value:.4f}" if isinstance(value, float) else f"{value:,}"


def evaluate(labels: Any, truth: Any, particles: Any = None, *, hits: Any = None, min_hits: int = 3,
             match_fraction: float = 0.5) -> Metrics:
    """Compares labels [n] (0: no track; any positive numbers) with the truth of the same hits.

    truth: an Event, or a table with TrackML's columns of truth (as_truth). hits: those of the labels, with hit_id, by
    which the truth is matched; without them the truth has to be row for row with the labels, and it is an error if its
    hit_id are not ascending. particles: see as_particles; without them a particle's pT is that of its true hit nearest
    to the origin, and if the truth has no momenta (tpx, tpy, tpz) there are no efficiencies above a pT; nor are there, without
    particles, the scores of both phases and the efficiencies by kind.
    match_fraction: a match needs more than this share of the track's hits and of the particle's.
    """
    known = truth_of_labels(truth) if hits is None else as_truth(truth, as_hits(hits))
    made = as_particles(truth if particles is None and isinstance(truth, Event) else particles)
    found = typed(labels, np.int32, "labels", (None,))
    if len(found) != len(known):
        raise ArgumentError(f"{len(found)} labels, but the truth has {len(known)} hits")
    filled = options(s.MetricsOptions, "trkx_metrics_options_init", min_hits=min_hits, match_fraction=match_fraction)
    metrics = s.Metrics()
    call("trkx_evaluate", pointer(found, s.I32), c.byref(s.Hits(count=len(known))), c.byref(known._c()),
         None if made is None else c.byref(made._c()), c.byref(filled), c.byref(metrics))
    values = {name: _known(value) for name, value in _members(metrics).items()}
    return Metrics(**{**values, "given_weights": _WEIGHTS[metrics.given_weights]})


def _known(value: Any) -> Any:
    """None instead of a number, or an efficiency, that is NaN."""
    number = float(value) if isinstance(value, (float, Efficiency)) else 0.0
    return None if math.isnan(number) else value


def _members(struct: Any) -> dict[str, Any]:
    values = {name: getattr(struct, name) for name, *_ in struct._fields_}
    return {name: Efficiency(**_members(v)) if isinstance(v, s.Efficiency) else v for name, v in values.items()}
