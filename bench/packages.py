"""trkx_train on the path; its import has a missing package named with the command that installs it. To be imported
before any such package."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "train"))
import trkx_train  # noqa: E402, F401
