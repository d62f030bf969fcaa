"""Proves that a pipeline without a named bundle uses, for each event, the first default bundle that suits it, says which,
and finds the modules that hits lack; and that a named bundle is the only one."""
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import trkx


@pytest.fixture(scope="module")
def kinds(event):
    """Hits, and the bundle, the note and whether modules are found that go with them."""
    hits = event.hits
    no_cells = trkx.Hits(hits.xyz, None, hits.volume_id, hits.layer_id, hits.module_id)
    return [(event, "default", None, False), (trkx.Hits(hits.xyz, cells=hits.cells), "default", None, True),
            (no_cells, "positions", "no cells", False), (hits.xyz, "positions", "no cells", True)]


@pytest.fixture(scope="module")
def expected(event):
    return {name: trkx.Pipeline(name, threads=2).run(event).labels for name in ("default", "positions")}


def check(result, kind, expected):
    _, name, note, found = kind
    assert Path(result.bundle.directory).name == name
    assert result.bundle_note == note and result.found_modules is found
    assert len(result.tracks) > 100 and np.array_equal(result.labels, expected[name])


def test_each_kind(pipeline, kinds, expected):
    assert Path(pipeline.bundle.directory).name == "default"
    for kind in kinds:
        check(pipeline.run(kind[0]), kind, expected)


def test_several_threads(kinds, expected):
    pipeline = trkx.Pipeline(threads=1)
    with ThreadPoolExecutor(4) as pool:
        for kind, result in zip(kinds[::-1] * 2, pool.map(lambda kind: pipeline.run(kind[0]), kinds[::-1] * 2)):
            check(result, kind, expected)


def test_the_result_outlives_the_pipeline(kinds):
    result = trkx.Pipeline(threads=1, min_hits=6).run(kinds[3][0])
    assert result.bundle.min_hits == 6 and Path(result.bundle.directory).name == "positions"


def test_files(event, pipeline, kinds, expected, tmp_path):
    """hits.csv alone, with modules and without."""
    event.write(tmp_path)
    lines = (tmp_path / f"{event.name}-hits.csv").read_text().splitlines()
    for file in tmp_path.iterdir():
        file.unlink()
    for columns, kind in ((7, kinds[2]), (4, kinds[3])):
        path = tmp_path / "e-hits.csv"
        path.write_text("\n".join(",".join(line.split(",")[:columns]) for line in lines) + "\n")
        check(pipeline.run(path), kind, expected)
        read = trkx.read_event(path)
        assert (read.hits.module_id is None) == (columns == 4) and read.hits.cells is None
        check(pipeline.run(read), kind, expected)


def test_a_named_bundle_is_the_only_one(event):
    with pytest.raises(trkx.ArgumentError, match="needs the hits' cells, .* there is the bundle positions"):
        trkx.Pipeline("default", threads=1).run(event.hits.xyz)
    with pytest.raises(trkx.ArgumentError, match="needs the hits' cells, .* there is the bundle positions"):
        trkx.load_models(threads=1).features(event.hits.xyz)
