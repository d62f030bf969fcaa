"""The whole chain from a bundle, with stock ONNX Runtime and libtrkx: choice of the GNN's cut, figures.

usage: python -m trkx_train.chain [EVENT...]   figures per step of the test events, or of TrackML events
"""
import json
import sys
import time

import numpy as np
import onnxruntime

from . import data, filter, library

CUTS = np.array([0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98])


class Bundle:
    """A bundle directory, loaded."""

    def __init__(self, directory, threads=2):
        self.settings = json.loads((directory / "bundle.json").read_text())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self.threads = threads
        self.sessions = {
            name: onnxruntime.InferenceSession(str(directory / self.settings[name]["file"]), options,
                                               providers=["CPUExecutionProvider"])
            for name in ("embedding", "filter", "gnn")}

    def features(self, name, hits):
        specs = [(spec["name"], spec["scale"]) for spec in
                 self.settings[name].get("features", self.settings["features"])]
        return hits.features(specs[:-len(library.SENSOR_FEATURES)])

    def run(self, name, *inputs):
        entry = self.settings[name]
        return self.sessions[name].run([entry["output"]], dict(zip(entry["inputs"], inputs)))[0]

    def embed(self, hits):
        return self.run("embedding", self.features("embedding", hits))

    def edges(self, hits, points):
        e = self.settings["embedding"]
        return library.radius_graph(points, hits.xyz, e["radius"], e["k"], self.threads)

    def filter(self, hits, edges, batch=65536):
        """Scores [m]."""
        nodes = self.features("filter", hits)
        parts = [self.run("filter", nodes, np.ascontiguousarray(edges[:, i:i + batch]))
                 for i in range(0, edges.shape[1], batch)]
        return 1 / (1 + np.exp(-np.concatenate(parts + [np.zeros(0, np.float32)])))

    def candidates(self, edges, scores):
        """Edges for the completion of tracks."""
        return edges[:, scores > self.settings["tracks"]["candidate_cut"]]

    def label(self, event, edges, scores, candidates, cut=None, **settings):
        """labels [n] from edges with the GNN's scores."""
        tracks = {k: v for k, v in self.settings["tracks"].items() if k not in ("method", "candidate_cut")}
        labels = library.tracks(len(event.xyz), edges, scores, self.settings["gnn"]["cut"] if cut is None else cut,
                                tracks["min_hits"], self.threads)
        return library.complete(event, candidates, labels, self.threads, **tracks, **settings)

    def gnn(self, hits, edges):
        return 1 / (1 + np.exp(-self.run("gnn", self.features("gnn", hits), np.ascontiguousarray(edges))))


def graphs(bundle, event):
    """The filtered edges [2,m], the GNN's scores [m] of them, and the candidates of the completion."""
    hits = data.hits_of(event)
    edges = bundle.edges(hits, bundle.embed(hits))
    scores = bundle.filter(hits, edges)
    candidates, edges = bundle.candidates(edges, scores), edges[:, scores > bundle.settings["filter"]["cut"]]
    return edges, bundle.gnn(hits, edges), candidates


def choose_cut(bundle):
    """The GNN's cut with the best mean score of completed tracks on the validation events."""
    scores = []
    for number in range(data.count("validation")):
        event = data.load_event("validation", number)
        graph = graphs(bundle, event)
        scores.append([library.evaluate(event, bundle.label(event, *graph, cut=cut))["trackml_score"] for cut in CUTS])
    mean = np.mean(scores, 0)
    return float(CUTS[mean.argmax()]), float(mean.max())


def steps(bundle, event):
    """Runs an event; returns per step its seconds, edges, edge efficiency and purity; and the metrics."""
    rows, hits, sample = {}, data.hits_of(event), data.sample_of(event)

    def timed(name, function, *arguments):
        begun = time.perf_counter()
        result = function(*arguments)
        rows[name] = {"seconds": time.perf_counter() - begun}
        return result

    def graph(name, edges):
        rows[name].update(edges=edges.shape[1], **filter.recall(sample, edges))

    points = timed("embed", bundle.embed, hits)
    edges = timed("edges", bundle.edges, hits, points)
    graph("edges", edges)
    scores = timed("filter", bundle.filter, hits, edges)
    candidates, edges = bundle.candidates(edges, scores), edges[:, scores > bundle.settings["filter"]["cut"]]
    graph("filter", edges)
    scores, cut = timed("gnn", bundle.gnn, hits, edges), bundle.settings["gnn"]["cut"]
    graph("gnn", edges[:, scores > cut])
    labels = timed("tracks", bundle.label, event, edges, scores, candidates)
    return rows, library.evaluate(event, labels)


def figures(bundle):
    """Means over the test events, for bundle.json."""
    runs = [steps(bundle, data.load_event("test", i)) for i in range(data.count("test"))]
    result = {name: {key: round(float(np.mean([rows[name][key] for rows, _ in runs])), 4)
                     for key in ("edges", "efficiency", "above_500_mev", "above_1_gev", "purity")}
              for name in ("edges", "filter", "gnn")}
    metrics = ("trackml_score", "all", "above_500_mev", "above_1_gev", "fake_rate", "duplicate_rate")
    result["tracks"] = {key: round(float(np.mean([m[key] for _, m in runs])), 4) for key in metrics}
    return result


def report(name, bundle, event):
    rows, metrics = steps(bundle, event)
    print(f"{name}: {len(event.xyz)} hits, {sum(row['seconds'] for row in rows.values()):.2f} s")
    for step, row in rows.items():
        print(f"  {step:7}" + "  ".join(f"{key} {value:.4g}" for key, value in row.items()))
    print("  " + "  ".join(f"{key} {value:.4g}" for key, value in metrics.items()), flush=True)


def main():
    bundle = Bundle(data.TRAIN.parent / "models" / "default")
    if len(sys.argv) > 1:
        for path in sys.argv[1:]:
            report(path, bundle, library.read_event(path))
    else:
        for number in range(data.count("test")):
            report(f"test event {number}", bundle, data.load_event("test", number))


if __name__ == "__main__":
    main()
