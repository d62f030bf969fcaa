"""What a full-density event costs on a GPU: bytes and operations of each step, and the resulting minimum time.

A calculation, not a measurement: docs/gpu-cost.md has its tables and says what they leave out.

usage: gpu_cost.py [--program build/bin/trkx] [--bundle models/default] [--tables FILE]
needs numpy, onnx and onnxruntime (pip install numpy onnx onnxruntime), and a built trkx

The networks' traffic is counted by running them: every tensor becomes an output, and its size is fitted by
sizes(n, m) = a + b n + c m from three graphs. ONNX Runtime's CUDA provider runs operator by operator: each one
reads its inputs from the device's memory and writes its outputs there. Their arithmetic is `trkx model info`'s.
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

import packages  # noqa: F401  before those that may be missing
import numpy as np
import onnx
import onnxruntime

# Published: bytes a second of memory, float32 operations a second outside of tensor cores.
GPUS = {
    "V100": (0.9e12, 15.7e12),  # SXM2 16 GB; NVIDIA, Tesla V100 GPU Architecture, 2017
    "A100": (1.555e12, 19.5e12),  # SXM4 40 GB; NVIDIA, A100 Tensor Core GPU Architecture, 2020
    "H100": (3.35e12, 66.9e12),  # SXM5; NVIDIA, H100 Tensor Core GPU Architecture, 2022
}
LAUNCH = 5e-6  # seconds between the starts of two kernels on one stream: a typical figure, not a published one
FILTER_BATCH = 1 << 20  # as src/pipeline/load.c
EMBED_BATCH = 1 << 14  # as src/pipeline/embed.c
VIEWS = {"Reshape", "Squeeze", "Unsqueeze", "Identity", "Flatten"}  # the same bytes with another shape
HOSTS = {"Shape", "Constant"}  # not on the device


# ---- networks -------------------------------------------------------------------------------------------


def inputs_for(model, n, m):
    """Nodes apart from each other, and edges between neighbours in number."""
    random = np.random.default_rng(1)
    feeds = {}
    for tensor in model.graph.input:
        if tensor.type.tensor_type.elem_type == onnx.TensorProto.INT64:
            source = random.integers(0, n - 1, m)
            feeds[tensor.name] = np.stack([source, source + 1])
        else:
            width = tensor.type.tensor_type.shape.dim[1].dim_value
            feeds[tensor.name] = random.uniform(0.1, 0.9, (n, width)).astype(np.float32)
    return feeds


def traffic(model, sizes):
    """Bytes read and written by the operators, and kernels started, with tensors of these sizes."""
    moved = kernels = 0
    for node in model.graph.node:
        if node.op_type in VIEWS or node.op_type in HOSTS:
            continue
        read = [sizes.get(name, 0) for name in node.input if name]
        written = sum(sizes.get(name, 0) for name in node.output)
        if node.op_type == "Gather":  # what it takes, and the numbers of that
            read = [written, read[1]]
        if node.op_type == "ScatterElements":  # the data is copied, then each sum read and written
            written += 2 * read[2]
        if sum(read) + written < 4096 and kernels:  # of shapes: on the host
            continue
        moved += sum(read) + written
        kernels += 1
    return moved, kernels


def measure(model, n, m):
    """Bytes moved and kernels of one run."""
    everything = onnx.ModelProto()
    everything.CopyFrom(model)
    known = {output.name for output in everything.graph.output}
    for node in model.graph.node:
        everything.graph.output.extend(onnx.ValueInfoProto(name=o) for o in node.output if o and o not in known)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(everything.SerializeToString(), options, providers=["CPUExecutionProvider"])
    feeds = inputs_for(model, n, m)
    sizes = {tensor.name: onnx.numpy_helper.to_array(tensor).nbytes for tensor in model.graph.initializer}
    sizes.update({name: value.nbytes for name, value in feeds.items()})
    names = [output.name for output in session.get_outputs()]
    sizes.update({name: np.asarray(value).nbytes for name, value in zip(names, session.run(names, feeds))})
    return traffic(model, sizes)


def network(program, path):
    """Bytes per run, node and edge; kernels per run; operations per node and edge."""
    model = onnx.load(path)
    n, m = 20000, 40000
    (base, kernels), (nodes, _), (edges, _) = measure(model, n, m), measure(model, 2 * n, m), measure(model, n, 2 * m)
    a_node, an_edge = (nodes - base) / n, (edges - base) / m
    with tempfile.TemporaryDirectory() as directory:
        written = pathlib.Path(directory) / "info.json"
        subprocess.run([program, "model", "info", "--json", written, path], check=True, stdout=subprocess.DEVNULL)
        info = json.loads(written.read_text())["models"][0]
    flop = {key: sum(info[part][key] for part in ("flop_matrix_products", "flop_others"))
            for key in ("per_node", "per_edge")}
    return {"fixed": max(base - a_node * n - an_edge * m, 0), "node": a_node, "edge": an_edge, "kernels": kernels,
            "flop_node": flop["per_node"], "flop_edge": flop["per_edge"]}


# ---- the steps between them -----------------------------------------------------------------------------


def pairs_tested(points, radius):
    """Pairs that the grid of gpu/grid.h does not tell apart: near in the coordinate of one dimension, and in the
    cells of three more, in which the fewest pairs of a sample are within the radius."""
    points = points.astype(np.float64)
    sample = points[np.linspace(0, len(points) - 1, 256).astype(int)]
    near = [np.sum(np.abs(sample[:, None, d] - sample[None, :, d]) <= radius) for d in range(points.shape[1])]
    axes = np.argsort(near, kind="stable")
    cells = np.floor(points[:, axes[1:4]] / radius).astype(np.int64)
    cells -= cells.min(axis=0) - 1
    extent = cells.max(axis=0) + 2
    keys = (cells[:, 0] * extent[1] + cells[:, 1]) * extent[2] + cells[:, 2]
    sweep = points[:, axes[0]] - points[:, axes[0]].min()
    occupied, index = np.unique(keys, return_inverse=True)
    stride = np.ptp(sweep) + 3 * radius
    order = np.sort(index * stride + sweep)
    tested = 0
    for offset in np.ndindex(3, 3, 3):
        shift = ((offset[0] - 1) * extent[1] + offset[1] - 1) * extent[2] + offset[2] - 1
        place = np.searchsorted(occupied, keys + shift)
        there = (place < len(occupied)) & (occupied[np.minimum(place, len(occupied) - 1)] == keys + shift)
        at = place[there] * stride + sweep[there]
        tested += np.sum(np.searchsorted(order, at + radius, "right") - np.searchsorted(order, at - radius, "left"))
    return int(tested - len(points)) // 2


def event(program, bundle):
    """A simulated event's embedding, and the number of edges after each step."""
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([program, "simulate", "--events", "1", "--out", directory], check=True,
                       stdout=subprocess.DEVNULL)
        subprocess.run([program, "stage", "embed", "--bundle", bundle, f"{directory}/event000001000",
                        "--out", f"{directory}/embedding.npy"], check=True)
        subprocess.run([program, "run", "--bundle", bundle, "--out", directory, f"{directory}/event000001000"],
                       check=True, stdout=subprocess.DEVNULL)
        ledger = json.loads(pathlib.Path(f"{directory}/event000001000-ledger.json").read_text())
        return np.load(f"{directory}/embedding.npy"), {step["name"]: step["edges"] for step in ledger["steps"]}


SORT = 8 * 2  # of 64-bit keys by radix: eight passes, each reads and writes


def steps(program, bundle):
    """(step, bytes, operations, kernels), in the order of the data flow."""
    settings = json.loads((pathlib.Path(bundle) / "bundle.json").read_text())
    embedding, edges = event(program, bundle)
    n, dim = embedding.shape
    m, kept, left = edges["edges"], edges["filter"], edges["gnn"]
    nets = {name: network(program, str(pathlib.Path(bundle) / settings[name]["file"]))
            for name in ("embedding", "filter", "gnn")}
    tests = pairs_tested(embedding, settings["embedding"]["radius"])
    passes = 3  # count, the k nearest, fill
    batches = {"embedding": -(-n // EMBED_BATCH), "filter": -(-m // FILTER_BATCH), "gnn": 1}

    def cost(name, size):
        net, runs = nets[name], batches[name]
        moved = runs * (net["fixed"] + net["node"] * n) + net["edge"] * size
        if name == "embedding":
            moved = runs * net["fixed"] + net["node"] * n
        return moved, net["flop_node"] * n + net["flop_edge"] * size, runs * net["kernels"]

    widths = {name: len(settings.get(name, {}).get("features", settings["features"])) for name in nets}
    table = [("features", n * (12 + 4 * sum(widths.values())), 100 * n, 3), ("embed", *cost("embedding", 0)),
             # four sorts of n keys with 4-byte numbers, points in that order; then the edges' own sort
             ("edges", 4 * n * SORT * 12 + 3 * n * dim * 4 + 2 * m * 8 + m * SORT * 8,
              passes * tests * (3 * dim + 2), 120)]
    moved, flop, kernels = cost("filter", m)
    cut = m * (12 + 12) + kept * 12  # scores and pairs are read, places counted, what stays is written
    table.append(("filter", moved + 24 * m + 8 * m + 2 * cut, flop + 10 * m, kernels + 20))
    moved, flop, kernels = cost("gnn", kept)
    table.append(("gnn", moved + 24 * kept + 8 * kept + kept * 24 + left * 12, flop + 10 * kept, kernels + 10))
    # hooking looks at each edge about twice and at both labels; then labels are followed, counted and numbered
    table.append(("tracks", left * 2 * (8 + 8) + n * 60, left * 8 + n * 20, 30))
    return n, dim, m, kept, left, tests, table, nets


# ---- tables ---------------------------------------------------------------------------------------------


def least(moved, flop, kernels, rates):
    bandwidth, arithmetic = rates
    return max(moved / bandwidth, flop / arithmetic), kernels * LAUNCH


def write_tables(program, bundle):
    n, dim, m, kept, left, tests, table, nets = steps(program, bundle)
    lines = [f"{n} hits; {m} edges into the filter, {kept} into the GNN, {left} left; {tests / 1e6:.1f} M pairs of "
             f"points tested by the search in {dim} dimensions", "",
             "| step | MB moved | GFLOP | kernels | " + " | ".join(f"{name}, ms" for name in GPUS) + " |",
             "|---|---|---|---|" + "---|" * len(GPUS)]
    totals = [0.0] * len(GPUS)
    for name, moved, flop, kernels in table:
        cells = []
        for i, rates in enumerate(GPUS.values()):
            work, launches = least(moved, flop, kernels, rates)
            totals[i] += max(work, launches)
            cells.append(f"{1e3 * work:.2f} / {1e3 * launches:.2f}")
        lines.append(f"| {name} | {moved / 1e6:.0f} | {flop / 1e9:.2f} | {kernels} | " + " | ".join(cells) + " |")
    moved, flop, kernels = (sum(row[i] for row in table) for i in (1, 2, 3))
    lines.append(f"| all | {moved / 1e6:.0f} | {flop / 1e9:.1f} | {kernels} | "
                 + " | ".join(f"{1e3 * t:.1f}" for t in totals) + " |")
    lines += ["", "| network | bytes per node | bytes per edge | kernels per call | FLOP per node | FLOP per edge |",
              "|---|---|---|---|---|---|"]
    columns = ("node", "edge", "kernels", "flop_node", "flop_edge")
    lines += [f"| {name} | " + " | ".join(f"{net[column]:.0f}" for column in columns) + " |"
              for name, net in nets.items()]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    root = pathlib.Path(__file__).resolve().parents[1]
    parser.add_argument("--program", default=str(root / "build" / "bin" / "trkx"))
    parser.add_argument("--bundle", default=str(root / "models" / "default"))
    parser.add_argument("--tables", type=pathlib.Path, help="also write the tables to this file")
    arguments = parser.parse_args()
    text = write_tables(arguments.program, arguments.bundle)
    print(text, end="")
    if arguments.tables:
        arguments.tables.write_text(text)


if __name__ == "__main__":
    main()
