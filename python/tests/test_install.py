"""Proves that the installed package is complete: it runs where there are no tools, on the libraries that it brings,
with anybody's onnxruntime beside it; one wheel for every Python; and that its types hold."""
import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from conftest import REPOSITORY

import trkx
from trkx._library import PACKAGE, own_bundle

SYSTEM = {"libc.so.6", "libm.so.6", "libdl.so.2", "librt.so.1", "libpthread.so.0", "libstdc++.so.6",
          "libgcc_s.so.1"}

ALONE = """
import sys, trkx
from trkx._library import PACKAGE
assert trkx.Pipeline("acat2021-like").bundle.name == "acat2021-like"
event = trkx.simulate(density=0.0024)
for hits, name in (event, "default"), (event.hits.xyz, "positions"):
    pipeline = trkx.Pipeline()  # holds the libraries
    result = pipeline.run(hits)
    assert len(result.tracks) > 10
    assert result.bundle.directory == str(PACKAGE / "models" / name)
libraries = {line.split()[-1] for line in open("/proc/self/maps") if ".so" in line}
modules = {name.split(".")[0] for name in sys.modules}
assert not modules & {"pandas", "polars", "pyarrow", "torch", "onnxruntime", "scipy"}
print("\\n".join(sorted(libraries)))
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """The libraries of a process without tools, environment or neighbours."""
    run = subprocess.run([sys.executable, "-I", "-c", ALONE], env={"PATH": "/nonexistent"}, text=True, check=True,
                         cwd=tmp_path_factory.mktemp("elsewhere"), stdout=subprocess.PIPE)
    return [Path(line) for line in run.stdout.split()]


def test_it_runs_on_its_own_libraries(loaded):
    own = {path.name for path in loaded if PACKAGE in path.parents}
    assert {"libtrkx.so", "libtrkx_ep.so", "libonnxruntime.so.1", "libjansson.so.4"} <= own
    for name in own:  # what they were linked with is there too
        assert not any(path.name == name and PACKAGE not in path.parents for path in loaded)
    foreign = {path.name for path in loaded} & {path.name for path in (PACKAGE / "lib").iterdir()} - own
    assert not foreign


def test_it_is_in_the_wheel_and_not_in_the_repository():
    assert REPOSITORY not in PACKAGE.parents or "build-python" in str(PACKAGE)
    assert (PACKAGE / "py.typed").exists() and own_bundle("default").is_relative_to(PACKAGE)
    assert not SYSTEM & {path.name for path in (PACKAGE / "lib").iterdir()}


def test_tag_and_requirements():
    wheel = importlib.metadata.distribution("trkx").read_text("WHEEL")
    assert "Tag: py3-none-linux_" in wheel
    needs = [r for r in importlib.metadata.requires("trkx") if "extra ==" not in r]
    assert [r.split(">")[0] for r in needs] == ["numpy"]
    assert importlib.metadata.version("trkx") == trkx.__version__


def test_types():
    run = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull],
                         cwd=REPOSITORY / "python", stdout=subprocess.PIPE, text=True)
    assert run.returncode == 0, run.stdout


def test_provider_in_somebody_elses_onnxruntime(pipeline, event, result):
    assert Path(trkx.ep_library_path()).name == "libtrkx_ep.so"
    devices = trkx.register_with_onnxruntime()
    assert len(devices) == len(trkx.register_with_onnxruntime()) == 1
    options, model = onnxruntime.SessionOptions(), str(own_bundle("default") / "gnn.onnx")
    options.add_provider_for_devices(devices, {})
    feeds = {"g_nodes": pipeline.features(event, "gnn"), "g_edges": result.edges}
    session = onnxruntime.InferenceSession(model, options)
    assert session.get_providers()[0] == "TrkxExecutionProvider"
    stock = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    assert np.allclose(session.run(None, feeds)[0], stock.run(None, feeds)[0], atol=1e-3)


def test_no_provider(monkeypatch):
    monkeypatch.setenv("TRKX_EP_LIBRARY", "/nowhere/libtrkx_ep.so")
    with pytest.raises(trkx.FileError, match="/nowhere/libtrkx_ep.so does not exist"):
        trkx.ep_library_path()
    monkeypatch.setenv("TRKX_EP_LIBRARY", "lib/libtrkx_ep.so")
    with pytest.raises(trkx.FileError, match="not an absolute path"):
        trkx.ep_library_path()
