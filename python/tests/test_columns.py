"""Proves that columns which a bundle names beside the hits' own reach its networks from tables of all kinds, from Hits
and from files; and that one which is missing or not finite is an error that names it."""
import json
import shutil
import weakref

import numpy as np
import pandas
import pyarrow
import pytest
from conftest import REPOSITORY

import trkx
from trkx import steps


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """models/acat2021-like, that is given z under another name."""
    directory = tmp_path_factory.mktemp("bundle") / "height"
    shutil.copytree(REPOSITORY / "models" / "acat2021-like", directory)
    path = directory / "bundle.json"
    bundle = json.loads(path.read_text())
    for entry in bundle["features"]:
        if entry["name"] == "z":
            del entry["name"]
            entry["column"] = "height"
    path.write_text(json.dumps(bundle))
    return directory


@pytest.fixture(scope="module")
def named(bundle):
    return trkx.Pipeline(bundle, threads=2)


@pytest.fixture(scope="module")
def expected(event):
    return trkx.Pipeline("acat2021-like", threads=2).run(event).labels


@pytest.fixture
def table(tables):
    return {**tables[0], "height": tables[0]["z"].astype(np.float64), "spare": np.full(len(tables[0]["z"]), np.nan)}


def structured(table):
    rows = np.zeros(len(table["z"]), [(name, values.dtype) for name, values in table.items()])
    for name, values in table.items():
        rows[name] = values
    return rows


@pytest.mark.parametrize("kind", [dict, structured, pandas.DataFrame, pyarrow.table])
def test_tables(named, table, expected, kind):
    assert np.array_equal(named.run(kind(table)).labels, expected)


def test_bundle_names_them(named):
    assert named.bundle.columns == ("height",) and ("column:height", 1000.0) in named.bundle.features
    assert trkx.Pipeline("acat2021-like").bundle.columns == ()


def test_hits(named, event, table, expected):
    hits = trkx.as_hits(table, columns=["height"])
    assert list(hits.columns) == ["height"] and "height" in repr(hits)
    assert np.array_equal(named.run(hits).labels, expected)
    assert np.array_equal(named.features(hits), trkx.features(hits, named.bundle.features))
    own = trkx.Hits(event.hits.xyz, None, event.hits.volume_id, event.hits.layer_id, event.hits.module_id,
                    columns={"height": event.hits.xyz[:, 2]})
    assert np.array_equal(named.run(own).labels, expected)


def test_files(named, event, table, expected, tmp_path):
    event.write(tmp_path)
    prefix = tmp_path / event.name
    frame = pandas.read_csv(f"{prefix}-hits.csv")
    frame["height"] = frame["z"]
    frame.to_csv(f"{prefix}-hits.csv", index=False)
    assert np.array_equal(named.run(prefix).labels, expected)
    read = trkx.read_event(prefix, columns=["height"])
    assert np.array_equal(read.hits.columns["height"], event.hits.xyz[:, 2])
    assert np.array_equal(named.run(read).labels, expected)
    with pytest.raises(trkx.FormatError, match="column width is missing"):
        trkx.read_event(prefix, columns=["width"])


def test_errors(named, event, table):
    del table["height"]
    with pytest.raises(trkx.ArgumentError, match="needs the hits' column height, which is missing"):
        named.run(table)
    with pytest.raises(trkx.ArgumentError, match="column height"):
        named.run({**table, "height": np.full(len(event), np.inf)})
    with pytest.raises(trkx.ArgumentError, match="column height"):
        named.run({**table, "height": np.full(len(event), "high")})
    with pytest.raises(trkx.ArgumentError, match="no column spar"):
        trkx.features(table, ["column:spar"])


def test_detector(event, result, tmp_path):
    """A detector that is written is the same one again; another field finds other tracks."""
    trkx.write_detector(tmp_path)
    path = tmp_path / "detector.json"
    completed = trkx.complete(event, result.edges, result.labels)
    assert np.array_equal(trkx.complete(event, result.edges, result.labels, detector=path), completed)
    assert np.array_equal(trkx.features(event, ["tilt"], detector=path), trkx.features(event, ["tilt"]))
    description = json.loads(path.read_text())
    description["field"]["strength"] = 0.2
    path.write_text(json.dumps(description))
    assert not np.array_equal(trkx.complete(event, result.edges, result.labels, detector=path), completed)
    with pytest.raises(trkx.ArgumentError, match="detector.json"):
        trkx.complete(event, result.edges, result.labels, detector=tmp_path / "detectors.csv.gz")


def test_a_detector_lives_as_long_as_its_call(event, result, tmp_path, monkeypatch):
    """It was destroyed before: features came from memory that was no longer its own."""
    made, called = [], []
    read, call = steps._detector, steps.call

    def watched_read(path):
        detector = read(path)
        made.append(weakref.ref(detector))
        return detector

    def watched_call(function, *arguments):
        if function != "trkx_detector_read":
            assert made[-1]() is not None
            called.append(function)
        call(function, *arguments)

    trkx.write_detector(tmp_path)
    monkeypatch.setattr(steps, "_detector", watched_read)
    monkeypatch.setattr(steps, "call", watched_call)
    path = tmp_path / "detector.json"
    trkx.features(event, ["tilt"], detector=path)
    trkx.complete(event, result.edges, result.labels, detector=path)
    trkx.write_detector(tmp_path, path)
    assert called == ["trkx_features", "trkx_complete", "trkx_detector_write"]
