"""Proves that hits in Parquet, Arrow IPC and ROOT files are read as they are."""
import awkward as ak
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import uproot
from pyarrow import feather, parquet

import trkx


@pytest.mark.parametrize("ending, write", [(".parquet", parquet.write_table), (".feather", feather.write_feather)])
def test_arrow(ending, write, tables, pipeline, result, tmp_path):
    hits, cells, _ = tables
    for name, columns in (("hits", {"hit_x" if n == "x" else n: a for n, a in hits.items()}), ("cells", cells)):
        write(pa.table(columns), str(tmp_path / (name + ending)))
    read = trkx.read_parquet(tmp_path / f"hits{ending}", tmp_path / f"cells{ending}", columns={"x": "hit_x"})
    assert np.array_equal(pipeline.run(read).labels, result.labels)
    with pytest.raises(trkx.ArgumentError, match="no column hit_y"):
        trkx.read_parquet(tmp_path / f"hits{ending}", columns={"x": "hit_x", "y": "hit_y"})


def test_ids_of_other_types_in_parquet(tables, tmp_path):
    """Categories of integers are stored as such, and come back exactly; strings do not."""
    hits, cells, _ = tables
    for name, columns in (("hits", hits), ("cells", cells)):
        frame = pd.DataFrame(columns)
        frame.astype({"hit_id": "category"}).to_parquet(tmp_path / f"{name}-category.parquet")
        frame.astype({"hit_id": "string"}).to_parquet(tmp_path / f"{name}-string.parquet")
        frame.to_parquet(tmp_path / f"{name}.parquet")
    read = trkx.read_parquet(tmp_path / "hits-category.parquet", tmp_path / "cells-category.parquet")
    assert np.array_equal(read.hit_id, hits["hit_id"]) and np.array_equal(read.cells.ch0, cells["ch0"])
    for part in ("hits", "cells"):
        paths = [tmp_path / f"{name}{'-string' if name == part else ''}.parquet" for name in ("hits", "cells")]
        with pytest.raises(trkx.ArgumentError, match=f"{part}: column hit_id is of type string"):
            trkx.read_parquet(*paths)


def test_root(tables, event, tmp_path):
    hits = tables[0]
    with uproot.recreate(tmp_path / "hits.root") as file:
        file.mktree("hits", hits)
        file.mktree("events", {f"SP{name}": ak.Array([[float(i)], hits[name]]) for i, name in enumerate("xyz", 1)})
    flat = trkx.read_root(tmp_path / "hits.root")
    assert np.array_equal(flat.xyz, event.hits.xyz) and np.array_equal(flat.module_id, event.hits.module_id)
    names = {"x": "SPx", "y": "SPy", "z": "SPz"}
    assert trkx.read_root(tmp_path / "hits.root", "events", entry=0, columns=names).xyz.tolist() == [[1, 2, 3]]
    assert np.array_equal(trkx.read_root(tmp_path / "hits.root", "events", entry=1, columns=names).xyz, event.hits.xyz)
    for entry, message in ((2, "entry is 2, but the tree has 2 entries"), (-1, "entry is -1, expected an integer from 0")):
        with pytest.raises(trkx.ArgumentError, match=message):
            trkx.read_root(tmp_path / "hits.root", "events", entry=entry, columns=names)
    with pytest.raises(trkx.ArgumentError, match="hits: column x is of type object"):
        trkx.read_root(tmp_path / "hits.root", "events", columns=names)
