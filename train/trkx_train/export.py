"""Writes the trained networks as ONNX and checks that ONNX Runtime agrees with PyTorch."""
import hashlib
import json
import subprocess

import numpy as np
import onnx
import torch

from . import chain, data, embedding, evaluate, filter, gnn, library
from .networks import CYLINDRICAL, EMBEDDING_FEATURES, NODE_FEATURES, FromCylindrical

OPSET = 17  # 16 brings reductions to ScatterND, 17 LayerNormalization
BUNDLE = data.BUNDLE
TOLERANCE = 1e-4

# file, inputs, output, and which axes are free, by network
TENSORS = {
    "embedding": (["sp_features"], "embedding_output"),
    "filter": (["f_nodes", "f_edges"], "f_edge_score"),
    "gnn": (["g_nodes", "g_edges"], "gnn_edge_score"),
}


def positional(name):
    return EMBEDDING_FEATURES if name == "embedding" else NODE_FEATURES


def inputs_of(name):
    """The features of a network of the bundle, (name, scale) each."""
    return data.with_sensor(positional(name)) if data.sees_cells() else CYLINDRICAL


def trained(name):
    """A network in its exported form."""
    network = {"embedding": embedding.trained, "filter": lambda: filter.trained()[0], "gnn": gnn.trained}[name]()
    return (network if data.sees_cells() else FromCylindrical(network, positional(name))).eval()


def _arguments(name, hits, edges):
    nodes = torch.from_numpy(hits.features(inputs_of(name)))
    return (nodes,) if name == "embedding" else (nodes, torch.from_numpy(edges))


def _export(name, arguments):
    inputs, output = TENSORS[name]
    axes = {inputs[0]: {0: "n"}, output: {0: "n"}}
    if len(inputs) == 2:
        axes.update({inputs[1]: {1: "m"}, output: {0: "m"}})
    path = BUNDLE / f"{name}.onnx"
    torch.onnx.export(trained(name), arguments, str(path), opset_version=OPSET, input_names=inputs,
                      output_names=[output], dynamic_axes=axes)
    model = onnx.load(str(path))
    model.doc_string = f"trkx {name}, trained by train/"
    for node in model.graph.node:
        node.ClearField("doc_string")
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _toy_graph():
    """An input for tracing: two tracks of three hits."""
    rng = np.random.default_rng(0)
    xyz = (rng.normal(size=(6, 3)) * 300).astype(np.float32)
    hits = data.Hits(xyz, rng.random((6, 5)).astype(np.float32), np.full(6, 8, np.int32), 6)
    return hits, np.array([[0, 1, 3, 4], [1, 2, 4, 5]])


def export_networks():
    BUNDLE.mkdir(parents=True, exist_ok=True)
    for name in TENSORS:
        _export(name, _arguments(name, *_toy_graph()))


# ---- bundle.json ----------------------------------------------------------------------------------------

def _entry(name, **settings):
    inputs, output = TENSORS[name]
    digest = hashlib.sha256((BUNDLE / f"{name}.onnx").read_bytes()).hexdigest()
    return {"file": f"{name}.onnx", "sha256": digest, "inputs": inputs, "output": output, **settings}


def _features(name):
    return {"features": [{"name": name, "scale": scale} for name, scale in inputs_of(name)]}


def _commit():
    command = ["git", "-C", str(data.REPOSITORY), "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _steps(name):
    return torch.load(data.WORK / f"{name}.pt")["step"]


def write_bundle(cut, figures):
    c = data.config()
    _, filter_cut = filter.trained()
    own = {} if _features("filter") == _features("embedding") else _features("filter")
    nodes = {**own, "sigmoid_in_model": False}
    training = {
        "data": f"{c['data']['events']} events of trkx_simulate, sigma_z {c['data']['sigma_z']} mm, "
                f"one in six at {c['data']['low_density']} of the full density",
        "seeds": {name: c["data"][name] for name in ("seed", "validation_seed", "test_seed")},
        "minutes": {name: c[name]["minutes"] for name in TENSORS},
        "steps": {name: _steps(name) for name in TENSORS},
        "commit": _commit(), "figures": figures}
    bundle = {
        "schema": 1, "name": c["bundle"]["name"], "detector": "trackml", "detectors": "detector.json",
        "orientation": "outwards",
        **_features("embedding"),
        "embedding": _entry("embedding", **{key: c["embedding"][key]
                                            for key in ("dim", "radius", "k", "k_of_volumes")}),
        "filter": _entry("filter", **nodes, cut=filter_cut),
        "gnn": _entry("gnn", **nodes, cut=cut),
        "tracks": c["tracks"],
        "training": training}
    library.trkx.write_detector(BUNDLE)
    (BUNDLE / "bundle.json").write_text(json.dumps(bundle, indent=2) + "\n")


# ---- agreement --------------------------------------------------------------------------------------------

def check():
    """Fails if a network of the bundle differs from the trained one on a full graph."""
    event, edges = data.load_event("validation", 0), gnn.load_graph("validation", 0)
    hits, bundle = data.hits_of(event), chain.Bundle(BUNDLE)
    for name in TENSORS:
        arguments = _arguments(name, hits, edges)
        with torch.no_grad():
            wanted = trained(name)(*arguments).numpy()
        got = bundle.run(name, *(tensor.numpy() for tensor in arguments))
        difference = float(np.abs(got - wanted).max())
        print(f"export: {name} differs by at most {difference:.2e}", flush=True)
        if not difference <= TOLERANCE:
            raise SystemExit(f"export: {name}.onnx does not agree with PyTorch")


def main():
    export_networks()
    write_bundle(0.5, {})
    check()
    cut, score = chain.choose_cut(chain.Bundle(BUNDLE))
    print(f"export: GNN cut {cut}, mean score {score:.4f} on the validation events", flush=True)
    write_bundle(cut, {})
    write_bundle(cut, evaluate.test_figures(chain.Bundle(BUNDLE)))


if __name__ == "__main__":
    main()
