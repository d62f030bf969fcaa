"""Proves that a run from Python is the library's: the same tracks as the steps one by one, as the program trkx, and as
from any kind of table; that what comes out is not copied, outlives the pipeline, and is the same from many threads."""
import gc
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import REPOSITORY

import trkx


def over(edges, scores, cut):
    return edges[:, scores > cut]


def test_the_steps_one_by_one(event, result):
    models = trkx.load_models(threads=1)
    bundle = models.bundle
    embedding = models.embed(models.features(event))
    edges = models.edges(event, embedding)
    scores = models.filter(models.features(event, "filter"), edges)
    candidates, edges = over(edges, scores, bundle.candidate_cut), over(edges, scores, bundle.filter_cut)
    scores = models.gnn(models.features(event, "gnn"), edges)
    kept = scores > bundle.gnn_cut
    labels = models.tracks(event, edges[:, kept], scores[kept], candidates)
    assert np.array_equal(labels, result.labels)
    assert np.array_equal(edges[:, kept], result.edges) and np.array_equal(scores[kept], result.scores)


def test_result(event, result):
    assert [step.name for step in result.steps] == [
        "hits", "features", "embed", "edges", "filter", "gnn", "tracks",
        "second_features", "second_embed", "second_edges", "second_filter", "second_tracks"]
    assert result.total.seconds == pytest.approx(sum(step.seconds for step in result.steps))
    tracks = result.steps[6]
    assert tracks.edges == result.edges.shape[1] > 0
    assert 0.9 < tracks.edge_purity <= 1 and 0.9 < tracks.edge_efficiency <= 1
    assert all(step.peak_bytes > 0 for step in result.steps[1:])
    assert len(result.tracks) == result.labels.max() > 100
    for number, hits in enumerate(result.tracks, 1):
        assert np.array_equal(hits, np.flatnonzero(result.labels == number))
    assert np.array_equal(result.tracks[-1], result.tracks[len(result.tracks) - 1])
    assert len(result.tracks[2:5]) == 3
    with pytest.raises(IndexError):
        result.tracks[len(result.tracks)]


def test_files(event, pipeline, result, tmp_path):
    event.write(tmp_path, gzip=True)
    path = tmp_path / event.name
    from_file = pipeline.run(path)
    assert np.array_equal(from_file.labels, result.labels)
    assert from_file.steps[0].seconds > 0 and from_file.steps[-1].edge_purity == result.steps[-1].edge_purity
    again = trkx.read_event(path)
    assert np.array_equal(again.hits.xyz, event.hits.xyz) and np.array_equal(again.truth.weight, event.truth.weight)
    assert np.array_equal(again.particles.pt, event.particles.pt)
    bare = trkx.read_event(path, parts=("cells",))
    assert bare.truth is None and bare.particles is None and bare.hits.cells is not None
    assert pipeline.run(bare).steps[-1].edge_purity is None


def test_warning_of_units(event, pipeline, tmp_path):
    """Once a run, with the caller's line; the tracks are there all the same."""
    hits = trkx.as_hits(event)
    hits.xyz = hits.xyz / 1000
    with pytest.warns(trkx.TrkxWarning, match="are these metres") as told:
        assert len(pipeline.run(hits).labels) == len(event)
    assert len(told) == 1 and told[0].filename == __file__
    lines = [f"{i},{x},0,{x},8,2,1" for i, x in enumerate((.03, .07, .1), 1)]
    (tmp_path / "e-hits.csv").write_text("\n".join(["hit_id,x,y,z,volume_id,layer_id,module_id", *lines, ""]))
    (tmp_path / "e-cells.csv").write_text("hit_id,ch0,ch1,value\n1,1,1,1\n2,1,1,1\n3,1,1,1\n")
    with pytest.warns(trkx.TrkxWarning, match="are these metres") as told:
        pipeline.run(tmp_path / "e")
    assert len(told) == 1 and told[0].filename == __file__


def test_truth_that_is_of_no_use(event, pipeline, result, tmp_path):
    assert result.truth_note is None
    event.write(tmp_path)
    (tmp_path / f"{event.name}-particles.csv").write_text("nothing\n")
    with pytest.warns(trkx.TrkxWarning, match=r"not compared with the truth: .*-particles\.csv") as told:
        found = pipeline.run(tmp_path / event.name)
    assert len(told) == 1 and found.truth_note in str(told[0].message)
    assert np.array_equal(found.labels, result.labels) and found.steps[-1].edge_purity is None


def test_the_program_finds_the_same(event, result, tmp_path):
    program = REPOSITORY / "build" / "bin" / "trkx"
    if not program.exists():
        pytest.skip("build/bin/trkx is not built")
    event.write(tmp_path)
    subprocess.run([program, "run", "--threads", "2", "--out", tmp_path, tmp_path / event.name], check=True)
    tracks = np.loadtxt(tmp_path / f"{event.name}-tracks.csv", np.int64, delimiter=",", skiprows=1)
    assert np.array_equal(tracks, np.stack([event.hits.hit_id, result.labels], axis=1))


class Stream:
    """Nothing but the Arrow interface, in several pieces."""

    def __init__(self, columns):
        table, half = pa.table(columns), len(next(iter(columns.values()))) // 2
        self.table = pa.concat_tables([table[:half], table[half:]])

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


class Batch:
    """The same for a single piece, which is a part of a larger one."""

    def __init__(self, columns):
        padded = {name: np.concatenate([a[:3], a]) for name, a in columns.items()}
        self.batch = pa.RecordBatch.from_pydict(padded).slice(3)

    def __arrow_c_array__(self, requested_schema=None):
        return self.batch.__arrow_c_array__(requested_schema)


class Interchange:
    """Nothing but the DataFrame interchange protocol."""

    def __init__(self, columns):
        self.frame = pd.DataFrame(columns).assign(text="ignored")

    def __dataframe__(self, *arguments, **named):
        return self.frame.__dataframe__(*arguments, **named)


def structured(columns):
    array = np.empty(len(next(iter(columns.values()))), [(name, a.dtype) for name, a in columns.items()])
    for name, values in columns.items():
        array[name] = values
    return array


@pytest.mark.parametrize("table", [dict, structured, pd.DataFrame, pl.DataFrame, pa.table, Stream, Batch, Interchange])
def test_tables(table, tables, pipeline, result):
    hits, cells, truth = (table(columns) for columns in tables)
    run = pipeline.run(hits, cells=cells, truth=truth)
    assert np.array_equal(run.labels, result.labels)
    assert np.array_equal(run.scores, result.scores)
    assert run.steps[-1].edge_purity == result.steps[-1].edge_purity
    assert trkx.evaluate(run.labels, truth).trackml_score == trkx.evaluate(run.labels, tables[2]).trackml_score


def test_pandas_without_pyarrow(tables, pipeline, result, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError):
        pd.DataFrame(tables[0]).__arrow_c_stream__()
    run = pipeline.run(pd.DataFrame(tables[0]), cells=pd.DataFrame(tables[1]))
    assert np.array_equal(run.labels, result.labels)


def test_cells_and_truth_in_any_order(tables, pipeline, event, result):
    hits, cells, truth = tables
    rows = np.random.default_rng(3).permutation(len(truth["hit_id"]))
    late = np.argsort(-cells["hit_id"], kind="stable")
    run = pipeline.run(hits, cells={n: a[late] for n, a in cells.items()}, truth={n: a[rows] for n, a in truth.items()})
    assert np.array_equal(run.labels, result.labels) and run.steps[-1].edge_purity == result.steps[-1].edge_purity


def test_nothing_is_copied_on_the_way_in(event, tables):
    assert np.shares_memory(trkx.as_hits(event.hits.xyz).xyz, event.hits.xyz)
    named = trkx.as_hits({"xyz": event.hits.xyz, "volume_id": event.hits.volume_id})
    assert np.shares_memory(named.xyz, event.hits.xyz) and np.shares_memory(named.volume_id, event.hits.volume_id)
    frame = pl.DataFrame(tables[0])
    assert np.shares_memory(trkx.as_hits(frame).module_id, frame["module_id"].to_numpy())
    table = pa.table(tables[0])
    assert np.shares_memory(trkx.as_hits(table).hit_id, table["hit_id"].chunk(0).to_numpy())


def test_arrow_memory_is_kept_as_long_as_it_is_used():
    gc.collect()
    before = pa.total_allocated_bytes()
    columns = {name: pa.array([float(i) for i in range(1000)], pa.float32()) for name in "xyz"}
    columns["layer_id"] = pa.array(range(1000), pa.int32())
    hits = trkx.as_hits(pa.table(columns))
    del columns
    gc.collect()
    assert pa.total_allocated_bytes() > before
    assert np.array_equal(hits.layer_id, np.arange(1000))
    del hits
    gc.collect()
    assert pa.total_allocated_bytes() == before


def test_results_outlive_all_else(event, result):
    run = trkx.Pipeline().run(event)
    labels, edges = run.labels, run.edges
    assert not labels.flags.owndata and not edges.flags.owndata and labels.flags.writeable
    del run
    gc.collect()
    np.ones(10_000_000).sum()  # takes what would be free
    assert np.array_equal(labels, result.labels) and np.array_equal(edges, result.edges)
    xyz = trkx.simulate(density=0.0041, seed=2).hits.xyz
    gc.collect()
    assert np.array_equal(xyz, trkx.simulate(density=0.0041, seed=2).hits.xyz)


def test_memory_is_given_back(event, pipeline):
    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    def work():
        for _ in range(5):
            pipeline.run(event)
            trkx.radius_graph(np.zeros((1000, 2), np.float32), 1, 1000)  # 8 MB of edges

    work()
    before = resident()
    work()
    assert resident() - before < 30e6


def test_several_threads_at_once(pipeline):
    events = [trkx.simulate(density=0.0082, seed=seed) for seed in range(1, 5)]
    alone = [pipeline.run(event).labels for event in events]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda i: pipeline.run(events[i % 4]).labels, range(16)))
    assert all(np.array_equal(labels, alone[i % 4]) for i, labels in enumerate(together))


def test_the_gil_is_released():
    points = np.random.default_rng(1).random((30_000, 8), np.float32)
    started, done, turns = threading.Event(), threading.Event(), 0

    def work():
        started.set()
        trkx.radius_graph(points, 0.5, threads=1)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    started.wait()
    while not done.wait(1e-4):
        turns += 1
    thread.join()
    assert turns > 20


def test_the_same_with_any_number_of_threads_and_other_kernels(event, result):
    assert np.array_equal(trkx.Pipeline(threads=1).run(event).labels, result.labels)
    stock = trkx.Pipeline(kernels="stock").run(event)
    assert np.mean(stock.labels == result.labels) > 0.99


def test_cuts_of_ones_own(event, pipeline, result):
    scores, edges = result.scores, result.edges
    strict = trkx.Pipeline(gnn_cut=0.9, min_hits=5, method="components")
    assert strict.bundle.gnn_cut == pytest.approx(0.9) and strict.bundle.min_hits == 5
    assert strict.bundle.method == "components" and strict.bundle.filter_cut == pipeline.bundle.filter_cut
    run = strict.run(event)
    assert run.scores.min() > 0.9 and np.bincount(run.labels)[1:].min() >= 5
    assert np.array_equal(run.edges, over(edges, scores, np.float32(0.9)))
    models, none = trkx.load_models(gnn_cut=0.9), np.zeros((2, 0), int)
    labels = models.tracks(event, edges, scores, none)  # what it was cut at before makes no difference below that
    for cut in (0.9, 0.97):
        cut_before = models.tracks(event, over(edges, scores, np.float32(cut)), scores[scores > np.float32(cut)], none)
        assert np.array_equal(cut_before, labels) == (cut == 0.9)
    assert trkx.Pipeline(filter_cut=1).run(event).edges.shape == (2, 0)


def test_no_hits(tables, pipeline):
    hits, cells, _ = ({name: a[:0] for name, a in table.items()} for table in tables)
    run = pipeline.run(hits, cells=cells)
    assert len(run.tracks) == 0 and run.labels.shape == (0,) and run.edges.shape == (2, 0) and list(run.tracks) == []


def test_representations(event, pipeline, result):
    for thing in (event, pipeline, result, trkx.evaluate(result.labels, event)):
        assert "<table>" in thing._repr_html_()
    cells = len(event.hits.cells.value)
    assert repr(event) == f"<trkx.Event event000001000: {len(event)} hits, {cells} cells, 300 particles>"
    assert f"{len(result.tracks)} tracks in {len(event)} hits" in repr(result)
    assert repr(event.hits) == f"<trkx.Hits: {len(event)} hits with volume_id, layer_id, module_id, cells>"
    assert repr(pipeline).startswith("<trkx.Pipeline trackml-default: radius ")
    assert repr(trkx.as_hits([[1, 2, 3]])) == "<trkx.Hits: 1 hits>"
    assert "hits on them" in repr(result.tracks)
