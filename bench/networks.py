"""Networks in stock ONNX Runtime and with trkx's execution provider: sessions, inputs, arithmetic, memory.

As a program, for compare.py, which measures the memory of one run in a process of its own:
networks.py MODEL INPUTS.npz stock|trkx -> bytes at the peak above what the process held before the run
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import packages  # noqa: F401  before those that may be missing
import numpy as np
import onnxruntime

import memory

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
PROVIDER, LIBRARY = "TrkxExecutionProvider", REPOSITORY / "build" / "lib" / "libtrkx_ep.so"
PUBLISHED = REPOSITORY.parent / "shared" / "data" / "exatrkx" / "gnn.onnx"


def session(path, kernels, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    if kernels == "stock":
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    devices = [d for d in onnxruntime.get_ep_devices() if d.ep_name == PROVIDER]
    if not devices:
        onnxruntime.register_execution_provider_library("trkx", str(LIBRARY))
        devices = [d for d in onnxruntime.get_ep_devices() if d.ep_name == PROVIDER]
    options.add_provider_for_devices(devices, {})
    return onnxruntime.InferenceSession(str(path), options)


def flop(program, path):
    """FLOP of the model's matrix products (per node, per edge)."""
    with tempfile.TemporaryDirectory() as directory:
        written = pathlib.Path(directory) / "info.json"
        subprocess.run([program, "model", "info", "--json", written, path], check=True, stdout=subprocess.DEVNULL)
        info = json.loads(written.read_text())["models"][0]
    return [info["flop_matrix_products"][of] for of in ("per_node", "per_edge")]


def published_flop(program, path, nodes, edges):
    """FLOP of the published GNN with the first layer of each of its nine edge networks, 134 to 67, computed per node
    instead of per edge."""
    node, edge = flop(program, path)
    first = 9 * 2 * 134 * 67
    return nodes * (node + first) + edges * (edge - first)


def published(program, directory):
    """The Exa.TrkX collaboration's GNN, repaired; None if it does not exist."""
    if not PUBLISHED.exists():
        return None
    path = directory / "published-gnn.onnx"
    subprocess.run([program, "model", "repair", PUBLISHED, "--out", path], check=True, stdout=subprocess.DEVNULL)
    return path


def random_graph(n, m, seed=1):
    """Nodes [n,3] and random edges [2,m], sorted by source."""
    random = np.random.default_rng(seed)
    edges = random.integers(0, n, (2, m))
    return random.uniform(-1, 1, (n, 3)).astype(np.float32), edges[:, np.argsort(edges[0], kind="stable")]


def sgemm_rate(threads, size=2048, repeat=5):
    """GFLOP/s of NumPy's OpenBLAS, float32, in a separate process with this many threads."""
    code = (f"import numpy as np, time\na = np.random.rand({size}, {size}).astype(np.float32)\nbest = 9e9\n"
            f"for _ in range({repeat}):\n    s = time.perf_counter(); a @ a; best = min(best, time.perf_counter() - s)\n"
            f"print(2e-9 * {size}**3 / best)")
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True,
                          env={**os.environ, "OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)})
    return float(done.stdout)


def memory_rate(threads, size=1 << 26, repeat=5):
    """GB/s of summing an array of 256 MB, divided among this many threads."""
    array, best = np.ones(size, np.float32), np.inf
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        for _ in range(repeat):
            start = time.perf_counter()
            list(pool.map(np.sum, np.split(array, threads)))
            best = min(best, time.perf_counter() - start)
    return 1e-9 * array.nbytes / best


def peak(model, inputs, kernels, threads):
    """Additional bytes that a process holds at the peak of its first run of a network."""
    done = subprocess.run([sys.executable, __file__, str(model), str(inputs), kernels, str(threads)], check=True,
                          capture_output=True, text=True)
    return int(done.stdout)


def main():
    model, inputs, kernels, threads = sys.argv[1:]
    network = session(model, kernels, int(threads))
    feeds = dict(np.load(inputs))
    print(memory.growth(lambda: network.run(None, feeds))[1])


if __name__ == "__main__":
    main()
