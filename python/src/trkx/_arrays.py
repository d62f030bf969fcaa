"""Converts arrays of any kind to NumPy arrays of the library's types: views if type and layout allow, otherwise copies.
Values that the types cannot hold are errors that name the row."""
import ctypes as c
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import ArgumentError

CPU = 1  # kDLCPU of DLPack's device types


def array_at(address: int, count: int, dtype: npt.DTypeLike, owner: object) -> npt.NDArray[Any]:
    """Foreign memory as an array [count], not copied; the array keeps the owner alive."""
    dtype = np.dtype(dtype)
    if not address or count == 0:
        return np.zeros(0, dtype)
    block: Any = (c.c_char * (count * dtype.itemsize)).from_address(address)
    block._owner = owner
    return np.frombuffer(block, dtype)


def _place(wrong: npt.NDArray[Any]) -> str:
    """The position of the first True."""
    index = np.unravel_index(np.argmax(wrong), wrong.shape)
    return ", ".join(f"{axis} {place}" for axis, place in zip(("row", "column"), index))


def _refuse(wrong: npt.NDArray[Any], array: npt.NDArray[Any], name: str, why: str) -> None:
    if wrong.any():
        raise ArgumentError(f"{name} is {array.flat[np.argmax(wrong)]} in {_place(wrong)}: {why}")


def _refuse_missing(missing: Any, name: str) -> None:
    missing = np.atleast_1d(np.asarray(missing, bool))
    if missing.any():
        raise ArgumentError(f"{name} has no value in {_place(missing)}: fill it in or drop the row")


def _from_dlpack(values: Any, name: str) -> npt.NDArray[Any]:
    device = int(values.__dlpack_device__()[0])
    if device != CPU:
        raise ArgumentError(f"{name} is on device type {device} of DLPack: copy it to the CPU first")
    try:
        return np.from_dlpack(values)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise ArgumentError(f"{name}: {error}") from None


def to_array(values: Any, name: str) -> npt.NDArray[Any]:
    """Converts an ndarray, an object with __array_interface__, __array__ or __dlpack__ (a torch tensor), or a sequence.
    Masked or missing values are errors."""
    if isinstance(values, (list, tuple)) and any(isinstance(value, np.ma.MaskedArray) for value in values):
        masked: Any = np.ma.MaskedArray
        values = masked(values)
    if isinstance(values, np.ma.MaskedArray):
        _refuse_missing(values.mask, name)
    elif hasattr(values, "isna"):  # pandas
        _refuse_missing(values.isna(), name)
    if not isinstance(values, np.ndarray) and hasattr(values, "__dlpack__"):
        return _from_dlpack(values, name)
    try:
        return np.asarray(values)
    except (TypeError, ValueError) as error:  # rows of different lengths, tensors with gradients
        raise ArgumentError(f"{name}: {error}") from None


def typed(values: Any, dtype: npt.DTypeLike, name: str, shape: tuple[int | None, ...]) -> npt.NDArray[Any]:
    """A contiguous array of that type and shape (None: any extent). Numbers that the type cannot hold are an error."""
    array = to_array(values, name)
    if array.ndim != len(shape) or any(e is not None and e != a for e, a in zip(shape, array.shape)):
        expected = ",".join("n" if extent is None else str(extent) for extent in shape)
        raise ArgumentError(f"{name} has shape {list(array.shape)}, expected [{expected}]")
    if array.size > 0 and array.dtype.kind not in "iuf":
        raise ArgumentError(f"{name} is of type {getattr(values, 'dtype', array.dtype)}, expected numbers: convert "
                            f"it first, for example with astype('{np.dtype(dtype)}')")
    with np.errstate(over="ignore", invalid="ignore"):
        result = np.ascontiguousarray(array, dtype)
    if result.dtype.kind == "f":
        _check_finite(array, result, name)
    elif array.dtype != result.dtype and array.size > 0:
        _check_integers(array, result, name)
    return result


def _check_finite(array: npt.NDArray[Any], result: npt.NDArray[Any], name: str) -> None:
    finite = np.isfinite(result)
    if not finite.all():
        _refuse(~finite, array, name, f"a finite {result.dtype} is expected")


def _check_integers(array: npt.NDArray[Any], result: npt.NDArray[Any], name: str) -> None:
    """Checks that no integer was rounded, earlier as a floating-point number or now."""
    if array.dtype.kind == "f":
        _refuse(~np.isfinite(array), array, name, "an integer is expected")
        digits = np.finfo(array.dtype).nmant + 1
        _refuse(np.abs(array) >= 2.0**digits, array, name,
                f"{array.dtype} rounds integers from 2^{digits} on; keep them in an integer type throughout")
    _refuse(result != array, array, name, f"it is not a valid {result.dtype}")
