"""The columns of anybody's table, by name."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _arrow
from ._arrays import array_at, to_array
from .errors import ArgumentError

# kinds of the DataFrame interchange protocol: integers, unsigned ones, floating-point numbers
_KINDS = {0: "i", 1: "u", 2: "f"}


class Columns:
    """A table's columns; `what` names it in messages."""

    def __init__(self, table: Any, what: str) -> None:
        self.what = what
        self.arrays = _columns(table, what)

    def __contains__(self, name: str) -> bool:
        return name in self.arrays

    def __getitem__(self, name: str) -> Any:
        if name not in self.arrays:
            raise ArgumentError(f"{self.what}: no column {name}; there are {', '.join(self.arrays) or 'none'}")
        return self.arrays[name]

    def get(self, name: str) -> Any:
        """None where there is no such column."""
        return self.arrays.get(name)

    def rows(self, names: str) -> npt.NDArray[np.float32]:
        """Columns side by side: float32 [n, columns]."""
        try:
            return np.stack([to_array(self[name]) for name in names.split()], axis=1).astype(np.float32, copy=False)
        except (TypeError, ValueError) as error:
            raise ArgumentError(f"{self.what}: {names}: {error}") from None


def _columns(table: Any, what: str) -> dict[str, Any]:
    if isinstance(table, np.ndarray) and table.dtype.names is not None:
        return {name: table[name] for name in table.dtype.names}
    if isinstance(table, Mapping):
        return dict(table)
    if hasattr(table, "__arrow_c_stream__") or hasattr(table, "__arrow_c_array__"):
        try:
            return dict(_arrow.columns(table))
        except ImportError:  # pandas exports Arrow through pyarrow only, which need not be there
            return {str(name): table[name] for name in table.columns}
    if hasattr(table, "__dataframe__"):
        return _interchange(table.__dataframe__())
    raise ArgumentError(f"{what}: a {type(table).__name__} is no table: arrays by name, a structured array, a data "
                        "frame or an Arrow table is expected")


def _interchange(frame: Any) -> dict[str, Any]:
    """Of the DataFrame interchange protocol (__dataframe__): columns of numbers, chunk by chunk."""
    found = {}
    for name in frame.column_names():
        if frame.get_column_by_name(name).dtype[0] in _KINDS:
            chunks = [_chunk(column.get_column_by_name(name), name) for column in frame.get_chunks()]
            found[name] = chunks[0] if len(chunks) == 1 else np.concatenate(chunks)
    return found


def _chunk(column: Any, name: str) -> npt.NDArray[Any]:
    if column.null_count:
        raise ArgumentError(f"column {name} has nulls")
    buffer, (kind, bits, _, _) = column.get_buffers()["data"]
    dtype, count = np.dtype(f"{_KINDS[kind]}{bits // 8}"), column.size()
    return array_at(buffer.ptr + column.offset * dtype.itemsize, count, dtype, buffer)
