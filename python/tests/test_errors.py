"""Proves that what is wrong raises the exception of its kind, with a message that says what and where."""
import json
import os
import re
import shutil
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import trkx
from trkx._library import own_bundle


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
        trkx.simulate(density=0.0004).write(tmp_path / "nothing" / "here")
    with pytest.raises(trkx.FileError, match="detectors"):
        trkx.features([[1, 2, 3]], ["r"], detector=str(tmp_path / "detectors.csv"))


def test_devices(monkeypatch):
    monkeypatch.setenv("TRKX_CUDA_LIBRARY", "/nowhere/libtrkx_cuda.so")
    with pytest.raises(trkx.DeviceError, match="/nowhere/libtrkx_cuda.so"):
        trkx.Pipeline(device="cuda:0")
    with pytest.raises(trkx.ArgumentError, match="is not cpu, auto, cuda:N"):
        trkx.Pipeline(device="gpu")
    assert trkx.Pipeline().fallback is None
    chosen = trkx.Pipeline(device="auto")
    assert chosen.device == "cpu" and "/nowhere/libtrkx_cuda.so" in chosen.fallback


def test_bundles(tmp_path):
    with pytest.raises(trkx.FileError, match=r"bundle\.json"):
        trkx.Pipeline(tmp_path)
    directory = tmp_path / "bundle"
    shutil.copytree(own_bundle("default"), directory)
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


def test_names_of_bundles(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(trkx.FileError, match=r"unknown/bundle\.json"):
        trkx.Pipeline("unknown")
    os.mkdir("default")
    with pytest.raises(trkx.ArgumentError, match="and a directory here: write ./default"):
        trkx.Pipeline("default")
    with pytest.raises(trkx.FileError, match=r"default/bundle\.json"):
        trkx.Pipeline("./default")


@pytest.mark.parametrize("package, call", [("pyarrow", lambda: trkx.read_parquet("hits.parquet")),
                                           ("pyarrow", lambda: trkx.read_parquet("hits.feather")),
                                           ("uproot", lambda: trkx.read_root("hits.root")),
                                           ("onnxruntime", trkx.register_with_onnxruntime)])
def test_missing_packages(package, call, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=f"pip install {package}"):
        call()


FORK = """
import multiprocessing, sys, trkx

def work(_):
    return len(trkx.Pipeline(threads=2).run(trkx.simulate(density=0.0024)).tracks) > 10

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
    cases = [(dict(hits=np.zeros((5, 2))), r"hits has shape \[5, 2\], expected \[n,3\]"),
             (dict(hits=with_change(hits, x=x), cells=cells), "hits: column x is inf in row 17: a finite float32"),
             (dict(hits={"x": x[:9]}, cells=cells), "hits: no column y; there are x"),
             (dict(hits=with_change(hits, x=hits["x"][1:])), rf"hits: column y has shape \[{n}\], expected \[{n - 1}\]"),
             (dict(hits=with_change(hits, module_id=hits["module_id"] + .5)), "module_id is .*5 in row 0: it is not a"),
             (dict(hits=with_change(hits, layer_id=hits["layer_id"][1:])), rf"layer_id has shape \[{n - 1}\]"),
             (dict(hits=with_change(hits, layer_id=["a"] * n)), "layer_id is of type <U1"),
             (dict(hits=np.zeros((2, 3))), "hit 1 at .* is on no module .* volume_id, layer_id and module_id"),
             (dict(hits=hits, cells=with_change(cells, hit_id=cells["hit_id"] + 10**9)), "cells: hit_id .* is not among"),
             (dict(hits=hits, cells=cells, truth={"particle_id": [1]}), "truth has 1 hits"),
             (dict(hits=hits, cells=cells, truth={n: a[1:] for n, a in truth.items()}),
              f"truth: {n - 1} rows, but the event has {n} hits"),
             (dict(hits=7), "hits: a int is not a table")]
    for arguments, message in cases:
        with pytest.raises(trkx.ArgumentError, match=message):
            pipeline.run(**arguments)


def test_ids_under_other_names(tables, pipeline, result):
    """What there is, and what was probably meant; for positions alone, how to give ids. A pipeline finds them."""
    hits, cells, _ = tables
    short = {"volume_id": "vol", "layer_id": "layer", "module_id": "modul_id"}
    table = {short.get(name, name): column for name, column in hits.items()}
    renamed = "rename vol to volume_id, layer to layer_id, modul_id to module_id"
    give = r"give a table or a dict with x, y, z \(or xyz\) and volume_id, layer_id, module_id"
    none = np.zeros((2, 0))
    found = pipeline.run(table, cells=cells)
    assert found.found_modules and np.array_equal(found.labels, result.labels)
    for call in (lambda given: trkx.join(given, none, []),
                 lambda given: trkx.complete(given, none, [0] * len(hits["x"]))):
        for given in (table, pd.DataFrame(table), pa.table(table), trkx.as_hits(table)):
            with pytest.raises(trkx.ArgumentError, match=f"there are x, y, z, hit_id, vol, layer, modul_id; {renamed}$"):
                call(given)
        with pytest.raises(trkx.ArgumentError, match=f"{give}$"):
            call(np.stack([hits[name] for name in "xyz"], 1))
    with pytest.raises(trkx.ArgumentError, match="volume needs the hits' volume_id: there are .*; rename vol to volume_id$"):
        trkx.features(table, "volume")
    with pytest.raises(trkx.ArgumentError, match="hits: no column y; there are x, yy; rename yy to y$"):
        trkx.as_hits({"x": hits["x"], "yy": hits["y"]})


def test_cells_that_do_not_fit(event):
    cells, n = event.hits.cells, len(event)
    for begin in (np.zeros(n), np.full(n + 1, 10**9), np.arange(n, -1, -1)):
        with pytest.raises(trkx.ArgumentError, match="begin"):
            trkx.as_hits(event.hits.xyz, trkx.Cells(begin, cells.ch0, cells.ch1, cells.value))


# ---- columns that cannot be taken as they are -------------------------------------------------------------------

# none of these is left out as if it were not there
UNUSABLE = {
    "NumPy strings": lambda a: a.astype(str), "NumPy objects": lambda a: a.astype(object), "bool": lambda a: a > 0,
    "datetime": lambda a: a.astype("int64").astype("datetime64[s]"), "complex": lambda a: a.astype(complex),
    "pandas strings": lambda a: pd.Series(a).astype("string"), "pandas objects": lambda a: pd.Series(a, dtype=object),
    "pandas categories": lambda a: pd.Series(a).astype(str).astype("category"),
    "pandas bool": lambda a: pd.Series(a > 0), "pandas dates": lambda a: pd.to_datetime(pd.Series(a.astype("int64"))),
    "Decimals": lambda a: [Decimal(int(value)) for value in a]}
UNUSABLE_ARROW = {
    "string": pa.string(), "s?tring": pa.large_string(), "decimal": pa.decimal128(30), "bool": pa.bool_(),
    "date or time": pa.timestamp("s"), "category": pa.dictionary(pa.int32(), pa.string())}


def as_arrow(values, kind):
    values = pa.array(np.asarray(values).astype("int64"))
    if pa.types.is_boolean(kind):
        return pc.greater(values, 0)
    return values.cast(pa.string()).dictionary_encode() if pa.types.is_dictionary(kind) else values.cast(kind)


@pytest.mark.parametrize("column", ["x", "hit_id", "module_id", "particle_id", "weight", "tpx", "ch0", "value", "q"])
def test_columns_of_unusable_type(column, tables, particle_table, pipeline):
    """polars#17945, pandas#60491: not as if the column were not there. In dicts, pandas, polars, Arrow and Parquet."""
    parts = dict(zip(("hits", "cells", "truth"), tables), particles=particle_table)
    part = next(name for name, columns in parts.items() if column in columns)

    def refused(table, kind):
        with pytest.raises(trkx.ArgumentError, match=f"{part}: column {column} is of type .*{kind}.*, expected numbers"):
            pipeline.run(**{**parts, part: table})

    for change in UNUSABLE.values():
        changed = change(parts[part][column])
        refused({**parts[part], column: changed}, "")
        if isinstance(changed, pd.Series):
            refused(pd.DataFrame({**parts[part], column: changed}), re.escape(changed.dtype.name))
    for name, kind in UNUSABLE_ARROW.items():
        table = pa.table({**parts[part], column: as_arrow(parts[part][column], kind)})
        refused(table, name)
        refused(pl.from_arrow(table), name.split()[-1])
    refused(Interchange(pd.DataFrame({**parts[part], column: pd.Series(parts[part][column]).astype(str)})), "string")


class Interchange:
    """Nothing but the DataFrame interchange protocol."""

    def __init__(self, frame):
        self.frame = frame

    def __dataframe__(self, *arguments, **named):
        return self.frame.__dataframe__(*arguments, **named)


def test_columns_that_are_taken_exactly(tables, event):
    ids = np.random.default_rng(5).permutation(len(event)) + 2**60
    cases = [ids.astype(">i8"), ids.astype(np.uint64), ids.repeat(2)[::2], pd.Series(ids, dtype="Int64"),
             pd.Series(ids).astype("category"), pd.Series(ids, dtype="int64[pyarrow]"), pl.Series(ids), ids.tolist()]
    for given in cases:
        assert np.array_equal(trkx.as_hits({**tables[0], "hit_id": given}).hit_id, ids)
        if isinstance(given, pd.Series):
            assert np.array_equal(trkx.as_hits(pd.DataFrame({**tables[0], "hit_id": given})).hit_id, ids)
    halves = {name: np.round(tables[0][name]).clip(-2000, 2000).astype(np.float16) for name in "xyz"}
    for table in (dict, pa.table, pd.DataFrame):
        assert np.array_equal(trkx.as_hits(table(halves)).xyz, np.stack(list(halves.values()), 1).astype(np.float32))
    fixed = tables[0]["layer_id"].astype(float)
    fixed.flags.writeable = False
    assert np.array_equal(trkx.as_hits({**tables[0], "layer_id": fixed}).layer_id, event.hits.layer_id)


def missing(values, row):
    """The same column without a value in that row, in several ways."""
    mask = np.arange(len(values)) == row
    yield np.ma.masked_array(values, mask=mask)
    yield pd.Series(values).convert_dtypes().mask(pd.Series(mask))
    yield pd.Series(values).astype(float).mask(pd.Series(mask))
    yield pl.Series(values).scatter(row, None)
    yield np.where(mask, np.nan, values)
    yield [None if m else v for v, m in zip(values.tolist(), mask)]


def test_missing_values(tables, pipeline):
    """numpy#26669, and what pandas, polars and Arrow have for it."""
    hits, cells, truth = tables
    for part, column in (("hits", "hit_id"), ("hits", "z"), ("cells", "ch0"), ("truth", "particle_id")):
        parts = {"hits": hits, "cells": cells, "truth": truth}
        for *given, none in [list(missing(parts[part][column], 7))]:
            for values in given:
                with pytest.raises(trkx.ArgumentError, match=rf"{part}: column {column} .*row 7"):
                    pipeline.run(**{**parts, part: {**parts[part], column: values}})
            with pytest.raises(trkx.ArgumentError, match=f"{part}: column {column} is of type object"):
                pipeline.run(**{**parts, part: {**parts[part], column: none}})
        holes = pa.table({**parts[part], column: pa.array(none)})
        for table in (holes, pa.concat_tables([holes[:5], holes[5:]]), pl.from_arrow(holes)):
            with pytest.raises(trkx.ArgumentError, match=f"{part}: column {column} has no value in row 7"):
                pipeline.run(**{**parts, part: table})
        with pytest.raises(trkx.ArgumentError, match=f"{part}: column {column} has rows without a value"):
            pipeline.run(**{**parts, part: Interchange(pd.DataFrame({**parts[part], column: pd.array(none)}))})
    unused = pa.table({**hits, "comment": pa.array([None] * len(hits["x"]))})
    assert len(trkx.as_hits(unused)) == len(hits["x"])


def test_masked_arrays(event, pipeline):
    points = np.ma.masked_array(np.zeros((3, 2)), mask=[[0, 0], [0, 1], [0, 0]])
    edges = np.ma.masked_array([[0, 1], [1, 2]], mask=[[0, 1], [0, 1]])
    for call in (lambda: trkx.radius_graph(points, 1.0), lambda: trkx.as_hits(np.ma.masked_invalid([[1, 2, np.nan]])),
                 lambda: trkx.components(3, edges), lambda: trkx.components(3, [*edges]),
                 lambda: trkx.components(3, [[0], [1]], np.ma.masked_array([.9], mask=True)),
                 lambda: trkx.evaluate(np.ma.masked_array(np.ones(len(event), int), mask=True), event),
                 lambda: pipeline.filter(pipeline.features(event, "filter"), edges)):
        with pytest.raises(trkx.ArgumentError, match="has no value in row"):
            call()
    assert trkx.radius_graph(np.ma.masked_array(np.zeros((2, 2))), 1).tolist() == [[0], [1]]


def test_ids_through_floats(event, result, tables):
    """pandas#54032, #30268, traccc#561."""
    truth, n = tables[2], len(event)
    ids = np.where(truth["particle_id"] == 0, 0, 2**60 + np.unique(truth["particle_id"], return_inverse=True)[1])
    score = trkx.evaluate(result.labels, event).trackml_score
    for taken in (ids, np.unique(ids, return_inverse=True)[1].astype(np.float64), (ids % 1001).astype(np.float16)):
        assert trkx.evaluate(result.labels, {**truth, "particle_id": taken}, hits=event).trackml_score >= score * .9
    for kind, digits in ((np.float64, 53), (np.float32, 24), (np.float16, 11)):
        with pytest.raises(trkx.ArgumentError, match=rf"particle_id is .* in row 3: .* integers from 2\^{digits} on"):
            rounded = np.where(np.arange(n) == 3, 2**digits, 1).astype(kind)
            trkx.evaluate(result.labels, {**truth, "particle_id": rounded})
    for wrong in (0.5, np.nan, np.inf):
        with pytest.raises(trkx.ArgumentError, match="particle_id is .* in row 3: "):
            trkx.evaluate(result.labels, {**truth, "particle_id": np.where(np.arange(n) == 3, wrong, 1)})
    with pytest.raises(trkx.ArgumentError, match=r"edges is 0\.5 in row 1, column 0"):
        trkx.components(2, [[0], [0.5]])


def test_ids_that_are_there_twice(tables, pipeline):
    """traccc#545, #546."""
    hits, cells, truth = ({**table} for table in tables)
    hits["hit_id"] = np.where(hits["hit_id"] == 5, 4, hits["hit_id"])
    for given in (hits, pd.DataFrame(hits), pa.table(hits), trkx.Hits(tables[0]["xyz"] if "xyz" in hits else np.stack(
            [hits[name] for name in "xyz"], 1), hit_id=hits["hit_id"])):
        with pytest.raises(trkx.ArgumentError, match="hits: hit_id 4 is repeated, in rows 3 and 4"):
            pipeline.run(given, cells=cells)
    truth["hit_id"] = np.where(truth["hit_id"] == 9, 2, truth["hit_id"])
    with pytest.raises(trkx.ArgumentError, match="truth: hit_id 2 is repeated, in rows 1 and 8"):
        pipeline.run(tables[0], cells=cells, truth=truth)
    table = pa.Table.from_arrays([pa.array([1.0])] * 4, names=["x", "y", "z", "x"])
    with pytest.raises(trkx.ArgumentError, match="hits: column x is repeated"):
        trkx.as_hits(table)


def test_names_of_columns(tables):
    hits, _, truth = tables
    with pytest.raises(trkx.ArgumentError, match="hits: column HIT_ID has to be named hit_id"):
        trkx.as_hits({"HIT_ID" if name == "hit_id" else name: values for name, values in hits.items()})
    with pytest.raises(trkx.ArgumentError, match="truth: no column tpx; there are hit_id, .*tpy"):
        trkx.as_truth({name: values for name, values in truth.items() if name != "tpx"})
    with pytest.raises(trkx.ArgumentError, match="not a single column"):
        trkx.as_hits(pa.chunked_array([[1.0, 2.0]]))


def test_anybodys_arrays():
    """Right, or an error: whatever they are."""
    points = np.array([[0, 0], [0.5, 0], [9, 9]])
    for same in (points, points.astype(">f8"), points[:, ::-1], np.asfortranarray(points), points.astype(np.float16),
                 np.array(points, np.longdouble), points.astype(int) * 2, points.repeat(2, axis=0)[::2],
                 points.tolist(), pd.DataFrame(points)):
        assert trkx.radius_graph(same, 1).tolist() == [[0], [1]]
    for wrong, message in ((np.array(1.0), r"x has shape \[\]"), (points[None], r"x has shape \[1, 3, 2\]"),
                           (points + 0j, "x is of type complex128"), (points.astype(str), "x is of type <U"),
                           (points > 0, "x is of type bool"), (points * 1e300, r"x is 5e\+299 in row 1, column 0"),
                           ([[1], [2, 3]], "x: "), (None, r"x has shape \[\]"), ([["a"]], "x is of type <U1")):
        with pytest.raises(trkx.ArgumentError, match=message):
            trkx.radius_graph(wrong, 1)
    for empty in (np.zeros((0, 3)), np.zeros((0, 3), str), trkx.as_hits(np.zeros((0, 3)))):
        assert len(trkx.as_hits(empty)) == 0


# ---- numbers ---------------------------------------------------------------------------------------------------

def integers_of(event, pipeline):
    """Each integer of the interface: the name, a call with it, and its bits and sign."""
    chain, x, h = [[0, 1], [1, 2]], np.zeros((2, 2)), [[1, 2, 3]]
    return [("k", lambda v: trkx.radius_graph(x, 1, v), 64),
            ("threads", lambda v: trkx.radius_graph(x, 1, threads=v), 31),
            ("min_hits", lambda v: trkx.components(3, chain, min_hits=v), 64),
            ("n", lambda v: trkx.components(v, chain), 32),
            ("threads", lambda v: trkx.components(3, chain, threads=v), 31),
            ("n", lambda v: trkx.walkthrough(v, chain, [1, 1]), 32),
            ("min_hits", lambda v: trkx.walkthrough(3, chain, [1, 1], min_hits=v), 64),
            ("min_hits", lambda v: trkx.join(event, [[], []], [], min_hits=v), 64),
            ("rounds", lambda v: trkx.complete(event, [[], []], np.zeros(len(event)), rounds=v), 64),
            ("threads", lambda v: trkx.complete(event, [[], []], np.zeros(len(event)), threads=v), 31),
            ("threads", lambda v: trkx.features(h, ["r"], threads=v), 31),
            ("min_hits", lambda v: trkx.evaluate(np.zeros(len(event)), event, min_hits=v), 64),
            ("min_hits", lambda v: trkx.true_edges(event, min_hits=v), 64),
            ("seed", lambda v: trkx.simulate(5, v), 64), ("number", lambda v: trkx.simulate(5, number=v), 64),
            ("particles", trkx.simulate, 64), ("threads", lambda v: trkx.simulate(5, threads=v), 31),
            ("threads", lambda v: trkx.read_event("/nowhere/e", threads=v), 31),
            ("threads", lambda v: trkx.Pipeline(threads=v), 31),
            ("filter_batch", lambda v: trkx.Pipeline(filter_batch=v), 64),
            ("max_memory", lambda v: trkx.Pipeline(max_memory=v), 64),
            ("min_hits", lambda v: trkx.Pipeline(min_hits=v), 64)]


def test_integers(event, pipeline):
    """opendp#583: ctypes wraps what does not fit."""
    for name, call, bits in integers_of(event, pipeline):
        negative = [-1, -2**63] if bits != 31 else [-2**31 - 1, -2**32]
        for value in (*negative, 2**bits, 2**64 + 1, True, np.True_, 2.0, 2.5, np.float64(2), "2"):
            with pytest.raises(trkx.ArgumentError, match=f"{name} is .*, expected an integer from"):
                call(value)
    assert trkx.radius_graph(np.zeros((3, 2)), 1, np.int8(1), threads=np.array(1)).shape == (2, 2)
    assert trkx.simulate(5, 2**64 - 1, np.uint64(2**64 - 1)).name == f"event{2**64 - 1}"


def test_other_numbers(event, tmp_path):
    chain, one = [[0], [1]], [1]
    cases = [(lambda: trkx.radius_graph(np.zeros((2, 2)), "1"), "radius is '1', expected a number"),
             (lambda: trkx.radius_graph(np.zeros((2, 2)), True), "radius is True, expected a number"),
             (lambda: trkx.radius_graph(np.zeros((2, 2)), 1j), "radius is 1j, expected a number"),
             (lambda: trkx.radius_graph(np.zeros((2, 2)), np.nan), "radius"),
             (lambda: trkx.components(2, chain, one, cut=1e300), "cut is 1e.300, .*float32"),
             (lambda: trkx.components(2, chain, one, cut=np.nan), "the cut is not a number"),
             (lambda: trkx.components(2, chain, [np.nan]), "scores is nan in row 0"),
             (lambda: trkx.walkthrough(2, chain, None), r"scores has shape \[\]"),
             (lambda: trkx.join(event, chain, None), r"scores has shape \[\]"),
             (lambda: trkx.features([[1, 2, 3]], {"r": "1"}), "the scale of r is '1', expected a number"),
             (lambda: trkx.simulate(5, cells=1), "cells is 1, expected True or False"),
             (lambda: trkx.simulate(5, noise=None, sigma_z=[1]), r"sigma_z is \[1\], expected a number"),
             (lambda: event.write(tmp_path, gzip="no"), "gzip is 'no', expected True or False"),
             (lambda: trkx.Pipeline(tf32="no"), "tf32 is 'no', expected True or False"),
             (lambda: trkx.Pipeline(device="cpu\0:0"), "device is .*, expected a text without zero bytes"),
             (lambda: trkx.read_event("a\0b"), "path is .*, expected a text without zero bytes")]
    for call, message in cases:
        with pytest.raises(trkx.ArgumentError, match=message):
            call()


def test_no_option_of_a_pipeline_is_passed_over(tmp_path, pipeline, event):
    for name, value in (("gnn_cut", -1), ("filter_cut", -1.0), ("min_hits", 0)):
        with pytest.raises(trkx.ArgumentError, match=f"{name} is {value}: omit it"):
            trkx.Pipeline(**{name: value})
    with pytest.raises(trkx.ArgumentError, match="gnn_cut is 1.5"):
        trkx.Pipeline(gnn_cut=1.5)
    *others, last = trkx.method_names()
    with pytest.raises(trkx.ArgumentError,
                       match=f'method "joined" is not {", ".join(others)} or {last}: did you mean join'):
        trkx.Pipeline(method="joined")
    with pytest.raises(trkx.ArgumentError, match="give none of them"):
        pipeline.run(tmp_path / "event", cells=event.hits.cells)


def test_steps(event, pipeline, result):
    labels = result.labels
    cases = [(lambda: trkx.radius_graph(np.zeros((3, 2)), -1), "radius"),
             (lambda: trkx.radius_graph([[0.], [1e20], [9e20]], 3e19), "the radius is 3e.19, it must be from 1"),
             (lambda: trkx.radius_graph([[0.], [1e-30], [9e-30]], 2e-31), "the radius is 2e-31, it must be from 1"),
             (lambda: trkx.join({"xyz": [[1, 2, 3]], "volume_id": [2**16], "layer_id": [2], "module_id": [3]},
                                [[], []], []), "hit 0 has the volume_id 65536"),
             (lambda: trkx.radius_graph(np.zeros((3, 40)), 1), "32"),
             (lambda: trkx.radius_graph([[0], [np.nan]], 1), "x is nan in row 1, column 0"),
             (lambda: trkx.radius_graph([1, 2], 1), r"expected \[n,n\]"),
             (lambda: trkx.components(3, [[0], [3]]), "edge 0 runs from 0 to 3, but there are 3"),
             (lambda: trkx.components(3, [[0], [1]], [1, 2]), "scores has shape"),
             (lambda: trkx.orient_edges(event.hits.xyz, [[-1], [0]]), "-1"),
             (lambda: trkx.features(event, ["colour"]), "there is no feature colour; known are r, phi"),
             (lambda: trkx.features(event, {"r": 0}), "scale"),
             (lambda: trkx.evaluate([1], event), "1 labels, but the truth has"),
             (lambda: trkx.evaluate(np.full(len(event), -1), event), "row 0 has the label -1"),
             (lambda: pipeline.embed(np.zeros((2, 1))), "features has shape"),
             (lambda: pipeline.features(event, "last"), "networks are embedding, filter, gnn, second_embedding, second_filter, not last"),
             (lambda: pipeline.gnn(pipeline.features(event, "gnn"), [[0], [len(event)]]), "edges join"),
             (lambda: pipeline.tracks(event, result.edges, result.scores), "candidates are needed"),
             (lambda: trkx.true_edges(trkx.as_hits(event)), "is not a table"),
             (lambda: trkx.join(event, result.edges, labels), "scores has shape")]
    for call, message in cases:
        with pytest.raises(trkx.ArgumentError, match=message):
            call()
