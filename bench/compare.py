"""Compares trkx with what a Python user would use instead, part by part, in one run. Answers are compared before
anything is timed; then all programs of a case take turns, so that a machine that slows down slows down all of
them. Writes results.csv, tables.md and pictures.

usage: compare.py [--parts radius,scaling,read,components,networks,sizes,chain,jobs] [--repeat N] [--out DIR]
"""
import argparse
import csv
import os
import pathlib
import shutil
import subprocess
import sys
import time

import packages  # noqa: F401  before those that may be missing
import numpy as np

import networks
import peers
import pictures
from reference import Chain

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
from trkx_train import library as trkx

PROGRAM = REPOSITORY / "build" / "bin" / "trkx"
BUNDLE = REPOSITORY / "models" / "default"
NAME = "trkx"  # the program that all others are compared with
PATIENCE = 8  # seconds: slower programs run once


# ---- the measurement -----------------------------------------------------------------------------------------

class Results:
    """Rows of the report: one for each program of each case."""

    fields = ["part", "case", "program", "repeat", "min_seconds", "median_seconds", "times_trkx_min",
              "times_trkx_median", "note", "flop", "bytes"]

    def __init__(self):
        self.rows, self.roofs = [], None

    def add(self, part, case, program, seconds, ours, note="", flop=None, moved=None):
        best, median = min(seconds), float(np.median(seconds))
        row = [part, case, program, len(seconds), best, median, best / min(ours), median / float(np.median(ours)), note, flop,
               moved]
        self.rows.append(dict(zip(self.fields, row)))
        print(f"  {program:28s} min {best:9.4f} s  median {median:9.4f} s  x {row[6]:7.2f} {row[7]:7.2f}  {note}",
              flush=True)

    def add_all(self, part, case, seconds, notes=None, flop=None, moved=None):
        for program in seconds:
            self.add(part, case, program, seconds[program], seconds[NAME], (notes or {}).get(program, ""), flop, moved)

    def save(self, directory):
        with open(directory / "results.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, self.fields)
            writer.writeheader()
            writer.writerows(self.rows)


def say(part, case):
    print(f"{part}: {case}", flush=True)


def require(good, what):
    if not good:
        raise SystemExit(f"compare.py: {what}: the answers differ")


NOT_IN_CACHE = np.ones(1 << 25, np.float32)  # 128 MB


def timed(function):
    """Seconds of one call; the answer is released untimed. The caches are flushed before."""
    NOT_IN_CACHE.sum()
    start = time.perf_counter()
    answer = function()
    seconds = time.perf_counter() - start
    del answer
    return seconds


def alternate(functions, repeat, first=None):
    """{name: seconds [repeat]}: all in turn. first: seconds of runs that were made already, for the check; where
    they took longer than PATIENCE, they have to do."""
    slow = {name: [s] for name, s in (first or {}).items() if s > PATIENCE}
    seconds = {name: list(slow.get(name, [])) for name in functions}
    for _ in range(repeat):
        for name, function in functions.items():
            if name not in slow:
                seconds[name].append(timed(function))
    return seconds


# ---- points and events ---------------------------------------------------------------------------------------

def clusters(count, seed=1, dim=8, size=10, spread=0.12):
    """Points [count,dim] in Gaussian clusters of ten, whose centres are N(0, 1), in random order."""
    random = np.random.default_rng(seed)
    centres = np.repeat(random.normal(size=(count // size, dim)), size, 0)
    return random.permutation(centres + spread * random.normal(size=centres.shape)).astype(np.float32)


def radius_for(points, neighbours):
    """The radius at which a point has this many neighbours on average, by bisection."""
    low, high = 0.0, 1.0
    while degree(points, high) < neighbours:
        low, high = high, 2 * high
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (low, middle) if degree(points, middle) > neighbours else (middle, high)
    return high


def degree(points, radius):
    return 2 * trkx.neighbours(points, radius, k=len(points)).shape[1] / len(points)


def simulate(directory, events, seed, *options):
    """Prefixes of full-density events in a directory, created if missing."""
    directory.mkdir(parents=True, exist_ok=True)
    prefixes = [directory / f"event{1000 + i:09d}" for i in range(events)]
    if not all(list(directory.glob(p.name + "-hits.csv*")) for p in prefixes):
        subprocess.run([PROGRAM, "simulate", "--events", str(events), "--seed", str(seed), "--out", directory,
                        *options], check=True, stdout=subprocess.DEVNULL)
    return [str(p) for p in prefixes]


def embed(prefix):
    path = prefix + "-embedding.npy"
    if not os.path.exists(path):
        subprocess.run([PROGRAM, "stage", "embed", "--bundle", BUNDLE, prefix, "--out", path], check=True)
    return np.load(path)


# ---- the parts -----------------------------------------------------------------------------------------------

def distances(points, keys):
    i, j = keys // len(points), keys % len(points)
    return np.sqrt(((points[i].astype(np.float64) - points[j]) ** 2).sum(1))


def compare_pairs(points, radius, ours, theirs, what):
    """The same pairs, except for distances equal to the radius within float32 rounding."""
    differing = np.setxor1d(ours, theirs, assume_unique=True)
    doubtful = np.abs(distances(points, differing) / radius - 1) < 1e-3
    require(bool(doubtful.all()), what)
    return f"{len(differing)} pairs exactly at the radius differ" if len(differing) else ""


def bench_radius(results, work, repeat):
    embedding = embed(simulate(work / "events", 1, 2026)[0])
    cases = [("100,000 points in clusters, 27 neighbours", clusters(100000), 27),
             ("embedding of a full-density event, 16 neighbours", embedding, 16),
             ("embedding of a full-density event, 28 neighbours", embedding, 28)]
    for case, points, wanted in cases:
        radius, n = radius_for(points, wanted), len(points)
        say("radius", f"{case}: n {n}, radius {radius:.3f}")
        ours = peers.pairs_of(trkx.neighbours(points, radius, k=n).T, n)
        notes, first, functions = {}, {}, {NAME: lambda: trkx.neighbours(points, radius, k=n)}
        for name, search in peers.RADIUS_SEARCHES.items():
            start = time.perf_counter()
            answer = search(points, radius)
            first[name] = time.perf_counter() - start
            notes[name] = compare_pairs(points, radius, ours, peers.pairs_of(answer, n), f"{case}: {name}")
            del answer
            functions[name] = lambda search=search: search(points, radius)
        results.add_all("radius", case, alternate(functions, repeat, first), notes)
    bench_nearest(results, embedding, repeat)


def bench_nearest(results, points, repeat):
    """The bundle's own radius and k. The peers find each point's k nearest; to make edges of them would take them
    longer still."""
    bundle = Chain(BUNDLE, 2).bundle["embedding"]
    radius, k, n = bundle["radius"], bundle["k"], len(points)
    case = f"embedding of a full-density event, radius {radius}, k {k}"
    say("radius", case)
    graph = trkx.neighbours(points, radius, k)
    keys = graph[0] * n + graph[1]
    distance, found = peers.scipy_nearest(points, radius, k)
    near = (distance < radius * (1 - 1e-5)) & (found != np.arange(n)[:, None])
    theirs = peers.pairs_of(np.stack([np.repeat(np.arange(n), near.sum(1)), found[near]]).T, n)
    require(len(np.setdiff1d(theirs, keys)) < 1e-4 * len(keys) and len(np.setdiff1d(keys, theirs)) < 1e-4 * len(keys),
            case)
    functions = {NAME: lambda: trkx.neighbours(points, radius, k)}
    for name, search in peers.NEAREST_SEARCHES.items():
        functions[name] = lambda search=search: search(points, radius, k)
    first = {"faiss IndexFlatL2": timed(functions["faiss IndexFlatL2"])}
    results.add_all("radius", case, alternate(functions, repeat, first))


PEAK_OF_SEARCH = """
import sys
sys.path[:0] = sys.argv[1:3]
import memory
import numpy as np
from trkx_train import library as trkx

points = np.load(sys.argv[3])
trkx.neighbours(points[:1000], 0.1)
pairs, growth = memory.growth(lambda: trkx.neighbours(points, float(sys.argv[4]), k=len(points)))
print(growth, pairs.nbytes)
"""


def peak_of_search(path, radius):
    """Additional bytes that a separate process needs for the search, and the bytes of its answer."""
    folders = [str(REPOSITORY / folder) for folder in ("bench", "train")]
    done = subprocess.run([sys.executable, "-c", PEAK_OF_SEARCH, *folders, str(path), repr(radius)], check=True,
                          capture_output=True, text=True)
    return [int(word) for word in done.stdout.split()]


def bench_scaling(results, work, repeat):
    """Time per point with about 27 neighbours each, on one thread, and memory."""
    events = [embed(p) for p in simulate(work / "many", 9, 500, "--no-gzip")]
    embeddings = np.random.default_rng(1).permutation(np.concatenate(events))
    path = work / "points.npy"
    for kind, points_of in (("embeddings of nine events", lambda n: embeddings[:n]), ("clusters", clusters)):
        for n in (30000, 100000, 300000, 1000000):
            points = np.ascontiguousarray(points_of(n))
            radius = radius_for(points, 27)
            np.save(path, points)
            peak, answer = peak_of_search(path, radius)
            case = f"{kind}, {n} points"
            say("scaling", f"{case}, radius {radius:.3f}")
            seconds = [timed(lambda: trkx.neighbours(points, radius, k=n, threads=1)) for _ in range(max(2, repeat // 2))]
            note = (f"{min(seconds) / n * 1e9:.0f} ns per point; memory {peak / n:.0f} B per point, including "
                    f"{answer / n:.0f} for the result")
            results.add("scaling", case, NAME, seconds, seconds, note)
    path.unlink()


def bench_read(results, work, repeat):
    for ending, options in (("", ("--no-gzip",)), (".gz", ())):
        prefix = simulate(work / ("events" if ending else "plain"), 1, 2026, *options)[0]
        case = f"hits and cells of a full-density event, .csv{ending}"
        say("read", case)
        hits, cells = peers.pandas_read(prefix, ending)
        event = trkx.read_hits_and_cells(prefix)
        require(np.array_equal(event["hit_id"], hits.hit_id) and
                np.array_equal(event["xyz"], hits[["x", "y", "z"]].to_numpy(np.float32)) and
                np.array_equal(event["cell_begin"][1:], np.cumsum(np.bincount(cells.hit_id, minlength=len(hits) + 1)[1:]))
                and np.array_equal(event["ch0"], cells.ch0) and np.array_equal(event["ch1"], cells.ch1) and
                np.array_equal(event["value"], cells.value.to_numpy(np.float32)), case)
        functions = {NAME: lambda: trkx.open_event(prefix, cells=True),
                     "trkx, one thread": lambda: trkx.open_event(prefix, cells=True, threads=1),
                     "pandas read_csv": lambda: peers.pandas_read(prefix, ending)}
        results.add_all("read", case, alternate(functions, 3 * repeat))


def canonical(labels):
    """Components numbered in the order of their first nodes."""
    _, first, component = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[component]


def bench_components(results, work, repeat):
    prefix = simulate(work / "events", 1, 2026)[0]
    chain = Chain(BUNDLE, 2)
    n, graphs = chain.graphs(prefix)
    for name, edges in graphs.items():
        case = f"graph after {name}: {n} nodes, {edges.shape[1]} edges"
        say("components", case)
        ours = trkx.components(n, edges, None, 0, min_hits=1, threads=0)
        require(np.array_equal(canonical(ours), canonical(peers.scipy_components(n, edges, False))), case)
        functions = {NAME: lambda: trkx.components(n, edges, None, 0, min_hits=1, threads=0),
                     "trkx, one thread": lambda: trkx.components(n, edges, None, 0, min_hits=1),
                     "scipy, undirected": lambda: peers.scipy_components(n, edges, False),
                     "scipy, weak": lambda: peers.scipy_components(n, edges, True)}
        results.add_all("components", case, alternate(functions, 3 * repeat))


def hits_alone(prefix, directory):
    """The event without the files that only evaluation needs."""
    directory.mkdir(exist_ok=True)
    for part in ("hits", "cells"):
        shutil.copy(f"{prefix}-{part}.csv.gz", directory)
    return str(directory / os.path.basename(prefix))


def first_hits(labels):
    """For each hit the first one of its track, -1 without a track."""
    first = np.full(labels.max() + 1, -1)
    np.maximum.at(first, labels[::-1], np.arange(len(labels)))  # as distances from the end
    return np.where(labels > 0, len(labels) - 1 - first[labels], -1)


def same_tracks(ours, theirs):
    """The share of hits that are on the same track, or on none, in both."""
    return float((first_hits(ours) == first_hits(theirs)).mean())


def bench_network(results, work, repeat, case, model, feeds, flop, rate):
    """One network on one graph: the same numbers, then the time of stock ONNX Runtime and of trkx's provider."""
    threads = 2
    say("networks", case)
    sessions = {NAME: networks.session(model, "trkx", threads), "onnxruntime": networks.session(model, "stock", threads)}
    first, answers = {}, {}
    for name, network in sessions.items():
        start = time.perf_counter()
        answers[name] = network.run(None, feeds)[0]
        first[name] = time.perf_counter() - start
    largest = np.abs(answers["onnxruntime"]).max()
    difference = np.abs(answers[NAME] - answers["onnxruntime"]).max() / largest
    require(difference < 1e-4, case)
    np.savez(work / "feeds.npz", **feeds)
    peaks = {name: networks.peak(model, work / "feeds.npz", kernels, threads)
             for name, kernels in ((NAME, "trkx"), ("onnxruntime", "stock"))}
    seconds = alternate({name: lambda s=s: s.run(None, feeds) for name, s in sessions.items()}, repeat, first)
    notes = {name: f"{flop / min(seconds[name]) / 1e9:.0f} GFLOP/s, {flop / min(seconds[name]) / 1e9 / rate:.0%} of "
                   f"sgemm's {rate:.0f}; peak memory {peaks[name] / 1e6:.0f} MB" for name in seconds}
    notes[NAME] += f"; differs by {difference:.0e} of the largest"
    moved = os.path.getsize(model) + answers[NAME].nbytes + sum(feed.nbytes for feed in feeds.values())
    results.add_all("networks", f"{case}, {flop / 1e9:.1f} GFLOP", seconds, notes, flop, moved)


def bench_networks(results, work, repeat):
    rate, prefix = networks.sgemm_rate(2), simulate(work / "events", 1, 2026)[0]
    results.roofs = networks.memory_rate(2), rate
    chain = Chain(BUNDLE, 2)
    left = dict(chain.steps(prefix))
    for name, step in (("embedding", None), ("filter", "edges"), ("gnn", "filter")):
        entry, nodes = chain.bundle[name], left["features"][name]
        edges = [] if step is None else [left[step]]
        model = BUNDLE / entry["file"]
        node, edge = networks.flop(PROGRAM, model)
        case = f"{name} of the default bundle, {len(nodes)} hits" + "".join(f", {e.shape[1]} edges" for e in edges)
        bench_network(results, work, repeat, case, model, dict(zip(entry["inputs"], [nodes, *edges])),
                      node * len(nodes) + sum(edge * e.shape[1] for e in edges), rate)
    model = networks.published(PROGRAM, work)
    if model is not None:
        nodes, edges = networks.random_graph(100000, 300000)
        bench_network(results, work, max(2, repeat // 3), "published GNN, 100000 nodes, 300000 edges", model,
                      {"g_nodes": nodes, "g_edges": edges}, networks.published_flop(PROGRAM, model, 100000, 300000), rate)


SIZES = (1000, 2000, 4000, 8000, 16000, 25000)


def bench_sizes(results, work, repeat):
    """Cost of the pipeline against the number of hits."""
    pipeline = trkx.Pipeline(BUNDLE, 2)
    for particles in SIZES:
        prefix = simulate(work / f"sizes-{particles}", 1, 77, "--density", str(particles / 12263))[0]
        hits = len(pipeline.run_file(prefix)[0])
        say("sizes", f"{particles} particles, {hits} hits")
        seconds = [pipeline.run_file(prefix)[1]["total"] for _ in range(max(3, repeat // 2))]
        results.add("sizes", f"{hits} hits", NAME, seconds, seconds, f"{min(seconds) / hits * 1e6:.2f} us per hit")


def bench_chain(results, work, repeat):
    """The pipeline, from the file of hits to labels, step by step, with two threads each."""
    prefix, threads = hits_alone(simulate(work / "events", 1, 2026)[0], work / "hits"), 2
    say("chain", "a full-density event, from files to labels")
    chain, pipeline = Chain(BUNDLE, threads), trkx.Pipeline(BUNDLE, threads)
    _, labels, _ = chain.run(prefix)
    stock = trkx.Pipeline(BUNDLE, threads, kernels="stock")
    require(np.array_equal(stock.run_file(prefix)[0], labels), "chain, the same networks")
    require(same_tracks(pipeline.run_file(prefix)[0], labels) > 0.999, "chain")
    ours, theirs = [], []
    for _ in range(max(3, repeat // 2)):
        ours.append(pipeline.run_file(prefix)[1])
        theirs.append(chain.run(prefix)[2])
    for step in list(theirs[0]) + ["total"]:
        print(f" {step}")
        seconds = {NAME: [steps[step] for steps in ours],
                   "reference.py": [steps.get(step, sum(steps.values())) for steps in theirs]}
        results.add_all("chain", step, seconds)


def bench_jobs(results, work, repeat):
    """Several events at once: seconds for eight full-density events."""
    events = work / "jobs"
    simulate(events, 8, 5)
    say("jobs", "eight full-density events, one thread each")

    def run(jobs):
        out = work / f"tracks-{jobs}"
        subprocess.run([PROGRAM, "run", "--bundle", BUNDLE, "--threads", "1", "--jobs", str(jobs), "--out", out, events],
                       check=True, stdout=subprocess.DEVNULL)
        return [p.read_bytes() for p in sorted(out.glob("*-tracks.csv"))]

    require(run(1) == run(2), "jobs")
    seconds = alternate({NAME: lambda: run(2), "trkx --jobs 1": lambda: run(1)}, max(2, repeat // 3))
    results.add_all("jobs", "eight full-density events, one thread each", seconds)


PARTS = {"radius": bench_radius, "scaling": bench_scaling, "read": bench_read, "components": bench_components,
         "networks": bench_networks, "sizes": bench_sizes, "chain": bench_chain, "jobs": bench_jobs}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--parts", default=",".join(PARTS), help="comma separated (%(default)s)")
    parser.add_argument("--repeat", type=int, default=7, help="runs of each program (%(default)s)")
    parser.add_argument("--out", type=pathlib.Path, default=REPOSITORY / "out" / "bench", help="(%(default)s)")
    arguments = parser.parse_args()
    unknown = [part for part in arguments.parts.split(",") if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    results = Results()
    for part in arguments.parts.split(","):
        PARTS[part](results, arguments.out, arguments.repeat)
    results.save(arguments.out)
    pictures.tables(results.rows, arguments.out / "tables.md")
    pictures.bars(results.rows, arguments.out / "benchmarks.png")
    written = "results.csv, tables.md, benchmarks.png"
    if results.roofs:
        pictures.roofline(results.rows, results.roofs, arguments.out / "roofline.png")
        written += ", roofline.png"
    print(f"written: {arguments.out}/{written}")


if __name__ == "__main__":
    main()
