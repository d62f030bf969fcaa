"""Reads hits in other formats, each through its own library."""
from __future__ import annotations

import ctypes as c
import os
from collections.abc import Mapping
from typing import Any

from ._columns import Columns
from ._optional import optional
from ._scalars import checked
from .errors import ArgumentError
from .event import Hits, as_hits

# the columns used, under trkx's names
_COLUMNS = ("x", "y", "z", "hit_id", "volume_id", "layer_id", "module_id")


def read_parquet(path: str | os.PathLike[str], cells: str | os.PathLike[str] | None = None, *,
                 columns: Mapping[str, str] | None = None) -> Hits:
    """Hits, and their cells, from Parquet or Arrow IPC (Feather) files, by their endings .parquet, .arrow or .feather.

    Columns: see as_hits; columns maps trkx's names to the file's, for example {"x": "hit_x"}. Needs pyarrow: the extra
    trkx[arrow].
    """
    return as_hits(_renamed(_arrow_table(path), columns), None if cells is None else _arrow_table(cells))


def _arrow_table(path: str | os.PathLike[str]) -> Any:
    name = os.fspath(path)
    if name.endswith((".arrow", ".feather")):
        return optional("pyarrow.feather").read_table(name)
    return optional("pyarrow.parquet").read_table(name)


def _renamed(table: Any, columns: Mapping[str, str] | None) -> dict[str, Any]:
    given, names = Columns(table, "hits"), columns or {}
    wanted = {name: names.get(name, name) for name in _COLUMNS}
    return {name: given[source] for name, source in wanted.items() if name in names or source in given}


def read_root(path: str | os.PathLike[str], tree: str = "hits", *, entry: int | None = None,
              columns: Mapping[str, str] | None = None) -> Hits:
    """Hits from a tree of a ROOT file.

    entry: the event's number in a tree with one entry per event and a vector of hits in each branch; None: a tree with
    one entry per hit. columns: maps trkx's names (x, y, z in mm, hit_id, volume_id, layer_id, module_id) to the
    branches, for example {"x": "SPx"}. Needs uproot: the extra trkx[root].
    """
    names = columns or {}
    with optional("uproot").open(os.fspath(path)) as file:
        branches = file[tree]
        wanted = {name: names.get(name, name) for name in _COLUMNS}
        there = {name: source for name, source in wanted.items() if name in names or source in branches}
        first, last = (None, None) if entry is None else (_entry(entry, branches.num_entries), entry + 1)
        arrays = {name: branches[source].array(library="np", entry_start=first, entry_stop=last)
                  for name, source in there.items()}
    return as_hits(arrays if entry is None else {name: values[0] for name, values in arrays.items()})


def _entry(number: int, count: int) -> int:
    if checked(c.c_size_t, number, "entry") >= count:
        raise ArgumentError(f"entry is {number}, but the tree has {count} entries")
    return number
