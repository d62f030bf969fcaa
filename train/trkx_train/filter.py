"""Trains a filter: which pairs of neighbours belong to one particle, from the pair only.

usage: python -m trkx_train.filter [second]; `second`: the second pass's, on the hits that the first leaves
"""
import json
import sys

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from . import data, embedding, library
from .networks import NODE_FEATURES, Filter
from .progress import Run, load_weights

BATCHES = 40  # of one wedge


def build(name="filter"):
    c = data.config()[name]
    return Filter(c["width"], c["layers"], data.inputs(), chords=name != "filter")


def embedding_of(name):
    """The embedding whose graph a filter reads."""
    return name.replace("filter", "embedding")


def nodes_of(hits):
    return torch.from_numpy(hits.features(data.with_inputs(NODE_FEATURES)))


def pairs_of(network, hits, edges):
    """Pair features [m,P] of edges [2,m] for a network."""
    with torch.no_grad():
        return network.pairs(nodes_of(hits), torch.from_numpy(edges), torch.tensor(float(hits.event_hits)))


def same_particle(particle, edges):
    return (particle[edges[0]] == particle[edges[1]]) & (particle[edges[0]] > 0)


def weights(rank, pt, edges, same):
    """Consecutive hits of a track, which it cannot do without, count most, and high pT up to three times."""
    gap = np.abs(rank[edges[0]] - rank[edges[1]])
    of_pt = 1 + 2 * np.clip(pt[edges[0]] - 0.5, 0, 1)
    return np.where(same, of_pt * np.select([gap == 1, gap <= 3], [4.0, 1.5], 0.3), 1.0).astype(np.float32)


def wedge_pairs(network, sample, encoder, name, rng):
    """Pair features [m,P], labels [m] and weights [m] of a random wedge, shuffled."""
    c, hits = data.config()[name], sample.hits.augmented(rng)
    rows = data.wedge(hits, c["wedge_hits"], rng)
    hits = hits.rows(rows)
    edges = embedding.neighbours(encoder, hits, embedding_of(name))
    edges = edges[:, rng.permutation(edges.shape[1])[:BATCHES * c["batch"]]]
    same = same_particle(sample.particle[rows], edges)
    weight = weights(sample.rank[rows], sample.pt[rows], edges, same)
    return pairs_of(network, hits, edges), torch.from_numpy(same).float(), torch.from_numpy(weight)


def score_edges(network, hits, edges, batch=65536):
    """Logits [m] of edges [2,m]."""
    nodes, parts = nodes_of(hits), torch.from_numpy(edges).split(batch, 1)
    with torch.no_grad():
        return torch.cat([network(nodes, part) for part in parts] + [torch.zeros(0)]).numpy()


def found_edges(n, true, edges):
    """Which true edges [2,t] among n hits are among edges [2,m], in either direction."""
    return np.isin(true.min(0) * n + true.max(0), edges.min(0) * n + edges.max(0))


def recall(sample, edges):
    """Shares of true edges found: all, above .5 GeV, above 1 GeV; purity of edges."""
    true = sample.true_edges
    found, pt = found_edges(len(sample.hits), true, edges), sample.pt[true[0]]
    return {"efficiency": found.mean(), "above_500_mev": found[pt > 0.5].mean(),
            "above_1_gev": found[pt > 1].mean(), "purity": same_particle(sample.particle, edges).mean()}


def validate(network, encoder, name):
    """The cut that keeps the configuration's number of edges per hit, and their figures."""
    figures, edges_per_hit = [], data.config()[name]["edges_per_hit"]
    for number in range(min(2, data.count("validation"))):
        sample = data.load_sample("validation", number, name != "filter")
        edges = embedding.neighbours(encoder, sample.hits, embedding_of(name))
        logits = score_edges(network, sample.hits, edges)
        wanted = min(int(edges_per_hit * len(sample.hits)), len(logits) - 1)
        cut = float(np.partition(logits, len(logits) - wanted)[len(logits) - wanted])
        figures.append({"edges_in": edges.shape[1], "cut": 1 / (1 + np.exp(-cut)),
                        **recall(sample, edges[:, logits > cut])})
    return {key: float(np.mean([f[key] for f in figures])) for key in figures[0]}


def train(name="filter"):
    c = data.config()[name]
    torch.manual_seed(c["seed"])
    encoder = embedding.trained(embedding_of(name))
    network = build(name)
    run = Run(name, c, network, torch.optim.Adam(network.parameters()))
    rng = np.random.default_rng([c["seed"], run.step])
    wedges = 0
    while run.share() < 1:
        sample = data.load_sample("train", int(rng.integers(data.count("train"))), name != "filter")
        for batch in zip(*(part.split(c["batch"]) for part in wedge_pairs(network, sample, encoder, name, rng))):
            learn(run, network, *batch)
        wedges += 1
        if wedges % 100 == 0:
            run.log()
            run.save()
    figures = validate(network, encoder, name)
    run.log(**figures)
    run.save()
    (data.WORK / f"{name}.json").write_text(json.dumps({**figures, "steps": run.step}))


def learn(run, network, pairs, labels, weight):
    run.schedule(run.share())
    loss = binary_cross_entropy_with_logits(network.score_pairs(pairs), labels, weight=weight)
    run.optimizer.zero_grad()
    loss.backward()
    run.optimizer.step()
    run.step += 1
    run.smooth(loss=loss.item())


def trained(name="filter"):
    """The network and its cut on the score."""
    figures = json.loads((data.WORK / f"{name}.json").read_text())
    return load_weights(name, build(name)), round(figures["cut"], 4)


if __name__ == "__main__":
    train(*(f"{word}_filter" for word in sys.argv[1:]))
