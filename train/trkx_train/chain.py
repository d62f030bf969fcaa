"""A bundle's networks one by one with stock ONNX Runtime; its tracks with libtrkx; and the choice of the GNN's cut."""
import json
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnxruntime

from . import data, library

CUTS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)


def sigmoid(logits):
    return 1 / (1 + np.exp(-np.clip(logits, -80, 80)))


class Bundle:
    """The networks of a bundle directory's first pass."""

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

    def gnn(self, hits, edges):
        return sigmoid(self.run("gnn", self.features("gnn", hits), np.ascontiguousarray(edges)))


@contextmanager
def changed(directory, changes):
    """A bundle directory like another one with other settings: changes by their paths in bundle.json, "gnn.cut"."""
    settings = json.loads((directory / "bundle.json").read_text())
    for path, value in changes.items():
        *sections, name = path.split(".")
        place = settings
        for section in sections:
            place = place[section]
        place[name] = value
    with TemporaryDirectory() as copy:
        for path in directory.iterdir():
            if path.name != "bundle.json":
                (Path(copy) / path.name).symlink_to(path.resolve())
        (Path(copy) / "bundle.json").write_text(json.dumps(settings))
        yield Path(copy)


def figures(directory, events, changes):
    """The metrics of each event with a bundle's settings changed."""
    with changed(directory, changes) as copy:
        pipeline = library.Pipeline(copy, threads=2)
        return [library.evaluate(event, pipeline.label(event)) for event in events]


def validation_events():
    return [data.load_event("validation", number) for number in range(data.count("validation"))]


def choose_cut(directory):
    """The GNN's cut with the best mean score of the tracks of the validation events, and that score."""
    events = validation_events()
    mean = [np.mean([library.score(f) for f in figures(directory, events, {"gnn.cut": cut})]) for cut in CUTS]
    return CUTS[int(np.argmax(mean))], float(max(mean))
