"""Imports packages that only some functions need."""
from importlib import import_module
from typing import Any


def optional(module: str) -> Any:
    """The module; if its package is missing, an ImportError that says how to install it."""
    package = module.partition(".")[0]
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        message = f"the package {package} is needed for this: pip install {package}"
        raise ModuleNotFoundError(message, name=package) from None
