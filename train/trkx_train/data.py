"""The configuration, and the events for training, stored as arrays: simulated ones, made once and shared by all
configurations, and real ones if the configuration wants them (TRKX_TRAIN_REAL: the directory that they are in)."""
import os
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from . import library
from .networks import Inputs

REPOSITORY = library.REPOSITORY
DEFAULT = REPOSITORY / "train" / "config.toml"


def _merged(base, own):
    both = {key: _merged(base[key], own[key]) for key in base.keys() & own.keys() if isinstance(own[key], dict)}
    return {**base, **own, **both}


@lru_cache(None)
def config():
    """DEFAULT, overridden by the file in the environment variable TRKX_TRAIN_CONFIG."""
    base, own = (tomllib.loads(Path(path).read_text(encoding="utf-8"))
                 for path in (DEFAULT, os.environ.get("TRKX_TRAIN_CONFIG", DEFAULT)))
    return _merged(base, own)


BUNDLE = REPOSITORY / config()["bundle"]["directory"]
WORK = REPOSITORY / config()["bundle"]["work"]
EVENTS = REPOSITORY / config()["data"]["directory"]


def inputs():
    c = config()["bundle"]
    return Inputs(c["beam"], c["cells"])


def has_second_pass():
    return config()["bundle"]["second_pass"]


def with_inputs(positional):
    """The features of the networks in training, (name, scale) each."""
    return positional + [library.BEAM_FEATURE] * inputs().beam + library.SENSOR_FEATURES * inputs().cells


@dataclass
class Hits:
    """The networks' input of n hits."""

    xyz: np.ndarray  # float32 [n,3] mm
    sensor: np.ndarray  # float32 [n,4] library.SENSOR_FEATURES
    beam_sigma_z: float  # mm
    volume_id: np.ndarray  # int32 [n]
    event_hits: int  # of the whole event that they are from

    def __len__(self):
        return len(self.xyz)

    def features(self, specs):
        """Float32 [n,F] of (name, scale) each: of positions first, then BEAM_FEATURE, then SENSOR_FEATURES."""
        columns = [library.features(self.xyz, [spec for spec in specs if spec not in library.SENSOR_FEATURES
                                               and spec != library.BEAM_FEATURE])]
        if library.BEAM_FEATURE in specs:
            columns.append(np.full((len(self), 1), self.beam_sigma_z, np.float32))
        if library.SENSOR_FEATURES[0] in specs:
            columns.append(self.sensor)
        return np.concatenate(columns, 1)

    def rows(self, rows):
        return Hits(np.ascontiguousarray(self.xyz[rows]), self.sensor[rows], self.beam_sigma_z, self.volume_id[rows],
                    self.event_hits)

    def kept_neighbours(self, graph):
        """The number of nearest neighbours that each hit keeps: [n]. graph: "embedding" of the configuration, or of a bundle."""
        ks = np.full(len(self), graph["k"], np.uint32)
        for own in graph.get("k_of_volumes", []):
            ks[np.isin(self.volume_id, own["volumes"])] = own["k"]
        return ks

    def augmented(self, rng):
        """Rotated about the beam and mirrored along it, both at random. Across it the drift in the sensors
        tells right from left. The beam's width is only an estimate: it varies as estimates do."""
        angle = rng.uniform(0, 2 * np.pi)
        cos, sin = np.cos(angle), np.sin(angle)
        xyz = np.empty_like(self.xyz)
        xyz[:, 0] = cos * self.xyz[:, 0] - sin * self.xyz[:, 1]
        xyz[:, 1] = sin * self.xyz[:, 0] + cos * self.xyz[:, 1]
        xyz[:, 2] = self.xyz[:, 2] * rng.choice([-1, 1])
        beam = self.beam_sigma_z * rng.lognormal(0, 0.1)
        return Hits(xyz, self.sensor, beam, self.volume_id, self.event_hits)


def hits_of(event):
    return Hits(event.xyz, event.sensor, float(event.beam_sigma_z), event.volume_id, len(event.xyz))


@dataclass
class Sample:
    """The data of one event for training. n: hits."""

    hits: Hits
    particle: np.ndarray  # int32 [n] 0: noise
    pt: np.ndarray  # float32 [n] GeV, of the particle at its origin; 0: noise
    rank: np.ndarray  # int32 [n] position of the hit along its particle
    true_edges: np.ndarray  # int64 [2,t]


def sample_of(event, rows=None):
    """rows: of free hits, without the others; None: all."""
    ids, particle = np.unique(np.concatenate([[0], event.particle_id]), return_inverse=True)
    particle = particle[1:].astype(np.int32)
    order = np.argsort(event.particles_id)
    place = np.searchsorted(event.particles_id, event.particle_id, sorter=order)
    row = order[np.minimum(place, len(event.particles_id) - 1)]
    pt = np.where(particle == 0, 0, np.hypot(*event.particles_pxyz[row, :2].T)).astype(np.float32)
    along = np.linalg.norm(event.truth_xyz - event.particles_vxyz[row], axis=1)
    if rows is None:
        return Sample(hits_of(event), particle, pt, ranks(particle, along), library.true_edges(event))
    hits, particle, along = hits_of(event).rows(rows), particle[rows], along[rows]
    return Sample(hits, particle, pt[rows], ranks(particle, along), consecutive(particle, along))


def consecutive(particle, along, min_hits=3):
    """Edges [2,t] between consecutive hits of the particles that have at least min_hits of these hits."""
    order = np.lexsort((along, particle))
    hits = np.bincount(particle)[particle]
    inner, outer = order[:-1], order[1:]
    true = (particle[inner] == particle[outer]) & (particle[inner] > 0) & (hits[inner] >= min_hits)
    return np.stack([inner[true], outer[true]]).astype(np.int64)


def ranks(group, key):
    """Position of each row within its group, ordered by key."""
    order = np.lexsort((key, group))
    begins = np.r_[True, group[order][1:] != group[order][:-1]]
    first = np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order)) - first
    return rank


def recipe(kind, number):
    """The options of a simulated event: both beams alternate; of every six training events two have other densities,
    and four have other cluster lengths than the simulator's own."""
    c = config()["data"]
    options = {"beam": c["beams"][number % len(c["beams"])]}
    if kind != "train":
        return c[f"{kind}_seed"], options
    rng = np.random.default_rng([c["seed"], number])
    if number % 6 >= 4:
        options["density"] = rng.uniform(*c["densities"][number // 6 % 2])
    if number % 6 >= 2:
        options["cluster_thickness"] = float(np.exp(rng.uniform(*np.log(c["cluster_thickness"]))))
    return c["seed"], options


def event_path(kind, number):
    """Real events come after the simulated ones: the first of their directory to train, the next for choices."""
    if number < simulated(kind):
        return EVENTS / f"{kind}{number:04d}.npz"
    return EVENTS / f"real-{kind}{number - simulated(kind):04d}.npz"


def _real_prefix(kind, number):
    directory = os.environ.get("TRKX_TRAIN_REAL")
    if not directory:
        raise SystemExit("data: this configuration trains on real events as well: --real DIR")
    prefixes = sorted({str(path).rsplit("-", 1)[0] for path in Path(directory).glob("event*-hits.*")})
    place = number - simulated(kind) + (real("train") if kind == "validation" else 0)
    if place >= len(prefixes):
        raise SystemExit(f"data: {directory}: {len(prefixes)} events, {real('train') + real('validation')} are needed")
    return prefixes[place]


def _make(job):
    path = event_path(*job)
    if not path.exists():
        kind, number = job
        temporary = path.with_name("part-" + path.name)
        if number < simulated(kind):
            seed, options = recipe(kind, number)
            event = library.simulate(seed, number, **options)
        else:
            event = library.read_event(_real_prefix(kind, number))
        event.save(temporary)
        temporary.rename(path)
    return job


def simulated(kind):
    return config()["data"]["events" if kind == "train" else f"{kind}_events"]


def real(kind):
    return config()["data"]["real"].get(kind, 0)


def count(kind):
    return simulated(kind) + real(kind)


def load_event(kind, number):
    return library.Event.load(event_path(kind, number))


@lru_cache(None)
def load_sample(kind, number, free=False):
    """free: only the hits that the first pass leaves."""
    return sample_of(load_event(kind, number), load_free(kind, number) if free else None)


def free_path(kind, number):
    return WORK / "free" / f"{kind}{number:04d}.npy"


def load_free(kind, number):
    """Rows of the hits that are on no track after the first pass."""
    return np.load(free_path(kind, number))


def wedge(hits, count, rng):
    """Rows of a random wedge in phi with about this many hits."""
    xyz = hits.xyz
    phi = np.arctan2(xyz[:, 1], xyz[:, 0]) / (2 * np.pi)
    return np.where((phi - rng.random()) % 1 < count / len(xyz))[0]


def subgraph(rows, n, edges):
    """Edges [2,m] among n hits, restricted to rows and renumbered; and their indices."""
    place = np.full(n, -1, np.int64)
    place[rows] = np.arange(len(rows))
    edges = place[edges]
    kept = (edges >= 0).all(0)
    return edges[:, kept], kept


def main():
    EVENTS.mkdir(parents=True, exist_ok=True)
    jobs = [("validation", i) for i in range(count("validation"))]
    jobs += [("train", i) for i in range(count("train"))]
    jobs += [("test", i) for i in range(count("test"))]
    with get_context("spawn").Pool(2) as pool:
        for done, job in enumerate(pool.imap(_make, jobs), 1):
            print(f"\rdata: {done}/{len(jobs)} events", end="" if done < len(jobs) else "\n", flush=True)


if __name__ == "__main__":
    main()
