"""libtrkx for the training, which so uses the very code that the pipeline runs: the package trkx, out of this
repository and over the library in build/lib, on events whose arrays are kept in files."""
import sys
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "python" / "src"))
import trkx  # noqa: E402

# See enum trkx_feature. Of a hit's cells and module: slopes, and sines; of the event: mm.
SENSOR_FEATURES = [("slope_u", 1.0), ("slope_v", 1.0), ("tilt", 1.0), ("normal_z", 1.0)]
BEAM_FEATURE = ("beam_sigma_z", 1.0)


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
    cell_begin: np.ndarray  # [n+1], or [0] without cells, as the next three
    cell_ch0: np.ndarray
    cell_ch1: np.ndarray
    cell_value: np.ndarray
    sensor: np.ndarray  # [n,4] SENSOR_FEATURES; without cells 0
    beam_sigma_z: np.ndarray  # [] mm, BEAM_FEATURE

    def save(self, path):
        np.savez(path, **{f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def load(cls, path):
        with np.load(path) as arrays:
            return cls(**{f.name: arrays[f.name] for f in fields(cls)})


def _event(event):
    hits, truth, particles = event.hits, event.truth, event.particles
    sensor, cells = np.zeros((len(hits.xyz), len(SENSOR_FEATURES)), np.float32), (np.zeros(0),) * 4
    if hits.cells is not None:
        sensor = trkx.features(event, SENSOR_FEATURES, threads=1)
        cells = hits.cells.begin, hits.cells.ch0, hits.cells.ch1, hits.cells.value
    beam = trkx.features(event, [BEAM_FEATURE], threads=1)[0, 0] if len(hits.xyz) else np.float32(0)
    return Event(hits.hit_id, hits.xyz, hits.volume_id, hits.layer_id, hits.module_id, truth.particle_id, truth.xyz,
                 truth.pxyz, truth.weight, particles.particle_id, particles.vxyz, particles.pxyz, particles.nhits,
                 *cells, sensor, np.asarray(beam))


def bare_hits(event):
    """An event's hits without their cells."""
    return trkx.Hits(event.xyz, event.hit_id, event.volume_id, event.layer_id, event.module_id)


def _cells(event):
    has = len(event.cell_begin) > 0
    return trkx.Cells(event.cell_begin, event.cell_ch0, event.cell_ch1, event.cell_value) if has else None


def _truth(event):
    return trkx.Truth(event.particle_id, event.truth_xyz, event.truth_pxyz, event.weight)


def _particles(event):
    none = np.zeros(len(event.particles_id), np.int32)
    return trkx.Particles(event.particles_id, none, event.particles_vxyz, event.particles_pxyz, none,
                          event.particles_nhits)


def simulate(seed, number, threads=1, **options):
    """One simulated event; options as of trkx.simulate: beam, density, cluster_thickness."""
    return _event(trkx.simulate(seed=seed, number=number, threads=threads, **options))


def read_event(prefix):
    """One event of TrackML files, with truth and particles; with cells if it has them."""
    cells = any(Path(f"{prefix}-cells{ending}").exists() for ending in (".csv", ".csv.gz", ".npy"))
    return _event(trkx.read_event(prefix, parts=("cells",) * cells + ("truth", "particles")))


def open_event(prefix, cells=False, threads=0):
    """Views of an event's hits and cells."""
    return trkx.read_event(prefix, parts=("cells",) if cells else (), threads=threads)


def read_hits_and_cells(prefix, threads=0):
    """hit_id [n], xyz [n,3], cell_begin [n+1], ch0, ch1, value [cells] of an event."""
    hits = open_event(prefix, True, threads).hits
    cells = hits.cells
    return {"hit_id": hits.hit_id, "xyz": hits.xyz, "cell_begin": cells.begin.astype(np.int64), "ch0": cells.ch0,
            "ch1": cells.ch1, "value": cells.value}


class Pipeline(trkx.Pipeline):
    """A loaded bundle."""

    def __init__(self, bundle, threads=0, kernels="trkx"):
        super().__init__(bundle, threads=threads, kernels=kernels)

    def label(self, event):
        """labels int32 [n]."""
        return self.run(bare_hits(event), cells=_cells(event)).labels

    def run_file(self, prefix):
        """labels int32 [n] of an event's files, and {step: seconds} with "total"."""
        result = self.run(prefix)
        return result.labels, {step.name: step.seconds for step in (*result.steps, result.total)}


def cell_features(event, cell_hit_id, ch0, ch1, value, names_and_scales):
    """Float32 [n,F] of an event's hits and of their cells [c]."""
    cells = {"hit_id": cell_hit_id, "ch0": ch0, "ch1": ch1, "value": value}
    return trkx.features(bare_hits(event), names_and_scales, cells=cells, threads=1)


def features(xyz, names_and_scales):
    """From positions xyz float32 [n,3] mm only -> float32 [n,F]."""
    return trkx.features(xyz, names_and_scales, threads=1)


def neighbours(points, radius, k=500, threads=0):
    """Neighbours in points [n,D]: int64 [2,m], each pair once, lower index first, sorted. k: of all, or [n]."""
    return trkx.radius_graph(points, radius, k, threads=threads)


def radius_graph(points, xyz, radius, k=500, threads=1):
    """The same as outward edges int64 [2,m], for hits at xyz."""
    return trkx.orient_edges(xyz, neighbours(points, radius, k, threads))


def true_edges(event, min_hits=3):
    """Edges int64 [2,t] between consecutive hits of each particle: (lower, higher index), sorted."""
    return trkx.true_edges(_truth(event), _particles(event), min_hits=min_hits)


def components(n, edges, scores, cut, min_hits=3, threads=1):
    """Components over edges int64 [2,m] with scores float32 [m] > cut (None: over all) -> labels int32 [n]."""
    return trkx.components(n, edges, scores, cut=cut, min_hits=min_hits, threads=threads)


def evaluate(event, labels):
    """The metrics of labels int32 [n] as a dictionary; efficiencies as plain numbers."""
    metrics = asdict(trkx.evaluate(labels, _truth(event), _particles(event)))
    return {name: value["efficiency"] if isinstance(value, dict) else value for name, value in metrics.items()}


def score(metrics):
    """The mean of the TrackML scores of both phases, by which settings are chosen."""
    return (metrics["trackml_score_phase1"] + metrics["trackml_score_phase2"]) / 2
