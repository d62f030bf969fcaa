"""What several tests use: a small simulated event, and the default bundle."""
from pathlib import Path

import numpy as np
import pytest

import trkx

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def event():
    return trkx.simulate(density=0.0245, seed=7)


@pytest.fixture(scope="session")
def pipeline():
    return trkx.Pipeline(threads=2)


@pytest.fixture(scope="session")
def result(pipeline, event):
    return pipeline.run(event)


@pytest.fixture(scope="session")
def tables(event):
    """The columns of the event's hits.csv, cells.csv and truth.csv."""
    hits, truth = event.hits, event.truth
    ids = {name: getattr(hits, name) for name in ("hit_id", "volume_id", "layer_id", "module_id")}
    cells = {"hit_id": np.repeat(hits.hit_id, np.diff(hits.cells.begin.astype(np.int64))), "ch0": hits.cells.ch0,
             "ch1": hits.cells.ch1, "value": hits.cells.value}
    return ({**xyz_columns(hits.xyz, "x y z"), **ids}, cells,
            {"hit_id": hits.hit_id, "particle_id": truth.particle_id, **xyz_columns(truth.xyz, "tx ty tz"),
             **xyz_columns(truth.pxyz, "tpx tpy tpz"), "weight": truth.weight})


@pytest.fixture(scope="session")
def particle_table(event):
    """Those of particles.csv."""
    made = event.particles
    return {"particle_id": made.particle_id, "particle_type": made.particle_type, **xyz_columns(made.vxyz, "vx vy vz"),
            **xyz_columns(made.pxyz, "px py pz"), "q": made.charge, "nhits": made.nhits}


def xyz_columns(rows, names):
    return {name: np.ascontiguousarray(rows[:, i]) for i, name in enumerate(names.split())}
