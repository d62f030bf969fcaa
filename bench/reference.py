"""The chain as a Python user would build it: pandas, NumPy, ONNX Runtime, SciPy. It reads the same bundle and
gives the same tracks as `trkx run`: the yardstick for its speed, and an independent check of its result.

usage: reference.py BUNDLE EVENT-PREFIX [--out TRACKS.csv] [--threads T] [--repeat N]
"""
import argparse
import json
import pathlib
import time

import numpy as np
import onnxruntime
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

FILTER_BATCH = 65536  # edges a call
MANY = 100  # neighbours from which on all pairs are found faster than the k nearest
SPARE = 8  # neighbours beyond k: float32 and double may differ on who comes last


def read_hits(prefix):
    """The hits' table, and xyz [n,3] in mm."""
    path = next(p for p in (prefix + "-hits.csv", prefix + "-hits.csv.gz") if pathlib.Path(p).exists())
    hits = pd.read_csv(path, usecols=["hit_id", "x", "y", "z", "volume_id", "layer_id"])
    return hits, hits[["x", "y", "z"]].to_numpy(np.float32)


def features(hits, xyz, specs):
    """[n,F] float32, each feature divided by its scale; those that need cells are not computed here."""
    x, y, z = xyz.astype(np.float64).T
    r = np.hypot(x, y)
    distance = np.sqrt(x * x + y * y + z * z)
    columns = {
        "x": lambda: x, "y": lambda: y, "z": lambda: z, "r": lambda: r,
        "phi": lambda: np.arctan2(y, x), "cos_phi": lambda: x / r, "sin_phi": lambda: y / r,
        "eta": lambda: np.arcsinh(z / r), "theta": lambda: np.arctan2(r, z),
        "dir_x": lambda: x / distance, "dir_y": lambda: y / distance, "dir_z": lambda: z / distance,
        "volume": lambda: hits.volume_id.to_numpy(), "layer": lambda: hits.layer_id.to_numpy(),
    }
    return np.stack([columns[s["name"]]() / s["scale"] for s in specs], 1).astype(np.float32)


def squared_distances(points, sources, targets):
    """d2 as trkx defines it: the float32 sum of squared float32 differences, dimension by dimension."""
    d2 = np.zeros(targets.shape, np.float32)
    for column in points.T:
        difference = column[sources] - column[targets]
        d2 += difference * difference
    return d2


def nearest(points, radius, k, threads):
    """[2,c]: of each point the pairs with its k nearest within the radius, ties by lower index. The tree computes in
    double, so it is asked for a little more, and float32 decides."""
    n = len(points)
    found = cKDTree(points).query(points, k + 1 + SPARE, distance_upper_bound=radius * 1.00001, workers=threads)[1]
    source = np.arange(n)[:, None]
    d2 = squared_distances(points, source, np.where(found < n, found, 0))
    d2[(found == n) | (found == source) | (d2 > np.float32(radius) * np.float32(radius))] = np.inf
    order = np.lexsort((found, d2), axis=1)[:, :k]
    kept = np.isfinite(np.take_along_axis(d2, order, 1))
    return np.stack([np.repeat(np.arange(n), kept.sum(1)), np.take_along_axis(found, order, 1)[kept]])


def all_then_nearest(points, radius, k):
    """The same by all pairs within the radius, which is faster where k is large."""
    pairs = cKDTree(points).query_pairs(radius * 1.00001, output_type="ndarray").T
    pairs = np.concatenate([pairs, pairs[::-1]], 1)
    d2 = squared_distances(points, *pairs)
    near = d2 <= np.float32(radius) * np.float32(radius)
    pairs, d2 = pairs[:, near], d2[near]
    pairs = pairs[:, np.lexsort((pairs[1], d2, pairs[0]))]
    rank = np.arange(pairs.shape[1]) - np.searchsorted(pairs[0], pairs[0])
    return pairs[:, rank < k]


def neighbours(points, radius, k, threads):
    """[2,m]: each pair with d2 <= r2 once, as (lower, higher), as far as one end has the other among its k nearest."""
    pairs = nearest(points, radius, k, threads) if k <= MANY else all_then_nearest(points, radius, k)
    keys = np.unique(pairs.min(0).astype(np.int64) * len(points) + pairs.max(0))
    return np.stack([keys // len(points), keys % len(points)])


def orient(xyz, pairs):
    """From the hit nearer to the origin outwards, sorted by (source, target)."""
    d2 = (xyz.astype(np.float64) ** 2).sum(1)
    low, high = pairs
    turn = d2[low] > d2[high]
    source, target = np.where(turn, high, low), np.where(turn, low, high)
    return np.stack([source, target])[:, np.lexsort((target, source))].astype(np.int64)


def tracks(n, edges, min_hits):
    """[n]: 0 for no track, else 1, 2, ... in the order of first hits."""
    graph = coo_matrix((np.ones(edges.shape[1], bool), (edges[0], edges[1])), shape=(n, n))
    component = connected_components(graph, directed=False)[1]
    good = np.bincount(component, minlength=component.max() + 1) >= min_hits
    first = np.unique(component, return_index=True)[1]
    order = np.argsort(first, kind="stable")
    number = np.zeros(len(first), np.int64)
    number[order[good[order]]] = np.arange(1, good.sum() + 1)
    return number[component]


class Chain:
    def __init__(self, directory, threads):
        self.directory, self.threads = pathlib.Path(directory), threads
        self.bundle = json.loads((self.directory / "bundle.json").read_text())
        self.sessions = {name: self.load(name) for name in ("embedding", "filter", "gnn")}

    def load(self, name):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        return onnxruntime.InferenceSession(str(self.directory / self.bundle[name]["file"]), options,
                                            providers=["CPUExecutionProvider"])

    def features(self, name, hits, xyz):
        return features(hits, xyz, self.bundle[name].get("features", self.bundle["features"]))

    def score(self, name, nodes, edges):
        entry = self.bundle[name]
        scores = self.sessions[name].run([entry["output"]], dict(zip(entry["inputs"], (nodes, edges))))[0]
        scores = scores.reshape(-1)
        return scores if entry["sigmoid_in_model"] else 1 / (1 + np.exp(-scores))

    def steps(self, prefix):
        """The chain step by step: yields each step's name and what it leaves: hits, features by network, points
        [n,D], edges [2,m] three times, labels [n]."""
        hits, xyz = read_hits(prefix)
        yield "hits", hits
        nodes = {name: self.features(name, hits, xyz) for name in self.sessions}
        yield "features", nodes
        entry = self.bundle["embedding"]
        points = self.sessions["embedding"].run([entry["output"]], {entry["inputs"][0]: nodes["embedding"]})[0]
        yield "embed", points
        edges = orient(xyz, neighbours(points, entry["radius"], entry["k"], self.threads))
        yield "edges", edges
        batches = [edges[:, i:i + FILTER_BATCH] for i in range(0, edges.shape[1], FILTER_BATCH)]
        scores = np.concatenate([self.score("filter", nodes["filter"], np.ascontiguousarray(b)) for b in batches])
        edges = np.ascontiguousarray(edges[:, scores > np.float32(self.bundle["filter"]["cut"])])
        yield "filter", edges
        edges = edges[:, self.score("gnn", nodes["gnn"], edges) > np.float32(self.bundle["gnn"]["cut"])]
        yield "gnn", edges
        yield "tracks", tracks(len(xyz), edges, self.bundle["tracks"]["min_hits"])

    def run(self, prefix):
        """hit ids [n], labels [n] and the seconds of each step."""
        seconds, results, clock = {}, {}, time.perf_counter()
        for name, result in self.steps(prefix):
            seconds[name], results[name] = time.perf_counter() - clock, result
            clock = time.perf_counter()
        return results["hits"].hit_id.to_numpy(), results["tracks"], seconds

    def graphs(self, prefix):
        """n, and the edges [2,m] that each step leaves."""
        results = dict(self.steps(prefix))
        return len(results["hits"]), {name: np.ascontiguousarray(results[name]) for name in ("edges", "filter", "gnn")}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("bundle")
    parser.add_argument("event")
    parser.add_argument("--out")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=1)
    arguments = parser.parse_args()
    chain = Chain(arguments.bundle, arguments.threads)
    for _ in range(arguments.repeat):
        hit_id, labels, seconds = chain.run(arguments.event)
        print("  ".join(f"{name} {s:.3f}" for name, s in seconds.items()), f" total {sum(seconds.values()):.3f} s")
    if arguments.out:
        pd.DataFrame({"hit_id": hit_id, "track_id": labels}).to_csv(arguments.out, index=False)


if __name__ == "__main__":
    main()
