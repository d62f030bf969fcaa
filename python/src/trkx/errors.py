"""Exceptions, one for each status of the library, and the warning; the text is the library's message."""


class TrkxWarning(UserWarning):
    """Tracks are found, but the event's units or truth look wrong."""


class TrkxError(Exception):
    """Any failure of trkx; the message names file, line, stage and cause."""


class ArgumentError(TrkxError, ValueError):
    """A value is outside its documented range."""


class OutOfMemoryError(TrkxError, MemoryError):
    """An allocation failed, or the memory limit is too small."""


class FileError(TrkxError, OSError):
    """A file cannot be opened, read, written or renamed."""


class FormatError(TrkxError, ValueError):
    """A file's content is invalid."""


class BundleError(TrkxError, ValueError):
    """bundle.json or detector.json lacks a field, or a field has a wrong type or value."""


class ModelError(TrkxError, ValueError):
    """A network does not fit its bundle."""


class OnnxRuntimeError(TrkxError, RuntimeError):
    """ONNX Runtime failed."""


class CancelledError(TrkxError, RuntimeError):
    """A run was cancelled."""


class DeviceError(TrkxError, RuntimeError):
    """The GPU does not exist, lacks something it needs, or failed."""


# in the order of enum trkx_status, from 1
BY_STATUS: tuple[type[TrkxError], ...] = (ArgumentError, OutOfMemoryError, FileError, FormatError, BundleError,
                                          ModelError, OnnxRuntimeError, CancelledError, DeviceError)
