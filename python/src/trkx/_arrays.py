"""Anybody's arrays as NumPy arrays of the library's types: views where type and layout allow, else copies."""
import ctypes as c
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import ArgumentError

_CPU = 1  # kDLCPU of DLPack's device types


def array_at(address: int, count: int, dtype: npt.DTypeLike, owner: object) -> npt.NDArray[Any]:
    """Memory of somebody else as an array [count], not copied; the array keeps the owner alive."""
    dtype = np.dtype(dtype)
    if not address or count == 0:
        return np.zeros(0, dtype)
    block: Any = (c.c_char * (count * dtype.itemsize)).from_address(address)
    block._owner = owner
    return np.frombuffer(block, dtype)


def to_array(values: Any) -> npt.NDArray[Any]:
    """From an ndarray, an object with __array_interface__, __array__ or __dlpack__ (a torch tensor), or a sequence."""
    if not isinstance(values, np.ndarray) and hasattr(values, "__dlpack__"):
        device = values.__dlpack_device__()[0]
        if int(device) != _CPU:
            raise ArgumentError(f"an array is on device type {int(device)} of DLPack: copy it to the CPU first")
        return np.from_dlpack(values)
    return np.asarray(values)


def typed(values: Any, dtype: npt.DTypeLike, name: str, shape: tuple[int | None, ...]) -> npt.NDArray[Any]:
    """A contiguous array of that type and shape (None: any extent). Numbers that the type cannot hold are an error."""
    array = to_array(values)
    if array.ndim != len(shape) or any(e is not None and e != a for e, a in zip(shape, array.shape)):
        expected = ",".join("n" if extent is None else str(extent) for extent in shape)
        raise ArgumentError(f"{name} has shape {list(array.shape)}, [{expected}] is expected")
    if array.size > 0 and array.dtype.kind not in "iufb":
        raise ArgumentError(f"{name} is of type {array.dtype}: numbers are expected")
    with np.errstate(over="ignore", invalid="ignore"):
        result = np.ascontiguousarray(array, dtype)
    if result.dtype.kind in "iu" and array.dtype != result.dtype and not np.array_equal(result, array):
        raise ArgumentError(f"{name} has values that are no {result.dtype}")
    return result
