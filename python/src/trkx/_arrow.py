"""Reads numeric columns through the Arrow C data interface, which pyarrow, polars, nanoarrow, DuckDB and others offer
as PyCapsules. A table in one piece is not copied; each array keeps its piece alive.

https://arrow.apache.org/docs/format/CDataInterface.html
"""
from __future__ import annotations

import ctypes as c
import weakref
from typing import Any

import numpy as np
import numpy.typing as npt

from ._arrays import array_at
from .errors import ArgumentError

_TYPES = {"c": np.int8, "C": np.uint8, "s": np.int16, "S": np.uint16, "i": np.int32, "I": np.uint32, "l": np.int64,
          "L": np.uint64, "e": np.float16, "f": np.float32, "g": np.float64}
# prefixes of other types' formats
_OTHER_TYPES = {"dictionary": "category (dictionary)", "b": "bool", "u": "string", "U": "string", "vu": "string",
                "d": "decimal", "t": "date or time", "n": "null", "z": "binary", "Z": "binary", "+": "nested"}


class Unusable:
    """A column that exists but cannot be used, and why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    @classmethod
    def of_type(cls, name: str) -> Unusable:
        return cls(f"is of type {name}, expected numbers: convert it first")


class _Schema(c.Structure):
    pass


class _Array(c.Structure):
    pass


class _Stream(c.Structure):
    pass


_Schema._fields_ = [("format", c.c_char_p), ("name", c.c_char_p), ("metadata", c.c_char_p), ("flags", c.c_int64),
                    ("n_children", c.c_int64), ("children", c.POINTER(c.POINTER(_Schema))),
                    ("dictionary", c.POINTER(_Schema)), ("release", c.CFUNCTYPE(None, c.POINTER(_Schema))),
                    ("private_data", c.c_void_p)]
_Array._fields_ = [("length", c.c_int64), ("null_count", c.c_int64), ("offset", c.c_int64), ("n_buffers", c.c_int64),
                   ("n_children", c.c_int64), ("buffers", c.POINTER(c.c_void_p)),
                   ("children", c.POINTER(c.POINTER(_Array))), ("dictionary", c.POINTER(_Array)),
                   ("release", c.CFUNCTYPE(None, c.POINTER(_Array))), ("private_data", c.c_void_p)]
_Stream._fields_ = [("get_schema", c.CFUNCTYPE(c.c_int, c.POINTER(_Stream), c.POINTER(_Schema))),
                    ("get_next", c.CFUNCTYPE(c.c_int, c.POINTER(_Stream), c.POINTER(_Array))),
                    ("get_last_error", c.CFUNCTYPE(c.c_char_p, c.POINTER(_Stream))),
                    ("release", c.CFUNCTYPE(None, c.POINTER(_Stream))), ("private_data", c.c_void_p)]

# a private copy: argument types set on c.pythonapi's would affect other packages
_get_pointer = c.PYFUNCTYPE(c.c_void_p, c.py_object, c.c_char_p)(("PyCapsule_GetPointer", c.pythonapi))


def _release(structure: Any) -> None:
    if structure.release:
        structure.release(c.byref(structure))


def _take(capsule: object, name: bytes, kind: Any) -> Any:
    """Moves a structure out of its capsule, marking what remains as released, as the interface requires."""
    source = c.cast(_get_pointer(capsule, name), c.POINTER(kind)).contents
    taken = kind.from_buffer_copy(source)
    c.memset(c.byref(source, kind.release.offset), 0, kind.release.size)
    return taken


class _Piece:
    """One record batch, released with the last of its columns."""

    def __init__(self, array: Any) -> None:
        self.array = array
        weakref.finalize(self, _release, array)

    def __len__(self) -> int:
        return int(self.array.length)

    def nulls(self, number: int) -> list[int]:
        """The first row without a value, if any, according to the column and to the table."""
        child = self.array.children[number].contents
        return [*_first_null(child, child.offset + self.array.offset, len(self)),
                *_first_null(self.array, self.array.offset, len(self))]

    def column(self, number: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        child, dtype = self.array.children[number].contents, np.dtype(dtype)
        if len(self) == 0:
            return np.zeros(0, dtype)
        first = child.offset + self.array.offset
        return array_at(child.buffers[1] + first * dtype.itemsize, len(self), dtype, self)


def _first_null(array: Any, first: int, count: int) -> list[int]:
    if array.null_count == 0 or count == 0 or not array.buffers[0]:
        return []
    valid = array_at(array.buffers[0], (first + count + 7) // 8, np.uint8, array)
    empty = np.flatnonzero(np.unpackbits(valid, bitorder="little")[first:first + count] == 0)
    return [int(empty[0])] if len(empty) > 0 else []


def _fields(schema: Any) -> list[tuple[str, str]]:
    """Name and format of each column."""
    if schema.format != b"+s":
        raise ArgumentError("expected an Arrow table, not a single column")
    children = [schema.children[i].contents for i in range(schema.n_children)]
    return [(child.name.decode(), "dictionary" if child.dictionary else child.format.decode()) for child in children]


def _batches(stream: Any) -> tuple[list[tuple[str, str]], list[_Piece]]:
    def check(code: int) -> None:
        if code != 0:
            text = stream.get_last_error(c.byref(stream))
            raise ArgumentError(f"Arrow stream: {text.decode() if text else f'error {code}'}")

    schema = _Schema()
    pieces: list[_Piece] = []
    try:
        check(stream.get_schema(c.byref(stream), c.byref(schema)))
        fields = _fields(schema)
        while True:
            array = _Array()
            check(stream.get_next(c.byref(stream), c.byref(array)))
            if not array.release:
                return fields, pieces
            pieces.append(_Piece(array))
    finally:
        _release(schema)
        _release(stream)


def _batch(schema_capsule: object, array_capsule: object) -> tuple[list[tuple[str, str]], list[_Piece]]:
    schema = _take(schema_capsule, b"arrow_schema", _Schema)
    piece = _Piece(_take(array_capsule, b"arrow_array", _Array))
    try:
        return _fields(schema), [piece]
    finally:
        _release(schema)


def _column(pieces: list[_Piece], number: int, kind: str) -> npt.NDArray[Any] | Unusable:
    if kind not in _TYPES:
        return Unusable.of_type(next((name for start, name in _OTHER_TYPES.items() if kind.startswith(start)), kind))
    row = 0
    for piece in pieces:
        for null in piece.nulls(number):
            return Unusable(f"has no value in row {row + null}: fill it in or drop the row")
        row += len(piece)
    parts = [piece.column(number, _TYPES[kind]) for piece in pieces]
    return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, _TYPES[kind]), *parts])


def columns(table: Any) -> dict[str, npt.NDArray[Any] | Unusable]:
    """The columns, by name, of an object with __arrow_c_stream__ or __arrow_c_array__."""
    if hasattr(table, "__arrow_c_stream__"):
        fields, pieces = _batches(_take(table.__arrow_c_stream__(), b"arrow_array_stream", _Stream))
    else:
        fields, pieces = _batch(*table.__arrow_c_array__())
    found: dict[str, npt.NDArray[Any] | Unusable] = {}
    for number, (name, kind) in enumerate(fields):
        found[name] = Unusable("is repeated") if name in found else _column(pieces, number, kind)
    return found
