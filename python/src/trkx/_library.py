"""Loads libtrkx and calls it. ctypes releases the GIL during each call."""
import ctypes as c
import math
import os
import weakref
from pathlib import Path
from typing import Any, TypeVar

import numpy.typing as npt

from . import _structures as s
from ._arrays import array_at
from ._scalars import checked
from .errors import BY_STATUS, ArgumentError, FileError, TrkxError

PACKAGE = Path(__file__).resolve().parent
_Options = TypeVar("_Options", bound=c.Structure)


def _find(name: str) -> Path:
    """Beside this package in a wheel; in the build directory if the package is used from the repository."""
    installed = PACKAGE / "lib" / name
    return installed if installed.exists() else PACKAGE.parents[2] / "build" / "lib" / name


def _named(variable: str) -> Path | None:
    """The library that an environment variable names; nothing is loaded from the working directory."""
    value = os.environ.get(variable)
    if value and not os.path.isabs(value):
        raise FileError(f"{variable}: {value!r} is not an absolute path: libraries are not searched for relative to "
                        "the working directory")
    return Path(value) if value else None


def library_path() -> Path:
    """Path of libtrkx; the environment variable TRKX_LIBRARY overrides it."""
    return _named("TRKX_LIBRARY") or _find("libtrkx.so")


def provider_path() -> Path:
    """Path of libtrkx_ep, beside libtrkx; the environment variable TRKX_EP_LIBRARY overrides it."""
    return _named("TRKX_EP_LIBRARY") or library_path().with_name("libtrkx_ep.so")


def own_bundle(name: str) -> Path:
    """Path of a bundle that comes with the package."""
    installed = PACKAGE / "models"
    return (installed if installed.exists() else PACKAGE.parents[2] / "models") / name


def bundle_path(bundle: str | os.PathLike[str]) -> Path:
    """Path of a bundle: a directory, or a bundle of the package by name."""
    named = isinstance(bundle, str) and os.path.basename(bundle) == bundle
    if not named or not (own_bundle(str(bundle)) / "bundle.json").exists():
        return Path(bundle)
    if os.path.exists(bundle):
        raise ArgumentError(f"{bundle} is both a bundle of the package and a directory here: write ./{bundle} for the "
                            "directory")
    return own_bundle(str(bundle))


def _open() -> c.CDLL:
    # Official builds of ONNX Runtime send telemetry when loaded, unless the environment forbids it.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    library = c.CDLL(str(library_path()))
    results: dict[str, Any] = {
        "version": c.c_char_p, "runtime_version": c.c_char_p, "feature_name": c.c_char_p, "feature_find": c.c_bool,
        "feature_spec_name": c.c_char_p, "method_name": c.c_char_p,
        "step_name": c.c_char_p, "hits_warning": c.c_char_p, "event_name": c.c_char_p, "event_hits": c.POINTER(s.Hits),
        "event_truth": c.POINTER(s.Truth), "event_particles": c.POINTER(s.Particles),
        "pipeline_bundle": c.POINTER(s.BundleInfo), "pipeline_device": c.POINTER(s.DeviceInfo),
        "pipeline_features_count": c.c_size_t, "pipeline_columns": c.POINTER(c.c_char_p)}
    for name, kind in results.items():
        getattr(library, "trkx_" + name).restype = kind
    return library


library = _open()


class _Process:
    """Whether the library may have threads, and whether this process was forked from one that had them."""

    used = False
    forked = False

    @classmethod
    def after_fork(cls) -> None:
        cls.forked = cls.used


os.register_at_fork(after_in_child=_Process.after_fork)


def call(function: str, *arguments: Any) -> None:
    """Calls a function that returns a status and takes a trkx_error last; raises its error."""
    if _Process.forked:  # the call would wait forever
        raise TrkxError("trkx was used before this process was forked, and its threads do not exist here: let "
                        "multiprocessing start processes by 'spawn' or 'forkserver'")
    _Process.used = True
    error = s.Error()
    status = getattr(library, function)(*arguments, c.byref(error))
    if status != 0:
        raise BY_STATUS[status - 1](error.message.decode(errors="replace"))


def options(kind: type[_Options], function: str, **members: Any) -> _Options:
    """A struct of options: the defaults, and the given members that are not None."""
    filled = kind()
    getattr(library, function)(c.byref(filled))
    give(filled, **members)
    return filled


def give(filled: c.Structure, **members: Any) -> None:
    """Sets the given members of a struct of options that are not None."""
    types = {field[0]: field[1] for field in filled._fields_}
    for name, value in members.items():
        if value is not None:
            setattr(filled, name, checked(types[name], value, name))


def pointer(array: npt.NDArray[Any] | None, kind: Any) -> Any:
    """Pointer to a contiguous array, which must outlive it; NULL for None."""
    return None if array is None else array.ctypes.data_as(kind)


def view(address: Any, shape: int | tuple[int, ...], dtype: npt.DTypeLike, owner: object) -> npt.NDArray[Any]:
    """The library's memory as an array, not copied; the array keeps its owner alive."""
    count = shape if isinstance(shape, int) else math.prod(shape)
    return array_at(c.cast(address, c.c_void_p).value or 0, count, dtype, owner).reshape(shape)


def destroyed_with(owner: object, destroy: str, what: Any, at_exit: bool = False) -> None:
    """Destroys an object of the library with its owner. at_exit: at the latest when Python exits; not for plain memory,
    which arrays may view until the very end."""
    finalizer: Any = weakref.finalize(owner, getattr(library, destroy), what)
    finalizer.atexit = at_exit


class Handle:
    """An object of the library, destroyed with this one. As an argument of `call` it lives as long as the call; its
    address alone may not."""

    def __init__(self, address: c.c_void_p, destroy: str, at_exit: bool = False) -> None:
        self.address = self._as_parameter_ = address
        destroyed_with(self, destroy, address, at_exit)
