"""Runs a bundle's pipeline with stock ONNX Runtime and libtrkx, and chooses the GNN's cut."""
import json

import numpy as np
import onnxruntime

from . import data, library

CUTS = np.array([0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98])


def sigmoid(logits):
    return 1 / (1 + np.exp(-np.clip(logits, -80, 80)))


class Bundle:
    """A loaded bundle directory."""

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
        return hits.features(specs)

    def run(self, name, *inputs):
        entry = self.settings[name]
        return self.sessions[name].run([entry["output"]], dict(zip(entry["inputs"], inputs)))[0]

    def embed(self, hits):
        return self.run("embedding", self.features("embedding", hits))

    def edges(self, hits, points):
        e = self.settings["embedding"]
        return library.radius_graph(points, hits.xyz, e["radius"], hits.kept_neighbours(e), self.threads)

    def filter(self, hits, edges, batch=65536):
        """Scores [m]."""
        nodes = self.features("filter", hits)
        parts = [self.run("filter", nodes, np.ascontiguousarray(edges[:, i:i + batch]))
                 for i in range(0, edges.shape[1], batch)]
        return sigmoid(np.concatenate(parts + [np.zeros(0, np.float32)]))

    def candidates(self, edges, scores):
        """Edges for the completion of tracks; none for a bundle that does not complete them."""
        cut = self.settings["tracks"].get("completion", {}).get("candidate_cut", 1.0)
        return edges[:, scores > cut]

    def label(self, event, edges, scores, candidates, cut=None, **settings):
        """labels [n] from edges with the GNN's scores."""
        tracks = self.settings["tracks"]
        cut = self.settings["gnn"]["cut"] if cut is None else cut
        labels = library.join(event, edges, scores, cut, tracks["min_hits"])
        if "completion" not in tracks:
            return labels
        chosen = {**tracks["completion"], "min_hits": tracks["min_hits"], **settings}
        chosen.pop("candidate_cut")
        return library.complete(event, candidates, labels, self.threads, **chosen)

    def gnn(self, hits, edges):
        return sigmoid(self.run("gnn", self.features("gnn", hits), np.ascontiguousarray(edges)))


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
