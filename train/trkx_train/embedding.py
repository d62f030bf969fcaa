"""Trains an embedding: consecutive hits of a track come close, all others stay apart.

usage: python -m trkx_train.embedding [second]; `second`: the second pass's, on the hits that the first leaves
"""
import sys

import numpy as np
import torch

from . import data, library
from .networks import EMBEDDING_FEATURES, Embedding
from .progress import Run, load_weights


def build(name="embedding"):
    c = data.config()[name]
    return Embedding(c["dim"], c["width"], c["layers"], data.inputs())


def nodes_of(hits):
    return torch.from_numpy(hits.features(data.with_inputs(EMBEDDING_FEATURES)))


def embed(network, hits):
    """Points [n,dim]."""
    with torch.no_grad():
        return network(nodes_of(hits)).numpy()


def neighbours(network, hits, name="embedding"):
    """The input graph of the filter: edges [2,m]."""
    c = data.config()[name]
    return library.radius_graph(embed(network, hits), hits.xyz, c["radius"], hits.kept_neighbours(c))


def distance(points, ends):
    return ((points[ends[0]] - points[ends[1]]) ** 2).sum(1).add(1e-9).sqrt()


def positive_loss(d, pt):
    """d^2 up to 1, then saturating: pairs that cannot be brought together should not distort the space."""
    loss = torch.where(d < 1, d**2, 1 + 2 * (1 - torch.exp(-(d - 1).clamp(min=0))))
    weight = 1 + 2 * torch.clamp((pt - 0.5) / 2.5, 0, 1)
    return (weight * loss).sum() / weight.sum()


def negative_pairs(points, particle, queries, most=30000):
    """Pairs [2,q] of different particles within 1 of random hits; and the factor to the total number."""
    with torch.no_grad():
        a, b = torch.where(torch.cdist(points[queries], points) < 1)
        a = queries[a]
        other = (a != b) & ((particle[a] != particle[b]) | (particle[b] == 0))
        pairs = torch.stack([a[other], b[other]])
        chosen = torch.randperm(pairs.shape[1])[:most]
    return pairs[:, chosen], max(pairs.shape[1] / most, 1.0)


def losses(network, sample, c, rng):
    hits = sample.hits.augmented(rng)
    rows = data.wedge(hits, c["wedge_hits"], rng)
    positive, _ = data.subgraph(rows, len(hits), sample.true_edges)
    points = network(nodes_of(hits.rows(rows)))
    particle = torch.from_numpy(sample.particle[rows])
    pt = torch.from_numpy(sample.pt[rows])[positive[0]]
    queries = torch.from_numpy(rng.choice(len(rows), min(c["queries"], len(rows)), replace=False))
    negative, share = negative_pairs(points, particle, queries)
    near = torch.clamp(1 - distance(points, negative), min=0) ** 2
    return (positive_loss(distance(points, torch.from_numpy(positive)), pt),
            share * near.sum() / len(queries))


def radius_for(points, edges_per_hit, rng, queries=2000):
    """The radius at which a graph has this many edges per hit, from the neighbours of some hits."""
    chosen = rng.choice(len(points), queries, replace=False)
    d = torch.cdist(torch.from_numpy(points[chosen]), torch.from_numpy(points)).flatten()
    near = d[d < 3]
    return float(torch.kthvalue(near, int(2 * edges_per_hit * queries) + queries).values)


def validate(network, edges_per_hit, free=False):
    """The radius for this many edges, and the share of true edges within it, by pT."""
    figures = []
    for number in range(min(2, data.count("validation"))):
        sample = data.load_sample("validation", number, free)
        points = embed(network, sample.hits)
        radius = radius_for(points, edges_per_hit, np.random.default_rng(0))
        found = np.linalg.norm(points[sample.true_edges[0]] - points[sample.true_edges[1]], axis=1) < radius
        pt = sample.pt[sample.true_edges[0]]
        figures.append((radius, found.mean(), found[pt > 0.5].mean(), found[pt > 1].mean()))
    return dict(zip(("radius", "efficiency", "above_500_mev", "above_1_gev"), np.mean(figures, 0).tolist()))


def train(name="embedding"):
    c, free = data.config()[name], name != "embedding"
    torch.manual_seed(c["seed"])
    network = build(name)
    run = Run(name, c, network, torch.optim.Adam(network.parameters()))
    rng = np.random.default_rng([c["seed"], run.step])
    while run.share() < 1:
        run.schedule(run.share())
        sample = data.load_sample("train", int(rng.integers(data.count("train"))), free)
        positive, negative = losses(network, sample, c, rng)
        run.optimizer.zero_grad()
        (positive + c["negative_weight"] * negative).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        run.optimizer.step()
        run.step += 1
        run.smooth(positive=positive.item(), negative=negative.item())
        if run.step % 500 == 0:
            run.log(**validate(network, c["edges_per_hit"], free))
            run.save()
    run.log(**validate(network, c["edges_per_hit"], free))
    run.save()


def trained(name="embedding"):
    return load_weights(name, build(name))


if __name__ == "__main__":
    train(*(f"{word}_embedding" for word in sys.argv[1:]))
