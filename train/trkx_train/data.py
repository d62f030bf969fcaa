"""The configuration, and simulated events for training: made once, stored as arrays, shared by all configurations."""
import os
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from . import library

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


def sees_cells():
    """Whether the networks use library.SENSOR_FEATURES besides positions."""
    return config()["bundle"]["cells"]


def with_sensor(positional):
    """The features of the networks in training, (name, scale) each."""
    return positional + (library.SENSOR_FEATURES if sees_cells() else [])


@dataclass
class Hits:
    """The networks' input of n hits."""

    xyz: np.ndarray  # float32 [n,3] mm
    sensor: np.ndarray  # float32 [n,5] library.SENSOR_FEATURES
    volume_id: np.ndarray  # int32 [n]
    event_hits: int  # of the whole event that they are from

    def __len__(self):
        return len(self.xyz)

    def features(self, specs):
        """Float32 [n,F] of (name, scale) each. SENSOR_FEATURES, if requested, come last."""
        positional = [spec for spec in specs if spec not in library.SENSOR_FEATURES]
        columns = library.features(self.xyz, positional)
        return columns if len(positional) == len(specs) else np.concatenate([columns, self.sensor], 1)

    def rows(self, rows):
        return Hits(np.ascontiguousarray(self.xyz[rows]), self.sensor[rows], self.volume_id[rows], self.event_hits)

    def kept_neighbours(self, graph):
        """The number of nearest neighbours that each hit keeps: [n]. graph: "embedding" of the configuration, or of a bundle."""
        ks = np.full(len(self), graph["k"], np.uint32)
        for own in graph.get("k_of_volumes", []):
            ks[np.isin(self.volume_id, own["volumes"])] = own["k"]
        return ks

    def augmented(self, rng):
        """Rotated about the beam and mirrored along it, both at random. Across it the drift in the sensors
        tells right from left."""
        angle = rng.uniform(0, 2 * np.pi)
        cos, sin = np.cos(angle), np.sin(angle)
        xyz = np.empty_like(self.xyz)
        xyz[:, 0] = cos * self.xyz[:, 0] - sin * self.xyz[:, 1]
        xyz[:, 1] = sin * self.xyz[:, 0] + cos * self.xyz[:, 1]
        xyz[:, 2] = self.xyz[:, 2] * rng.choice([-1, 1])
        return Hits(xyz, self.sensor, self.volume_id, self.event_hits)


def hits_of(event):
    return Hits(event.xyz, event.sensor, event.volume_id, len(event.xyz))


@dataclass
class Sample:
    """The data of one event for training. n: hits."""

    hits: Hits
    particle: np.ndarray  # int32 [n] 0: noise
    pt: np.ndarray  # float32 [n] GeV, of the particle at its origin; 0: noise
    rank: np.ndarray  # int32 [n] position of the hit along its particle
    nhits: np.ndarray  # int32 [n] hits of the particle; 0: noise
    true_edges: np.ndarray  # int64 [2,t]


def sample_of(event):
    ids, particle = np.unique(np.concatenate([[0], event.particle_id]), return_inverse=True)
    particle = particle[1:].astype(np.int32)
    row = np.searchsorted(event.particles_id, event.particle_id, sorter=np.argsort(event.particles_id))
    row = np.argsort(event.particles_id)[np.minimum(row, len(event.particles_id) - 1)]
    noise = particle == 0
    pt = np.where(noise, 0, np.hypot(*event.particles_pxyz[row, :2].T)).astype(np.float32)
    along = np.linalg.norm(event.truth_xyz - event.particles_vxyz[row], axis=1)
    nhits = np.where(noise, 0, np.bincount(particle, minlength=len(ids))[particle]).astype(np.int32)
    return Sample(hits_of(event), particle, pt, ranks(particle, along), nhits, library.true_edges(event))


def ranks(group, key):
    """Position of each row within its group, ordered by key."""
    order = np.lexsort((key, group))
    begins = np.r_[True, group[order][1:] != group[order][:-1]]
    first = np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order)) - first
    return rank


def recipe(kind, number):
    """seed, particles and luminous region of an event."""
    c = config()["data"]
    sigma_z = c["sigma_z"][number % len(c["sigma_z"])]
    if kind != "train":
        return c[f"{kind}_seed"], c["particles"], sigma_z
    density = 1.0
    if number % 6 == 5:
        density = np.random.default_rng([c["seed"], number]).uniform(*c["low_density"])
    return c["seed"], int(c["particles"] * density), sigma_z


def event_path(kind, number):
    return EVENTS / f"{kind}{number:04d}.npz"


def _make(job):
    path = event_path(*job)
    if not path.exists():
        seed, particles, sigma_z = recipe(*job)
        temporary = path.with_name("part-" + path.name)
        library.simulate(seed, job[1], particles, sigma_z).save(temporary)
        temporary.rename(path)
    return job


def count(kind):
    return config()["data"]["events" if kind == "train" else f"{kind}_events"]


def load_event(kind, number):
    return library.Event.load(event_path(kind, number))


@lru_cache(None)
def load_sample(kind, number):
    return sample_of(load_event(kind, number))


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
