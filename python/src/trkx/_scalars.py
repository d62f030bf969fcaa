"""Checks single values passed to the library. ctypes wraps integers that do not fit, accepts anything as a bool, and
cuts texts at a zero byte: here these are errors."""
from __future__ import annotations

import ctypes as c
import math
import os
from typing import Any

import numpy as np

from .errors import ArgumentError

_INTEGERS = (c.c_int, c.c_uint, c.c_size_t, c.c_uint64)
_FLOATS = (c.c_float, c.c_double)


def _wrong(name: str, value: Any, expected: str) -> ArgumentError:
    return ArgumentError(f"{name} is {value!r}, expected {expected}")


def _boolean(value: Any, name: str) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise _wrong(name, value, "True or False")
    return bool(value)


def _integer(value: Any, kind: Any, name: str) -> int:
    low, high = (0, 2 ** (8 * c.sizeof(kind)) - 1)
    if kind(-1).value < 0:
        low, high = -(high // 2) - 1, high // 2
    expected = f"an integer from {low} to {high}"
    if isinstance(value, (bool, np.bool_)) or not hasattr(value, "__index__"):
        raise _wrong(name, value, expected)
    try:
        number = int(value.__index__())
    except TypeError:  # arrays, unless of rank 0
        raise _wrong(name, value, expected) from None
    if not low <= number <= high:
        raise _wrong(name, value, expected)
    return number


def _real(value: Any, kind: Any, name: str) -> float:
    if isinstance(value, (bool, np.bool_, str, bytes, bytearray)) or np.ndim(value) > 0:
        raise _wrong(name, value, "a number")
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise _wrong(name, value, "a number") from None
    if math.isfinite(number) and not math.isfinite(kind(number).value):
        raise _wrong(name, value, "a number within the range of float32")
    return number


def checked(kind: Any, value: Any, name: str) -> Any:
    """The value for the ctypes type, if the type can hold it; pointers and texts unchanged."""
    if kind is c.c_bool:
        return _boolean(value, name)
    if kind in _INTEGERS:
        return _integer(value, kind, name)
    return _real(value, kind, name) if kind in _FLOATS else value


def scalar(kind: Any, value: Any, name: str) -> Any:
    """The same, as a function argument."""
    return kind(checked(kind, value, name))


def text(value: str | os.PathLike[str], name: str) -> bytes:
    """A path or a name."""
    if not isinstance(value, (str, os.PathLike)):
        raise _wrong(name, value, "a text")
    encoded = os.fsencode(value)
    if b"\0" in encoded:
        raise _wrong(name, value, "a text without zero bytes")
    return encoded
