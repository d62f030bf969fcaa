"""Training of a trkx bundle: embedding, filter and graph neural network."""
import sys

_PACKAGES = {"faiss": "faiss-cpu", "sklearn": "scikit-learn", "trkx": "./python"}  # by another name, or in another place


def _say_what_to_install(kind, error, trace):
    """The message for a failed import. The scripts of bench/ import this package for it."""
    if not issubclass(kind, ModuleNotFoundError) or not error.name:
        return sys.__excepthook__(kind, error, trace)
    package = error.name.partition(".")[0]
    command = f"pip install {_PACKAGES.get(package, package)}"
    return print(f"the package {package} is needed for this: {command}", file=sys.stderr)


sys.excepthook = _say_what_to_install
