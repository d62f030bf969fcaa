"""Weights to start from: those of another bundle's network of the same shape (scripts/train --from DIR). Inputs may
differ: cells come last (networks.Inputs), so that their columns are left out, or start as zeros."""
import numpy as np
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
        if values is None or not _suits(values, weight):
            raise SystemExit(f"train: {path}: its {name} does not suit a network of this configuration")
        state[name] = torch.from_numpy(_fitted(values, weight.shape))
    network.load_state_dict(state)


def _suits(values, weight):
    return values.ndim == weight.ndim and values.shape[0] == weight.shape[0]


def _fitted(values, shape):
    """With the first columns that both have, and zeros in the others."""
    fitted = np.zeros(shape, np.float32)
    both = tuple(slice(min(own, other)) for own, other in zip(values.shape, shape))
    fitted[both] = values[both]
    return fitted
