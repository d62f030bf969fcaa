"""Checks of this package that need no training and no data: usage: python -m trkx_train.check

The fused kernels and their derivatives against plain PyTorch; the committed bundle's networks, where the
checkpoints they come from are there, against PyTorch on a small graph; that the filter looks at an edge's
two ends alone; that the GNN's sums are repeatable.
"""
import numpy as np
import torch

from . import chain, data, export, filter, gnn


def random_graph(n=500, m=2000, seed=0):
    """Hits, some repeated, and edges, some with the same ends."""
    rng = np.random.default_rng(seed)
    xyz = (rng.normal(size=(n, 3)) * [200, 200, 600]).astype(np.float32)
    xyz[1] = xyz[0]
    edges = rng.integers(0, n, (2, m))
    edges[:, 1] = edges[:, 0]
    sensor = rng.uniform([0, 0, -0.3, 0], [3, 10, 0.3, 1], (n, 4)).astype(np.float32)
    sensor[:, 3] = sensor[:, 3] > 0.5
    return data.Hits(xyz, sensor, 20.0, np.full(n, 8, np.int32), n), edges


def expect(name, difference, tolerance):
    print(f"check: {name}: {difference:.1e}", flush=True)
    if not difference <= tolerance:
        raise SystemExit(f"check: {name} differs by more than {tolerance:g}")


def largest(pairs):
    return max(float((a - b).abs().max() / (b.abs().max() + 1e-6)) for a, b in pairs)


def check_kernels():
    hits, edges = random_graph()
    torch.manual_seed(0)
    network = gnn.build()
    plain = network(filter.nodes_of(hits), torch.from_numpy(edges))
    fused = gnn.score_hits(network, hits, edges)
    expect("fused GNN", largest([(fused, plain)]), 1e-4)
    weight = torch.randn(plain.shape)
    plain_gradients = torch.autograd.grad((plain * weight).sum(), list(network.parameters()))
    fused_gradients = torch.autograd.grad((fused * weight).sum(), list(network.parameters()))
    expect("fused derivatives", largest(zip(fused_gradients, plain_gradients)), 1e-3)


def check_bundle():
    hits, edges = random_graph()
    bundle = chain.Bundle(data.BUNDLE)
    nodes = bundle.features("filter", hits)
    whole, part = bundle.run("filter", nodes, edges), bundle.run("filter", nodes, edges[:, :100].copy())
    expect("filter by batches", float(np.abs(whole[:100] - part).max()), 1e-4)
    runs = [bundle.run("gnn", nodes, edges) for _ in range(5)]
    expect("GNN repeated", max(float(np.abs(run - runs[0]).max()) for run in runs), 0.0)
    if (data.WORK / "gnn.pt").exists():
        with torch.no_grad():
            trained = export.trained("gnn")(torch.from_numpy(nodes), torch.from_numpy(edges)).numpy()
        expect("GNN exported", float(np.abs(runs[0] - trained).max()), 1e-3)


if __name__ == "__main__":
    check_kernels()
    check_bundle()
