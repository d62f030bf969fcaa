"""Proves that what is wrong raises the exception of its kind, with a message that says what and where."""
import json
import shutil
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

import trkx
from trkx._library import default_bundle


def test_kinds():
    for kind, builtin in ((trkx.ArgumentError, ValueError), (trkx.FileError, OSError),
                          (trkx.OutOfMemoryError, MemoryError), (trkx.OnnxRuntimeError, RuntimeError),
                          (trkx.FormatError, ValueError)):
        assert issubclass(kind, builtin) and issubclass(kind, trkx.TrkxError)


def test_files(tmp_path, pipeline):
    with pytest.raises(trkx.FileError, match=r"nowhere-hits\.csv"):
        trkx.read_event(tmp_path / "nowhere")
    with pytest.raises(trkx.FileError, match="nowhere"):
        pipeline.run(str(tmp_path / "nowhere"))
    (tmp_path / "e-hits.csv").write_text("hit_id,x,y,z,volume_id,layer_id,module_id\n1,2,nan,4,5,6,7\n")
    with pytest.raises(trkx.FormatError, match=r"e-hits\.csv:2: "):
        trkx.read_event(tmp_path / "e")
    with pytest.raises(trkx.ArgumentError, match="parts of an event are cells, truth, particles, not tracks"):
        trkx.read_event(tmp_path / "e", parts=("tracks",))
    with pytest.raises(trkx.FileError, match="nothing"):
        trkx.simulate(particles=5).write(tmp_path / "nothing" / "here")
    with pytest.raises(trkx.FileError, match="detectors"):
        trkx.features([[1, 2, 3]], ["r"], detector=str(tmp_path / "detectors.csv"))


def test_devices(monkeypatch):
    monkeypatch.setenv("TRKX_CUDA_LIBRARY", "/nowhere/libtrkx_cuda.so")
    with pytest.raises(trkx.DeviceError, match="/nowhere/libtrkx_cuda.so"):
        trkx.Pipeline(device="cuda:0")
    with pytest.raises(trkx.ArgumentError, match="is none of cpu, auto, cuda:N"):
        trkx.Pipeline(device="gpu")
    assert trkx.Pipeline().fallback is None
    chosen = trkx.Pipeline(device="auto")
    assert chosen.device == "cpu" and "/nowhere/libtrkx_cuda.so" in chosen.fallback


def test_bundles(tmp_path):
    with pytest.raises(trkx.FileError, match=r"bundle\.json"):
        trkx.Pipeline(tmp_path)
    directory = tmp_path / "bundle"
    shutil.copytree(default_bundle(), directory)
    description = json.loads((directory / "bundle.json").read_text())
    (directory / "gnn.onnx").write_bytes(b"other")
    with pytest.raises(trkx.ModelError, match=r"gnn\.onnx"):
        trkx.load_models(directory)
    del description["embedding"]["radius"]
    (directory / "bundle.json").write_text(json.dumps(description))
    with pytest.raises(trkx.BundleError, match="radius"):
        trkx.load_models(directory)
    with pytest.raises(trkx.ArgumentError, match="trkx or stock, not fast"):
        trkx.Pipeline(kernels="fast")


FORK = """
import multiprocessing, sys, trkx

def work(_):
    return len(trkx.Pipeline(threads=2).run(trkx.simulate(particles=30)).tracks) > 10

def in_a_child():
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.map(work, [1])

if __name__ == "__main__":
    assert in_a_child() == [True] and work(0)
    try:
        in_a_child()
    except trkx.TrkxError as error:
        print(error)
"""


def test_forked_processes():
    """A fork after the first use has none of its threads: an error instead of waiting for ever."""
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", FORK], stdout=subprocess.PIPE, text=True, check=True,
                         timeout=60)
    assert "'spawn' or 'forkserver'" in run.stdout


def with_change(columns, **changes):
    return {**columns, **changes}


def test_hits(tables, pipeline):
    hits, cells, truth = tables
    n, x = len(hits["x"]), hits["x"].copy()
    x[17] = np.inf
    cases = [(dict(hits=np.zeros((5, 2))), r"hits has shape \[5, 2\], \[n,3\] is expected"),
             (dict(hits=with_change(hits, x=x), cells=cells), "hit 17 has a position that is not finite"),
             (dict(hits={"x": x}, cells=cells), "hits: no column y; there are x"),
             (dict(hits=with_change(hits, x=x[1:])), "hits: x y z"),
             (dict(hits=with_change(hits, module_id=hits["module_id"] + .5)), "module_id has values that are no int32"),
             (dict(hits=with_change(hits, layer_id=hits["layer_id"][1:])), rf"layer_id has shape \[{n - 1}\]"),
             (dict(hits=with_change(hits, layer_id=["a"] * n)), "layer_id is of type <U1"),
             (dict(hits=hits), "cell"),
             (dict(hits=np.zeros((2, 3))), "volume_id, layer_id and module_id"),
             (dict(hits=hits, cells=with_change(cells, hit_id=cells["hit_id"] + 10**9)), "cells: hit_id .* is none of"),
             (dict(hits=hits, cells=cells, truth={"particle_id": [1]}), "truth is of 1 hits"),
             (dict(hits=hits, cells=cells, truth={n: a[1:] for n, a in truth.items()}), "truth: .* rows of .* hits"),
             (dict(hits=7), "hits: a int is no table")]
    for arguments, message in cases:
        with pytest.raises(trkx.ArgumentError, match=message):
            pipeline.run(**arguments)


def test_cells_that_do_not_fit(event):
    cells, n = event.hits.cells, len(event)
    for begin in (np.zeros(n), np.full(n + 1, 10**9), np.arange(n, -1, -1)):
        with pytest.raises(trkx.ArgumentError, match="begin"):
            trkx.as_hits(event.hits.xyz, trkx.Cells(begin, cells.ch0, cells.ch1, cells.value))


def test_arrow():
    columns = {name: pa.array([1.0, 2.0], pa.float32()) for name in "xyz"}
    with pytest.raises(trkx.ArgumentError, match="column z has nulls"):
        trkx.as_hits(pa.table({**columns, "z": pa.array([1.0, None], pa.float32())}))
    with pytest.raises(trkx.ArgumentError, match="not a single column"):
        trkx.as_hits(pa.chunked_array([[1.0, 2.0]]))
    with pytest.raises(trkx.ArgumentError, match="no column z"):
        trkx.as_hits(pa.table({**columns, "z": pa.array(["a", "b"])}))


def test_steps(event, pipeline, result):
    labels = result.labels
    cases = [(lambda: trkx.radius_graph(np.zeros((3, 2)), -1), "radius"),
             (lambda: trkx.radius_graph(np.zeros((3, 40)), 1), "32"),
             (lambda: trkx.radius_graph([[0], [np.nan]], 1), "row 1 .* NaN"),
             (lambda: trkx.radius_graph([1, 2], 1), r"\[n,n\] is expected"),
             (lambda: trkx.connected_components(3, [[0], [3]]), "edge 0 runs from 0 to 3, there are 3"),
             (lambda: trkx.connected_components(3, [[0], [1]], [1, 2]), "scores has shape"),
             (lambda: trkx.orient_edges(event.hits.xyz, [[-1], [0]]), "-1"),
             (lambda: trkx.features(event, ["colour"]), "no feature is called colour; there are r, phi"),
             (lambda: trkx.features(event, {"r": 0}), "scale"),
             (lambda: trkx.evaluate([1], event), "1 labels, truth is of"),
             (lambda: trkx.evaluate(np.full(len(event), -1), event), "row 0 has the label -1"),
             (lambda: pipeline.embed(np.zeros((2, 1))), "features has shape"),
             (lambda: pipeline.features(event, "last"), "networks are embedding, filter, gnn, not last"),
             (lambda: pipeline.gnn(pipeline.features(event, "gnn"), [[0], [len(event)]]), "edges join"),
             (lambda: pipeline.tracks(event, result.edges, result.scores), "candidates are needed"),
             (lambda: trkx.true_edges(trkx.as_hits(event)), "is no table"),
             (lambda: trkx.join(event, result.edges, labels), "scores has shape")]
    for call, message in cases:
        with pytest.raises(trkx.ArgumentError, match=message):
            call()
