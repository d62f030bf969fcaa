"""Scans of settings that are not trained: the graph's radius and k, the filter's and the GNN's cut, track labelling.

usage: python -m trkx_train.scan

Prints tables in Markdown, means over the validation events of full density; "oracle" is the TrackML score that perfect
labels of these edges would reach by components. config.toml has the values that were chosen from them; the GNN's
cut is chosen by export.
"""
import json

import numpy as np

from . import chain, data, filter, library

GRAPHS = [(1.8, 20), (1.8, 24), (1.8, 32), (1.8, 40), (1.2, 32), (1.0, 32), (0.9, 500)]
EDGES_PER_HIT = (3, 4, 5, 6, 8)
SETTINGS = {"search": (-0.5, 0.0, 1.0, 2.0), "match": (-5.0, -3.0, -1.0, 1.0), "exchange": (-1.0, 1.0, 2.0, 4.0),
            "chain_score": (2.0, 3.0, 6.0), "rounds": (1, 2, 4)}
COILS = (None, 2400.0)  # half lengths, mm; None: a uniform field
METRICS = ("trackml_score", "all", "above_500_mev", "above_1_gev", "fake_rate", "fragment_rate", "duplicate_rate")


def table(title, names, rows):
    print(f"\n| {title} | {' | '.join(names)} |\n|{'---|' * (len(names) + 1)}")
    for name, values in rows:
        print(f"| {name} | {' | '.join(f'{value:.4g}' for value in values)} |", flush=True)


def describe(event, sample, edges):
    """Edges, efficiencies, purity and oracle."""
    same = np.ascontiguousarray(edges[:, filter.same_particle(sample.particle, edges)])
    labels = library.components(len(event.xyz), same, None, 0)
    return [edges.shape[1], *filter.recall(sample, edges).values(), library.evaluate(event, labels)["trackml_score"]]


def scan_graphs(bundle, events):
    names = ("edges", "efficiency", "> 0.5 GeV", "> 1 GeV", "purity", "oracle")
    points = [(event, sample, bundle.embed(sample.hits)) for event, sample in events]
    table("graph: radius, k", names, (
        (f"{radius}, {k}", np.mean([describe(event, sample, library.radius_graph(p, event.xyz, radius, k, 2))
                                    for event, sample, p in points], 0)) for radius, k in GRAPHS))
    scored = []
    for event, sample, p in points:
        edges = bundle.edges(sample.hits, p)
        scored.append((event, sample, edges, bundle.filter(sample.hits, edges)))
    table("graph", names, [("the bundle's", np.mean([describe(event, sample, edges)
                                                     for event, sample, edges, _scores in scored], 0))])
    table("filter: edges per hit", names, (
        (count, np.mean([describe(event, sample, edges[:, np.argsort(-scores)[:count * len(event.xyz)]])
                         for event, sample, edges, scores in scored], 0)) for count in EDGES_PER_HIT))


def labels_by(bundle, event, graph, method, cut, completes, **settings):
    edges, scores, candidates = graph
    labels = (library.join(event, edges, scores, cut) if method == "join"
              else library.walkthrough(event.xyz, edges, scores, cut) if method == "walkthrough"
              else library.components(len(event.xyz), edges, scores, cut))
    return library.complete(event, candidates, labels, 2, **settings) if completes else labels


def detector_with(coil_half_length):
    """Path of a detector.json with a coil other than TrackML's."""
    directory = data.WORK / f"coil_{coil_half_length}"
    directory.mkdir(parents=True, exist_ok=True)
    library.trkx.write_detector(directory)
    path = directory / "detector.json"
    description = json.loads(path.read_text())
    if coil_half_length is None:
        description["field"] = {"strength": description["field"]["strength"], "nonuniformity": 0.1}
    else:
        description["field"]["coil_half_length"] = coil_half_length
    path.write_text(json.dumps(description))
    return path


def scan_tracks(bundle, events):
    graphs = [(event, chain.graphs(bundle, event)) for event, _ in events]
    chosen = dict(bundle.settings["tracks"]["completion"])
    chosen.pop("candidate_cut")
    cut, infinity = bundle.settings["gnn"]["cut"], float("inf")
    kept = {**chosen, "exchange": infinity}
    no_search, no_chains = {**kept, "search": 1e9}, {**kept, "chain_score": infinity}
    rows = [("components", "components", 0.6, False, {}), ("components", "components", cut, False, {}),
            *(("walkthrough", "walkthrough", value, False, {}) for value in (0.01, 0.5, cut)),
            ("walkthrough, completed", "walkthrough", cut, True, chosen),
            ("join", "join", cut, False, {}),
            ("components, completed", "components", 0.93, True, chosen),
            ("join, candidate edges only", "join", cut, True, {**no_search, "chain_score": infinity}),
            ("join, candidate edges and chains", "join", cut, True, no_search),
            ("join, candidate edges and search", "join", cut, True, no_chains),
            ("join, all three", "join", cut, True, kept),
            ("join, all three and exchange (completed)", "join", cut, True, chosen)]
    for name, values in SETTINGS.items():
        rows += [(f"{name} {value}", "join", cut, True, {**chosen, name: value}) for value in values]
    rows += [(f"coil_half_length {coil or infinity}", "join", cut, True, {**chosen, "detector": detector_with(coil)})
             for coil in COILS]
    rows += [("join, completed", "join", value, True, chosen) for value in (0.5, 0.6, 0.7, 0.9)]
    table("tracks: method, cut", METRICS, (
        (f"{name}, {threshold}", np.mean([[library.evaluate(event, labels_by(
            bundle, event, graph, method, threshold, completes, **settings))[key] for key in METRICS]
            for event, graph in graphs], 0)) for name, method, threshold, completes, settings in rows))


def main():
    bundle = chain.Bundle(data.BUNDLE)
    numbers = [i for i in range(data.count("validation")) if data.recipe("validation", i)[2] < 10]
    events = [(data.load_event("validation", i), data.load_sample("validation", i)) for i in numbers]
    scan_graphs(bundle, events)
    scan_tracks(bundle, events)


if __name__ == "__main__":
    main()
