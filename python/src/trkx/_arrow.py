"""Columns of numbers out of the Arrow C data interface, which pyarrow, polars, nanoarrow, DuckDB and others speak
through PyCapsules. Nothing is copied of a table that is in one piece; each array keeps its piece alive.

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
          "L": np.uint64, "f": np.float32, "g": np.float64}


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

# of one's own: argument types set on c.pythonapi's would hold for other packages too
_get_pointer = c.PYFUNCTYPE(c.c_void_p, c.py_object, c.c_char_p)(("PyCapsule_GetPointer", c.pythonapi))


def _release(structure: Any) -> None:
    if structure.release:
        structure.release(c.byref(structure))


def _take(capsule: object, name: bytes, kind: Any) -> Any:
    """Moves a structure out of its capsule: what is left there is released, as the interface asks for."""
    source = c.cast(_get_pointer(capsule, name), c.POINTER(kind)).contents
    taken = kind.from_buffer_copy(source)
    c.memset(c.byref(source, kind.release.offset), 0, kind.release.size)
    return taken


class _Piece:
    """One record batch, released when the last of its columns goes."""

    def __init__(self, array: Any) -> None:
        self.array = array
        weakref.finalize(self, _release, array)

    def column(self, number: int, dtype: npt.DTypeLike, name: str) -> npt.NDArray[Any]:
        child, dtype = self.array.children[number].contents, np.dtype(dtype)
        first, count = child.offset + self.array.offset, self.array.length
        if _has_nulls(child, first, count) or _has_nulls(self.array, self.array.offset, count):
            raise ArgumentError(f"column {name} has nulls")
        if count == 0:
            return np.zeros(0, dtype)
        return array_at(child.buffers[1] + first * dtype.itemsize, count, dtype, self)


def _has_nulls(array: Any, first: int, count: int) -> bool:
    if array.null_count == 0 or count == 0 or not array.buffers[0]:
        return False
    valid = array_at(array.buffers[0], (first + count + 7) // 8, np.uint8, array)
    return not np.unpackbits(valid, bitorder="little")[first:first + count].all()


def _fields(schema: Any) -> list[tuple[str, str]]:
    """Name and format of each column."""
    if schema.format != b"+s":
        raise ArgumentError("an Arrow table is expected, not a single column")
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


def columns(table: Any) -> dict[str, npt.NDArray[Any]]:
    """The columns of numbers, by name, of an object with __arrow_c_stream__ or __arrow_c_array__; others are left
    out."""
    if hasattr(table, "__arrow_c_stream__"):
        fields, pieces = _batches(_take(table.__arrow_c_stream__(), b"arrow_array_stream", _Stream))
    else:
        fields, pieces = _batch(*table.__arrow_c_array__())
    found = {}
    for number, (name, kind) in enumerate(fields):
        if kind in _TYPES:
            parts = [piece.column(number, _TYPES[kind], name) for piece in pieces]
            found[name] = parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, _TYPES[kind]), *parts])
    return found
