"""The columns of any kind of table, by name."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _arrow
from ._arrays import CPU, array_at, typed
from ._arrow import Unusable
from .errors import ArgumentError

# kinds of the DataFrame interchange protocol
_KINDS = {0: "i", 1: "u", 2: "f"}
_OTHER_KINDS = {20: "bool", 21: "string", 22: "datetime", 23: "category"}


class Columns:
    """A table's columns; `what` names it in messages."""

    def __init__(self, table: Any, what: str) -> None:
        self.what = what
        self.arrays = {name: column for name, column in _columns(table, what).items() if column is not None}

    def __contains__(self, name: str) -> bool:
        """Raises if a name differs only in case: an optional column would be silently ignored."""
        if name in self.arrays:
            return True
        for other in self.arrays:
            if str(other).lower() == name.lower():
                raise ArgumentError(f"{self.what}: column {other} has to be named {name}: rename it")
        return False

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise ArgumentError(f"{self.what}: no column {name}; {names_instead(self.arrays, [name])}")
        column = self.arrays[name]
        if isinstance(column, Unusable):
            raise ArgumentError(f"{self.what}: column {name} {column.reason}")
        return column

    def typed(self, name: str, dtype: npt.DTypeLike, *shape: int | None) -> npt.NDArray[Any]:
        """A column as an array of that type and shape."""
        return typed(self[name], dtype, f"{self.what}: column {name}", shape)

    def rows(self, names: str, count: int | None = None) -> npt.NDArray[np.float32]:
        """Columns side by side: float32 [n, columns]."""
        first, *others = names.split()
        columns = [self.typed(first, np.float32, count)]
        columns += [self.typed(name, np.float32, len(columns[0])) for name in others]
        return np.stack(columns, axis=1)

    def any_of(self, names: str) -> bool:
        """Whether one of them exists, so that all have to."""
        return any(name in self for name in names.split())


def names_instead(names: Iterable[Any], missing: list[str], known: tuple[str, ...] = ()) -> str:
    """Lists the existing columns, and which of them were probably meant; known: columns that are correct."""
    there = [str(name) for name in names]
    others, renamed = [name for name in there if name not in known], []
    for wanted in missing:
        meant = _meant(wanted, others)
        if meant is not None:
            others.remove(meant)
            renamed.append(f"{meant} to {wanted}")
    return f"there are {', '.join(there) or 'none'}" + (f"; rename {', '.join(renamed)}" if renamed else "")


def _meant(wanted: str, others: list[str]) -> str | None:
    begun = [name for name in others if len(name) > 1 and wanted.startswith(name.lower())]
    return next(iter(begun + get_close_matches(wanted, others, 1)), None)


def _columns(table: Any, what: str) -> dict[str, Any]:
    if isinstance(table, np.ndarray) and table.dtype.names is not None:
        return {name: table[name] for name in table.dtype.names}
    if isinstance(table, Mapping):
        return dict(table)
    if hasattr(table, "iloc"):  # pandas and alike, which would convert all columns to Arrow, and need pyarrow for it
        return {str(name): table[name] for name in table.columns}
    if hasattr(table, "__arrow_c_stream__") or hasattr(table, "__arrow_c_array__"):
        return _arrow.columns(table)
    if hasattr(table, "__dataframe__"):
        return _interchange(table.__dataframe__())
    raise ArgumentError(f"{what}: a {type(table).__name__} is not a table: expected arrays by name, a structured "
                        "array, a data frame or an Arrow table")


def _interchange(frame: Any) -> dict[str, Any]:
    """Columns through the DataFrame interchange protocol (__dataframe__), chunk by chunk."""
    return {name: _column([chunk.get_column_by_name(name) for chunk in frame.get_chunks()])
            for name in frame.column_names()}


def _column(chunks: list[Any]) -> npt.NDArray[Any] | Unusable:
    kind = chunks[0].dtype[0]
    if kind not in _KINDS:
        return Unusable.of_type(_OTHER_KINDS.get(kind, str(kind)))
    if any(chunk.null_count != 0 and chunk.describe_null[0] != 0 for chunk in chunks):  # None: unknown
        return Unusable("has rows without a value: fill them in or drop them")
    arrays = [_chunk(chunk) for chunk in chunks]
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _chunk(column: Any) -> npt.NDArray[Any]:
    buffer, (kind, bits, _, order) = column.get_buffers()["data"]
    if int(buffer.__dlpack_device__()[0]) != CPU:
        raise ArgumentError("a data frame is not in the CPU's memory: copy it there first")
    dtype, count = np.dtype(f"{_KINDS[kind]}{bits // 8}").newbyteorder(order), column.size()
    return array_at(buffer.ptr + column.offset * dtype.itemsize, count, dtype, buffer)
