"""Writes the trained networks as ONNX and checks that ONNX Runtime agrees with PyTorch."""
import hashlib
import json
import subprocess

import numpy as np
import onnx
import onnxruntime
import torch

from . import chain, data, embedding, evaluate, filter, gnn, library
from .networks import CYLINDRICAL, EMBEDDING_FEATURES, NODE_FEATURES, FromCylindrical

OPSET = 17  # 16 brings reductions to ScatterND, 17 LayerNormalization
TOLERANCE = 1e-4
START_CUT = 0.8  # of the GNN, until the best one is known
FIRST_PASS, SECOND_PASS = ("embedding", "filter", "gnn"), ("second_embedding", "second_filter")

# inputs and output by kind of network
TENSORS = {
    "embedding": (["sp_features"], "embedding_output"),
    "filter": (["f_nodes", "f_edges"], "f_edge_score"),
    "gnn": (["g_nodes", "g_edges"], "gnn_edge_score"),
}


def all_networks():
    return FIRST_PASS + SECOND_PASS * data.has_second_pass()


def kind(name):
    return name.removeprefix("second_")


def positional(name):
    return EMBEDDING_FEATURES if kind(name) == "embedding" else NODE_FEATURES


def inputs_of(name):
    """The features of a network of the bundle, (name, scale) each."""
    return data.with_inputs(positional(name) if data.inputs().cells else CYLINDRICAL)


def trained(name):
    """A network in its exported form."""
    network = {"embedding": embedding.trained, "filter": lambda name: filter.trained(name)[0],
               "gnn": lambda name: gnn.trained()}[kind(name)](name)
    return (network if data.inputs().cells else FromCylindrical(network, positional(name))).eval()


def _arguments(name, hits, edges):
    nodes = torch.from_numpy(hits.features(inputs_of(name)))
    return (nodes,) if kind(name) == "embedding" else (nodes, torch.from_numpy(edges))


def _export(directory, name, arguments):
    inputs, output = TENSORS[kind(name)]
    axes = {inputs[0]: {0: "n"}, output: {0: "n"}}
    if len(inputs) == 2:
        axes.update({inputs[1]: {1: "m"}, output: {0: "m"}})
    path = directory / f"{name}.onnx"
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
    hits = data.Hits(xyz, rng.random((6, 4)).astype(np.float32), 5.0, np.full(6, 8, np.int32), 6)
    return hits, np.array([[0, 1, 3, 4], [1, 2, 4, 5]])


def export_networks(directory, names):
    directory.mkdir(parents=True, exist_ok=True)
    for name in names:
        _export(directory, name, _arguments(name, *_toy_graph()))


# ---- bundle.json ----------------------------------------------------------------------------------------

def _entry(directory, name, **settings):
    inputs, output = TENSORS[kind(name)]
    digest = hashlib.sha256((directory / f"{name}.onnx").read_bytes()).hexdigest()
    return {"file": f"{name}.onnx", "sha256": digest, "inputs": inputs, "output": output, **settings}


def _features(name):
    return {"features": [{"name": name, "scale": scale} for name, scale in inputs_of(name)]}


def _commit():
    command = ["git", "-C", str(data.REPOSITORY), "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _steps(name):
    return torch.load(data.WORK / f"{name}.pt")["step"]


def _graph(name):
    c = data.config()[name]
    return {key: c[key] for key in ("dim", "radius", "k", "k_of_volumes") if key in c}


def _data():
    c = data.config()["data"]
    real = f" and {data.real('train')} of TrackML's" if data.real("train") else ""
    return f"{data.simulated('train')} events of trkx_simulate, beams {', '.join(c['beams'])}{real}"


def _second(directory, nodes):
    _, cut = filter.trained("second_filter")
    return {"second": {"embedding": _entry(directory, "second_embedding", **_graph("second_embedding")),
                       "filter": _entry(directory, "second_filter", **nodes, cut=cut),
                       **data.config()["second"]}}


def write_bundle(directory, names, cut, figures):
    c, nodes = data.config(), {"sigmoid_in_model": False}
    if _features("filter") != _features("embedding"):
        nodes = {**_features("filter"), **nodes}
    training = {
        "data": _data(),
        "seeds": {name: c["data"][name] for name in ("seed", "validation_seed", "test_seed")},
        "minutes": {name: c[name]["minutes"] for name in names},
        "steps": {name: _steps(name) for name in names},
        "commit": _commit(), "figures": figures}
    bundle = {
        "schema": 1, "name": c["bundle"]["name"], "detector": "trackml", "detectors": "detector.json",
        "orientation": "outwards",
        **_features("embedding"),
        "embedding": _entry(directory, "embedding", **_graph("embedding")),
        "filter": _entry(directory, "filter", **nodes, cut=filter.trained()[1]),
        "gnn": _entry(directory, "gnn", **nodes, cut=cut),
        **(_second(directory, nodes) if "second_filter" in names else {}),
        "tracks": c["tracks"],
        "training": training}
    library.trkx.write_detector(directory)
    (directory / "bundle.json").write_text(json.dumps(bundle, indent=2) + "\n")


# ---- agreement --------------------------------------------------------------------------------------------

def check(directory, names):
    """Fails if a network of the bundle differs from the trained one on a full graph."""
    event, edges = data.load_event("validation", 0), gnn.load_graph("validation", 0)
    hits = data.hits_of(event)
    for name in names:
        arguments = _arguments(name, hits, edges)
        with torch.no_grad():
            wanted = trained(name)(*arguments).numpy()
        session = onnxruntime.InferenceSession(str(directory / f"{name}.onnx"), providers=["CPUExecutionProvider"])
        got = session.run(None, {i.name: tensor.numpy() for i, tensor in zip(session.get_inputs(), arguments)})[0]
        difference = float(np.abs(got - wanted).max())
        print(f"export: {name} differs by at most {difference:.2e}", flush=True)
        if not difference <= TOLERANCE:
            raise SystemExit(f"export: {name}.onnx does not agree with PyTorch")


def export(directory, names):
    """A checked bundle with these networks, and the GNN's cut that suits it best."""
    export_networks(directory, names)
    check(directory, names)
    write_bundle(directory, names, START_CUT, {})
    cut, score = chain.choose_cut(directory)
    print(f"export: GNN cut {cut}, mean score of both phases {score:.4f} on the validation events", flush=True)
    write_bundle(directory, names, cut, {})
    return cut


def main():
    names = all_networks()
    cut = export(data.BUNDLE, names)
    write_bundle(data.BUNDLE, names, cut, evaluate.test_figures(data.BUNDLE))


if __name__ == "__main__":
    main()
