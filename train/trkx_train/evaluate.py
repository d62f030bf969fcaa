"""The physics of a bundle on simulated full-density events used for nothing else: tables and plots.

usage: scripts/train evaluate [--bundle DIR] [--events N] [--beam NAME] [--density F] [--cluster-thickness F] [--out DIR] [EVENT...]

Writes DIR/physics.md and DIR/physics.png (evaluation, in the working directory). Efficiencies have binomial errors, means over
events the standard error of the mean. With EVENTs (TrackML files), these instead of simulated ones.
"""
import argparse
from pathlib import Path

import matplotlib
import numpy as np

from . import chain, data, filter, library

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

PT_BINS = np.array([0.1, 0.15, 0.25, 0.35, 0.5, 0.7, 1, 1.5, 2, 3, 10])
ETA_BINS = np.linspace(-4, 4, 17)
STEPS = ("edges", "filter", "gnn")
MIN_HITS = 3


class Counts:
    """Numbers per bin, and how many of them were found, or true."""

    def __init__(self, bins):
        self.bins, self.all, self.found = bins, np.zeros(len(bins) - 1), np.zeros(len(bins) - 1)

    def add(self, values, found):
        self.all += np.histogram(values, self.bins)[0]
        self.found += np.histogram(values[found], self.bins)[0]

    def efficiency(self):
        """Values and errors [bins]; NaN for empty bins."""
        with np.errstate(invalid="ignore", divide="ignore"):
            value = self.found / self.all
            return value, np.sqrt(value * (1 - value) / self.all)


class Figures:
    """Sums over events."""

    def __init__(self):
        self.metrics, self.edges = [], {step: [] for step in STEPS}
        self.counts = {(what, of): Counts(PT_BINS if of.endswith("pt") else ETA_BINS)
                       for what in (*STEPS, "tracks") for of in ("pt", "eta", "true by pt", "true by eta")}

    def add(self, what, pt, eta, found):
        self.counts[what, "pt"].add(pt, found)
        self.counts[what, "eta"].add(eta[pt > 0.5], found[pt > 0.5])

    def add_purity(self, step, pt, eta, true):
        """For edges: pT of the particle of the inner hit (0: noise), pseudorapidity of that hit."""
        self.counts[step, "true by pt"].add(pt, true)
        self.counts[step, "true by eta"].add(eta, true)


def kinematics(event):
    """pt, eta, nhits [p] of particles with hits, and the index of each hit's particle (-1: noise)."""
    ids, place, nhits = np.unique(event.particle_id, return_inverse=True, return_counts=True)
    order = np.argsort(event.particles_id)
    row = order[np.minimum(np.searchsorted(event.particles_id, ids, sorter=order), len(order) - 1)]
    px, py, pz = event.particles_pxyz[row].T
    pt = np.hypot(px, py)
    if ids[0] == 0:
        return pt[1:], np.arcsinh(pz / np.maximum(pt, 1e-9))[1:], nhits[1:], place - 1
    return pt, np.arcsinh(pz / np.maximum(pt, 1e-9)), nhits, place


def matched_particles(place, nhits, labels):
    """Which particles [p] have a track by double majority."""
    real = (place >= 0) & (labels > 0)
    tracks = labels.max() + 1
    pairs, count = np.unique(place[real].astype(np.int64) * tracks + labels[real], return_counts=True)
    particle, track = pairs // tracks, pairs % tracks
    size = np.bincount(labels, minlength=tracks)
    matched = np.zeros(len(nhits), bool)
    matched[particle[(2 * count > nhits[particle]) & (2 * count > size[track])]] = True
    return matched


def evaluate(bundle, pipeline, event, figures):
    hits = data.hits_of(event)
    pt, eta, nhits, place = kinematics(event)
    true = library.true_edges(event, MIN_HITS)
    pt_edge, eta_edge = pt[place[true[0]]], eta[place[true[0]]]
    pt_hit, eta_hit = np.where(place >= 0, pt[place], 0), np.arcsinh(event.xyz[:, 2] / np.hypot(*event.xyz[:, :2].T))

    def record(step, edges):
        found = filter.found_edges(len(event.xyz), true, edges)
        same = filter.same_particle(event.particle_id, edges)
        figures.edges[step].append([edges.shape[1], found.mean(), found[pt_edge > 0.5].mean(), found[pt_edge > 1].mean(),
                                    same.mean()])
        figures.add(step, pt_edge, eta_edge, found)
        figures.add_purity(step, pt_hit[edges[0]], eta_hit[edges[0]], same)

    edges = bundle.edges(hits, bundle.embed(hits))
    record("edges", edges)
    scores = bundle.filter(hits, edges)
    edges = edges[:, scores > bundle.settings["filter"]["cut"]]
    record("filter", edges)
    scores = bundle.gnn(hits, edges)
    record("gnn", edges[:, scores > bundle.settings["gnn"]["cut"]])
    labels = pipeline.label(event)
    of_interest = nhits >= MIN_HITS
    figures.add("tracks", pt[of_interest], eta[of_interest], matched_particles(place, nhits, labels)[of_interest])
    figures.metrics.append(library.evaluate(event, labels))


# ---- the report -----------------------------------------------------------------------------------------------

def mean_and_error(values):
    values = np.asarray(values, float)
    error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return f"{values.mean():.4f} ± {error:.4f}"


def summary(figures):
    """Means, for bundle.json."""
    names = ("edges", "efficiency", "above_500_mev", "above_1_gev", "purity")
    result = {step: dict(zip(names, np.mean(figures.edges[step], 0).round(4).tolist())) for step in STEPS}
    metrics = ("trackml_score_phase1", "trackml_score_phase2", "all", "above_500_mev", "above_1_gev", "fake_rate", "fragment_rate", "duplicate_rate")
    result["tracks"] = {key: round(float(np.mean([m[key] for m in figures.metrics])), 4) for key in metrics}
    return result


def test_figures(directory):
    """The same for the test events."""
    bundle, pipeline, figures = chain.Bundle(directory), library.Pipeline(directory, threads=2), Figures()
    for number in range(data.count("test")):
        evaluate(bundle, pipeline, data.load_event("test", number), figures)
    return summary(figures)


def tables(figures, hits):
    metrics = figures.metrics
    unmatched = [m["fake_rate"] + m["fragment_rate"] for m in metrics]
    rows = [(f"TrackML score, phase {phase}", [m[f"trackml_score_phase{phase}"] for m in metrics]) for phase in (1, 2)]
    rows += [(f"efficiency, {name}", [m[key] for m in metrics]) for name, key in
             (("all with 3 hits", "all"), ("pT > 0.5 GeV", "above_500_mev"), ("pT > 1 GeV", "above_1_gev"),
              ("from the beam", "from_beam"), ("from decays", "from_decays"), ("from material", "from_material"))]
    rows += [("unmatched tracks (fakes and fragments)", unmatched), ("fakes", [m["fake_rate"] for m in metrics]),
             ("duplicates", [m["duplicate_rate"] for m in metrics]), ("hit purity", [m["hit_purity"] for m in metrics])]
    text = [f"{len(metrics)} events, {np.mean(hits):.0f} hits on average.", "", "| | mean over events |", "|---|---|"]
    text += [f"| {name} | {mean_and_error(values)} |" for name, values in rows]
    text += ["", "| after | edges | efficiency, all | > 0.5 GeV | > 1 GeV | purity |", "|---|---|---|---|---|---|"]
    for step in STEPS:
        count, *others = np.mean(figures.edges[step], 0)
        text.append(f"| {step} | {count / 1e6:.3f} M | " + " | ".join(f"{value:.4f}" for value in others) + " |")
    for of, unit, columns in (("pt", "efficiency by pT, GeV", (*STEPS, "tracks")),
                              ("eta", "efficiency by pseudorapidity (pT > 0.5 GeV)", (*STEPS, "tracks")),
                              ("true by pt", "purity by pT of the inner hit's particle, GeV", STEPS),
                              ("true by eta", "purity by pseudorapidity of the inner hit", STEPS)):
        text += ["", f"| {unit} | {' | '.join(columns)} |", "|" + "---|" * (len(columns) + 1)]
        text += binned([figures.counts[what, of] for what in columns])
    return "\n".join(text) + "\n"


def binned(counts):
    """Rows of a table, one for each non-empty bin."""
    cells, bins = [c.efficiency() for c in counts], counts[0].bins
    return [f"| {low:g} to {high:g} | " + " | ".join(f"{value[b]:.3f} ± {error[b]:.3f}" for value, error in cells) + " |"
            for b, (low, high) in enumerate(zip(bins[:-1], bins[1:])) if counts[0].all[b] > 0]


def picture(figures, path):
    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.4), dpi=90, sharey=True)
    for axis, of, name in zip(axes, ("pt", "eta"), ("pT, GeV", "pseudorapidity, pT > 0.5 GeV")):
        for what in (*STEPS, "tracks"):
            counts = figures.counts[what, of]
            value, error = counts.efficiency()
            middle = (counts.bins[1:] + counts.bins[:-1]) / 2
            axis.errorbar(middle, value, error, (counts.bins[1:] - counts.bins[:-1]) / 2, fmt=".", label=what)
        axis.set_xlabel(name)
        axis.grid(alpha=0.3)
    axes[0].set_xscale("log")
    axes[0].set_ylim(0, 1.02)
    axes[0].set_ylabel("efficiency: true edges, tracks")
    axes[0].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path)


def events(arguments):
    yield from map(library.read_event, arguments.paths)
    for number in range(0 if arguments.paths else arguments.events):
        yield library.simulate(data.config()["evaluation"]["seed"], number, 2, beam=arguments.beam,
                               density=arguments.density, cluster_thickness=arguments.cluster_thickness)


def main():
    c = data.config()["evaluation"]
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--bundle", type=Path, default=data.BUNDLE)
    parser.add_argument("--events", type=int, default=c["events"])
    parser.add_argument("--beam", default=c["beam"])
    parser.add_argument("--density", type=float, default=1.0)
    parser.add_argument("--cluster-thickness", type=float, default=1.0)
    parser.add_argument("--out", type=Path, default=data.WORK / "evaluation")
    parser.add_argument("paths", nargs="*", metavar="EVENT")
    arguments = parser.parse_args()
    bundle, pipeline = chain.Bundle(arguments.bundle), library.Pipeline(arguments.bundle, threads=2)
    figures, hits = Figures(), []
    for event in events(arguments):
        evaluate(bundle, pipeline, event, figures)
        hits.append(len(event.xyz))
        last = figures.metrics[-1]
        print(f"evaluate: event {len(hits)}: {hits[-1]} hits, score {last['trackml_score_phase1']:.4f} (phase 1), "
              f"{last['trackml_score_phase2']:.4f} (phase 2), above 1 GeV {last['above_1_gev']:.4f}",
              flush=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "physics.md").write_text(tables(figures, hits))
    picture(figures, arguments.out / "physics.png")
    print(tables(figures, hits))


if __name__ == "__main__":
    main()
