"""trkx's execution provider for the Python package onnxruntime."""
from __future__ import annotations

from typing import Any

from ._library import provider_path
from ._optional import optional
from .errors import FileError

_NAME = "TrkxExecutionProvider"


def ep_library_path() -> str:
    """The path of libtrkx_ep.so, for onnxruntime.register_execution_provider_library or a program in C."""
    path = provider_path()
    if not path.exists():
        raise FileError(f"{path} does not exist: set the environment variable TRKX_EP_LIBRARY to libtrkx_ep.so")
    return str(path)


def register_with_onnxruntime() -> list[Any]:
    """Registers trkx's execution provider with the package onnxruntime (1.23 or newer), once, and returns its devices:

    options = onnxruntime.SessionOptions()
    options.add_provider_for_devices(trkx.register_with_onnxruntime(), {})
    session = onnxruntime.InferenceSession("gnn.onnx", options)
    """
    onnxruntime = optional("onnxruntime")

    def devices() -> list[Any]:
        return [device for device in onnxruntime.get_ep_devices() if device.ep_name == _NAME]

    if not devices():
        onnxruntime.register_execution_provider_library("trkx", ep_library_path())
    return devices()
