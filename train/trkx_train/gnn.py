"""Trains the graph neural network on filtered graphs that are made once (out/graphs).

Several processes work on a wedge each and average their gradients; each holds the whole network and takes
the same step, so that they stay equal.
"""
import json

import numpy as np
import torch
import torch.multiprocessing as multiprocessing
from torch.nn.functional import binary_cross_entropy_with_logits

from . import data, embedding, filter, library
from .kernels import Graph
from .networks import Gnn
from .progress import Run, load_weights

CUTS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98)


def build():
    c, f = data.config()["gnn"], data.config()["filter"]
    return Gnn(c["hidden"], c["steps"], f["width"], f["layers"], data.inputs())


# ---- graphs -------------------------------------------------------------------------------------------

def graph_path(kind, number):
    return data.WORK / "graphs" / f"{kind}{number:04d}.npy"


def make_graph(job):
    """Neighbours that pass the filter, in an event without augmentation: edges int32 [2,m]."""
    kind, number, encoder, sieve, cut = job
    torch.set_num_threads(1)
    hits = data.hits_of(data.load_event(kind, number))
    edges = embedding.neighbours(encoder, hits)
    kept = filter.score_edges(sieve, hits, edges) > np.log(cut / (1 - cut))
    np.save(graph_path(kind, number), edges[:, kept].astype(np.int32))


def make_graphs():
    (data.WORK / "graphs").mkdir(exist_ok=True)
    networks = embedding.trained(), *filter.trained()
    jobs = [(kind, i, *networks) for kind in ("validation", "train", "test") for i in range(data.count(kind))
            if data.event_path(kind, i).exists() and not fresh(graph_path(kind, i))]
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        for done, _ in enumerate(pool.imap(make_graph, jobs), 1):
            print(f"\rgraphs: {done}/{len(jobs)}", end="" if done < len(jobs) else "\n", flush=True)


def fresh(path):
    """Whether made by the current filter."""
    return path.exists() and path.stat().st_mtime > (data.WORK / "filter.json").stat().st_mtime


def load_graph(kind, number):
    return np.load(graph_path(kind, number)).astype(np.int64)


# ---- training -----------------------------------------------------------------------------------------

class Shared:
    """Shared by all processes: gradients, and decisions of the first."""

    def __init__(self, processes, parameters):
        self.gradients = torch.zeros(processes, parameters).share_memory_()
        self.share = torch.zeros(1).share_memory_()
        self.barrier = multiprocessing.get_context("spawn").Barrier(processes)

    def average(self, rank, parameters):
        """Replaces each process's gradients by the mean over processes."""
        own = torch.nn.utils.parameters_to_vector([p.grad for p in parameters])
        self.gradients[rank] = own
        self.barrier.wait()
        mean = self.gradients.mean(0)
        self.barrier.wait()
        for p, part in zip(parameters, mean.split([p.numel() for p in parameters])):
            p.grad = part.view_as(p).clone()


def wedge_loss(network, sample, edges, c, rng):
    hits = sample.hits.augmented(rng)
    rows = data.wedge(hits, c["wedge_hits"], rng)
    edges, _ = data.subgraph(rows, len(hits), edges)
    labels = filter.same_particle(sample.particle[rows], edges)
    logits = score_hits(network, hits.rows(rows), edges)
    weight = np.where(labels, 1 + np.clip(sample.pt[rows][edges[0]] - 0.5, 0, 1), 1).astype(np.float32)
    return binary_cross_entropy_with_logits(logits, torch.from_numpy(labels).float(), torch.from_numpy(weight))


def score_hits(network, hits, edges):
    """Logits [m] of edges [2,m]."""
    return network.forward_fused(filter.nodes_of(hits), filter.pairs_of(network, hits, edges), Graph(edges, len(hits)))


def score_event(network, hits, edges):
    """Scores [m] of edges [2,m], after the sigmoid."""
    with torch.no_grad():
        return torch.sigmoid(score_hits(network, hits, edges)).numpy()


def scan(event, edges, scores, cuts=CUTS):
    """TrackML score of the components at each cut."""
    return [library.evaluate(event, library.components(len(event.xyz), edges, scores, cut))["trackml_score_phase1"]
            for cut in cuts]


def validate(network, number=0):
    event, edges = data.load_event("validation", number), load_graph("validation", number)
    scores = score_event(network, data.hits_of(event), edges)
    figures = scan(event, edges, scores)
    best = int(np.argmax(figures))
    return {"score": figures[best], "cut": CUTS[best],
            **filter.recall(data.load_sample("validation", number), edges[:, scores > CUTS[best]])}


def step(run, network, shared, rank, loss):
    run.optimizer.zero_grad()
    loss.backward()
    parameters = list(network.parameters())
    shared.average(rank, parameters)
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    run.schedule(float(shared.share))
    run.optimizer.step()
    run.step += 1
    run.smooth(loss=loss.item())


def work(rank, shared, c):
    torch.set_num_threads(1)
    torch.manual_seed(c["seed"])
    network = build()
    network.from_filter(filter.trained()[0])
    run = Run("gnn", c, network, torch.optim.Adam(network.parameters()))
    rng = np.random.default_rng([c["seed"], rank, run.step])
    graphs = {i: load_graph("train", i) for i in range(data.count("train"))}
    while True:
        shared.share[0] = run.share() if rank == 0 else shared.share[0]
        shared.barrier.wait()
        if float(shared.share) >= 1:
            break
        number = int(rng.integers(len(graphs)))
        loss = wedge_loss(network, data.load_sample("train", number), graphs[number], c, rng)
        step(run, network, shared, rank, loss)
        if rank == 0 and run.step % c["report_every"] == 0:
            report(run, network, run.step % c["validate_every"] == 0)
    if rank == 0:
        report(run, network, True)


def report(run, network, validated):
    run.save()
    run.log(**(validate(network) if validated else {}))


def train():
    c = data.config()["gnn"]
    make_graphs()
    shared = Shared(c["processes"], sum(p.numel() for p in build().parameters()))
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=work, args=(rank, shared, c)) for rank in range(c["processes"])]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise SystemExit("gnn: a worker failed")


def trained():
    return load_weights("gnn", build())


if __name__ == "__main__":
    train()
