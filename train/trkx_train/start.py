"""Weights to start from: those of another bundle's network of the same shape (scripts/train --from DIR)."""
import onnx
import torch
from onnx import numpy_helper


def load(network, path):
    """Fills a network with the weights of its exported form, an ONNX file of export.py. The export keeps the names of
    weights, but for layers without a bias, whose transposed weights it numbers in the order of their use."""
    graph = onnx.load(str(path)).graph
    stored = {i.name.removeprefix("network."): numpy_helper.to_array(i) for i in graph.initializer}
    state = network.state_dict()
    nameless = iter([stored[node.input[1]].T for node in graph.node if node.op_type == "MatMul"])
    for name, weight in state.items():
        values = stored[name] if name in stored else next(nameless, None)
        if values is None or values.shape != tuple(weight.shape):
            raise SystemExit(f"train: {path}: its {name} does not suit a network of this configuration")
        state[name] = torch.from_numpy(values.copy())
    network.load_state_dict(state)
