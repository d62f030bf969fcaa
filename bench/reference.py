"""The chain as a Python user would build it: pandas, NumPy, ONNX Runtime, SciPy. It reads the same bundle and
gives the same tracks as `trkx run`: the yardstick for its speed, and an independent check of its result. Features
of cells and modules, joining, the completion of tracks and the second pass are libtrkx's here too: there is nothing
else to take.

usage: reference.py BUNDLE EVENT-PREFIX [--out TRACKS.csv] [--threads T] [--repeat N]
"""
import argparse
import json
import pathlib
import time
from dataclasses import dataclass

import packages  # noqa: F401  before those that may be missing
import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

import networks
from trkx_train import library as trkx

FILTER_BATCH = 65536  # edges a call
MANY = 100  # neighbours from which on all pairs are found faster than the k nearest
SPARE = 8  # neighbours beyond k: float32 and double may differ on who comes last


@dataclass
class Event:
    """Hits as arrays of trkx's types, and the cells' table where it was read."""

    hit_id: np.ndarray
    xyz: np.ndarray  # [n,3] mm
    volume_id: np.ndarray
    layer_id: np.ndarray
    module_id: np.ndarray
    cells: pd.DataFrame | None


def read_table(prefix, part):
    return pd.read_csv(next(p for p in (f"{prefix}-{part}.csv", f"{prefix}-{part}.csv.gz") if pathlib.Path(p).exists()))


def read_event(prefix, cells):
    hits = read_table(prefix, "hits")
    ids = [hits[name].to_numpy(np.int32) for name in ("volume_id", "layer_id", "module_id")]
    xyz = np.ascontiguousarray(hits[["x", "y", "z"]].to_numpy(np.float32))  # trkx wants rows
    return Event(hits.hit_id.to_numpy(np.int64), xyz, *ids,
                 read_table(prefix, "cells") if cells else None)


SENSOR = {"cell_count", "cell_val", "leta", "lphi", "lx", "ly", "lz", "geta", "gphi", "tilt", "normal_z",
          "slope_u", "slope_v", "beam_sigma_z"}


def sensor_features(event, specs):
    """Of cells, modules and the beam, by libtrkx: no other package has them."""
    cells = event.cells
    return trkx.cell_features(event, cells.hit_id.to_numpy(), cells.ch0.to_numpy(np.int32), cells.ch1.to_numpy(np.int32),
                              cells.value.to_numpy(np.float32), [(s["name"], s["scale"]) for s in specs])


def features(event, specs):
    """[n,F] float32, each feature divided by its scale; those of cells, modules and the beam come last."""
    count = sum(s["name"] not in SENSOR for s in specs)
    positional = position_features(event, specs[:count])
    if count == len(specs):
        return positional
    return np.concatenate([positional, sensor_features(event, specs[count:])], 1)


def position_features(event, specs):
    x, y, z = event.xyz.astype(np.float64).T
    r = np.hypot(x, y)
    distance = np.sqrt(x * x + y * y + z * z)
    columns = {
        "x": lambda: x, "y": lambda: y, "z": lambda: z, "r": lambda: r,
        "phi": lambda: np.arctan2(y, x), "cos_phi": lambda: x / r, "sin_phi": lambda: y / r,
        "eta": lambda: np.arcsinh(z / r), "theta": lambda: np.arctan2(r, z),
        "dir_x": lambda: x / distance, "dir_y": lambda: y / distance, "dir_z": lambda: z / distance,
        "volume": lambda: event.volume_id, "layer": lambda: event.layer_id,
    }
    return np.stack([columns[s["name"]]() / s["scale"] for s in specs], 1).astype(np.float32)


def squared_distances(points, sources, targets):
    """d2 as trkx defines it: the float32 sum of squared float32 differences, dimension by dimension."""
    d2 = np.zeros(targets.shape, np.float32)
    for column in points.T:
        difference = column[sources] - column[targets]
        d2 += difference * difference
    return d2


def nearest(points, radius, ks, threads):
    """[2,c]: of each point the pairs with its ks [n] nearest within the radius, ties by lower index. The tree computes
    in double, so it is asked for a little more, and float32 decides."""
    n, k = len(points), ks.max()
    found = cKDTree(points).query(points, k + 1 + SPARE, distance_upper_bound=radius * 1.00001, workers=threads)[1]
    source = np.arange(n)[:, None]
    d2 = squared_distances(points, source, np.where(found < n, found, 0))
    d2[(found == n) | (found == source) | (d2 > np.float32(radius) * np.float32(radius))] = np.inf
    order = np.lexsort((found, d2), axis=1)[:, :k]
    kept = np.isfinite(np.take_along_axis(d2, order, 1)) & (np.arange(order.shape[1]) < ks[:, None])
    return np.stack([np.repeat(np.arange(n), kept.sum(1)), np.take_along_axis(found, order, 1)[kept]])


def all_then_nearest(points, radius, ks):
    """The same by all pairs within the radius, which is faster where k is large."""
    pairs = cKDTree(points).query_pairs(radius * 1.00001, output_type="ndarray").T
    pairs = np.concatenate([pairs, pairs[::-1]], 1)
    d2 = squared_distances(points, *pairs)
    near = d2 <= np.float32(radius) * np.float32(radius)
    pairs, d2 = pairs[:, near], d2[near]
    pairs = pairs[:, np.lexsort((pairs[1], d2, pairs[0]))]
    rank = np.arange(pairs.shape[1]) - np.searchsorted(pairs[0], pairs[0])
    return pairs[:, rank < ks[pairs[0]]]


def neighbours(points, radius, ks, threads):
    """[2,m]: each pair with d2 <= r2 once, as (lower, higher), as far as one end has the other among its ks [n]
    nearest."""
    pairs = nearest(points, radius, ks, threads) if ks.max() <= MANY else all_then_nearest(points, radius, ks)
    keys = np.unique(pairs.min(0).astype(np.int64) * len(points) + pairs.max(0))
    return np.stack([keys // len(points), keys % len(points)])


def kept_neighbours(event, entry):
    """[n]: how many neighbours each hit keeps."""
    ks = np.full(len(event.xyz), entry["k"])
    for own in entry.get("k_of_volumes", []):
        ks[np.isin(event.volume_id, own["volumes"])] = own["k"]
    return ks


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
        self.sessions = {name: networks.session(self.directory / self.bundle[name]["file"], "stock", threads)
                         for name in ("embedding", "filter", "gnn")}
        self.labelling = trkx.Pipeline(self.directory, threads, kernels="stock")

    def specs(self, name):
        return self.bundle[name].get("features", self.bundle["features"])

    def needs_cells(self):
        return any(spec["name"] in SENSOR for name in self.sessions for spec in self.specs(name))

    def score(self, name, nodes, edges):
        entry = self.bundle[name]
        scores = self.sessions[name].run([entry["output"]], dict(zip(entry["inputs"], (nodes, edges))))[0]
        scores = scores.reshape(-1)
        return scores if entry["sigmoid_in_model"] else 1 / (1 + np.exp(-np.clip(scores, -80, None)))

    def steps(self, prefix):
        """The chain step by step: yields each step's name and what it leaves: the event, features by network, points
        [n,D], edges [2,m] three times, labels [n]."""
        event = read_event(prefix, self.needs_cells())
        yield "hits", event
        nodes = {name: features(event, self.specs(name)) for name in self.sessions}
        yield "features", nodes
        entry = self.bundle["embedding"]
        points = self.sessions["embedding"].run([entry["output"]], {entry["inputs"][0]: nodes["embedding"]})[0]
        yield "embed", points
        edges = orient(event.xyz, neighbours(points, entry["radius"], kept_neighbours(event, entry), self.threads))
        yield "edges", edges
        batches = [edges[:, i:i + FILTER_BATCH] for i in range(0, edges.shape[1], FILTER_BATCH)]
        scores = np.concatenate([self.score("filter", nodes["filter"], np.ascontiguousarray(b)) for b in batches])
        settings = self.bundle["tracks"]
        completion = settings.get("completion", {"candidate_cut": 1})
        candidates = edges[:, scores > np.float32(completion["candidate_cut"])]
        edges = np.ascontiguousarray(edges[:, scores > np.float32(self.bundle["filter"]["cut"])])
        yield "filter", edges
        scores, cut = self.score("gnn", nodes["gnn"], edges), self.bundle["gnn"]["cut"]
        edges, scores = edges[:, scores > np.float32(cut)], scores[scores > np.float32(cut)]
        yield "gnn", edges
        yield "tracks", self.label(event, edges, scores, candidates)

    def label(self, event, edges, scores, candidates):
        """Components by SciPy; other methods, completion and a second pass, with stock ONNX Runtime, by libtrkx."""
        settings = self.bundle["tracks"]
        if settings["method"] == "components" and "completion" not in settings:
            return tracks(len(event.xyz), edges, settings["min_hits"])
        return self.labelling.tracks(trkx.bare_hits(event), edges, scores, candidates, cells=event.cells)

    def run(self, prefix):
        """hit ids [n], labels [n] and the seconds of each step."""
        seconds, results, clock = {}, {}, time.perf_counter()
        for name, result in self.steps(prefix):
            seconds[name], results[name] = time.perf_counter() - clock, result
            clock = time.perf_counter()
        return results["hits"].hit_id, results["tracks"], seconds

    def graphs(self, prefix):
        """n, and the edges [2,m] that each step leaves."""
        results = dict(self.steps(prefix))
        return len(results["tracks"]), {name: np.ascontiguousarray(results[name]) for name in ("edges", "filter", "gnn")}


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
