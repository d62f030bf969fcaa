"""Scans of settings that are not trained: the graphs' radius and k, the cuts, track labelling.

usage: python -m trkx_train.scan

Prints tables in Markdown, means over the validation events of full density; "oracle" is the TrackML score (phase 1)
that perfect labels of these edges would reach by components. config.toml has the values that were chosen from them;
the GNN's cut is chosen by export.
"""
import numpy as np

from . import chain, data, filter, library

GRAPHS = [(1.8, 20), (1.8, 24), (1.8, 32), (1.8, 40), (1.2, 32), (1.0, 32)]
EDGES_PER_HIT = (3, 4, 5, 6, 8)
SETTINGS = {
    "gnn.cut": (0.5, 0.6, 0.7, 0.9),
    "tracks.completion.search": (-0.5, 0.0, 1.0, 2.0), "tracks.completion.match": (-5.0, -3.0, -1.0, 1.0),
    "tracks.completion.exchange": (-1.0, 1.0, 2.0, 4.0), "tracks.completion.rounds": (1, 2, 4),
    "tracks.completion.chain_score": (3.0, 4.0, 5.0, 8.0), "second.chain_score": (1.0, 3.0, 4.0),
    "second.embedding.k": (16, 24, 40), "second.filter.cut": (0.01, 0.02, 0.05, 0.1)}
METRICS = ("trackml_score_phase1", "trackml_score_phase2", "from_beam", "from_decays", "from_material", "above_1_gev",
           "fake_rate", "fragment_rate", "duplicate_rate")


def table(title, names, rows):
    print(f"\n| {title} | {' | '.join(names)} |\n|{'---|' * (len(names) + 1)}")
    for name, values in rows:
        print(f"| {name} | {' | '.join(f'{value:.4g}' for value in values)} |", flush=True)


def describe(event, sample, edges):
    """Edges, efficiencies, purity and oracle."""
    same = np.ascontiguousarray(edges[:, filter.same_particle(sample.particle, edges)])
    labels = library.components(len(event.xyz), same, None, 0)
    return [edges.shape[1], *filter.recall(sample, edges).values(),
            library.evaluate(event, labels)["trackml_score_phase1"]]


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


def scan_settings(directory, events):
    def means(changes):
        return np.mean([[f[key] for key in METRICS] for f in chain.figures(directory, events, changes)], 0)

    rows = [("the bundle", {})] + [(f"{path} {value}", {path: value}) for path, values in SETTINGS.items()
                                   if data.has_second_pass() or not path.startswith("second")
                                   for value in values]
    table("tracks", METRICS, ((name, means(changes)) for name, changes in rows))


def main():
    for beam in data.config()["data"]["beams"]:
        numbers = [i for i in range(data.simulated("validation")) if data.recipe("validation", i)[1]["beam"] == beam]
        print(f"\nsimulated, beam {beam}")
        scan(numbers)
    if data.real("validation"):
        print("\nreal")
        scan(range(data.simulated("validation"), data.count("validation")))


def scan(numbers):
    events = [(data.load_event("validation", i), data.load_sample("validation", i)) for i in numbers]
    scan_graphs(chain.Bundle(data.BUNDLE), events)
    scan_settings(data.BUNDLE, [event for event, _sample in events])


if __name__ == "__main__":
    main()
