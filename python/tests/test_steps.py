"""Proves each step against SciPy or NumPy, DLPack in and out, and the calls that docs/python.md sets beside others'."""
import inspect
import math

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from sklearn.neighbors import radius_neighbors_graph

import trkx
from trkx import _structures
from trkx._library import options


class Tensor:
    """An array of somebody else's, which speaks DLPack only."""

    def __init__(self, array, device=(1, 0)):
        self.array, self.device = array, device

    def __dlpack__(self, **named):
        return self.array.__dlpack__(**named)

    def __dlpack_device__(self):
        return self.device


@pytest.fixture(scope="module")
def points():
    return np.random.default_rng(5).random((3000, 3), np.float32)


def sorted_pairs(pairs):
    return pairs[:, np.lexsort((pairs[1], pairs[0]))]


def test_radius_graph_as_scipy_query_pairs(points):
    expected = cKDTree(points).query_pairs(0.08, output_type="ndarray").T
    assert np.array_equal(trkx.radius_graph(points, 0.08), sorted_pairs(expected))


def test_radius_graph_in_both_directions_as_scipy_query_ball_point(points):
    """As of torch_cluster.radius_graph: all neighbours of each point."""
    neighbours = cKDTree(points).query_ball_point(points, 0.08)
    expected = np.array([(i, j) for i, near in enumerate(neighbours) for j in near]).T
    assert np.array_equal(trkx.radius_graph(points, 0.08, both=True, loop=True), sorted_pairs(expected))
    apart = sorted_pairs(expected[:, expected[0] != expected[1]])
    assert np.array_equal(trkx.radius_graph(points, 0.08, both=True), apart)


@pytest.mark.parametrize("loop", [False, True])
def test_radius_graph_as_sklearn(points, loop):
    expected = np.array(radius_neighbors_graph(points, 0.08, include_self=loop).nonzero())
    assert np.array_equal(trkx.radius_graph(points, 0.08, len(points), both=True, loop=loop), sorted_pairs(expected))


def test_radius_graph_with_the_nearest_as_scipy_query(points):
    """As of FRNN: the k nearest within the radius; a pair stays where either end keeps it."""
    distance, near = cKDTree(points).query(points, 6, distance_upper_bound=0.08)
    source, rank = np.nonzero(np.isfinite(distance[:, 1:]))
    pairs = np.sort([source, near[source, rank + 1]], axis=0)
    assert np.array_equal(trkx.radius_graph(points, 0.08, k=5), np.unique(pairs, axis=1))


def test_dlpack(points):
    tensor = Tensor(points)
    assert np.array_equal(trkx.radius_graph(tensor, 0.08), trkx.radius_graph(points, 0.08))
    assert np.shares_memory(trkx.as_hits(tensor).xyz, points)
    edges = trkx.radius_graph(points, 0.08)
    assert np.shares_memory(np.from_dlpack(Tensor(edges)), edges)
    with pytest.raises(trkx.ArgumentError, match="device type 2 of DLPack: copy it to the CPU"):
        trkx.radius_graph(Tensor(points, (2, 0)), 0.08)


def test_radius_graph_with_own_ks(points):
    """As of two numbers: a pair stays where either end keeps it."""
    ks = np.where(np.arange(len(points)) % 3 == 0, 2, 9)
    few, many = ({tuple(pair) for pair in _kept(points, k)} for k in (2, 9))
    expected = sorted({tuple(sorted(pair)) for pair in few | many if pair in (few if ks[pair[0]] == 2 else many)})
    assert np.array_equal(trkx.radius_graph(points, 0.08, ks).T, expected)
    with pytest.raises(trkx.ArgumentError, match="k of node 1 is 0"):
        trkx.radius_graph(points, 0.08, np.where(np.arange(len(points)) == 1, 0, 1))
    with pytest.raises(trkx.ArgumentError, match="k has shape"):
        trkx.radius_graph(points, 0.08, ks[1:])


def _kept(points, k):
    """(point, neighbour) of each point's k nearest."""
    distance, found = cKDTree(points).query(points, k + 1)
    return [(i, int(j)) for i, row in enumerate(found) for j, d in zip(row, distance[i]) if j != i and d <= 0.08]


@pytest.mark.parametrize("shape", [(0, 3), (1, 3)])
def test_radius_graph_of_nothing(shape):
    assert trkx.radius_graph(np.zeros(shape), 1).shape == (2, 0)
    assert trkx.radius_graph(np.zeros(shape), 1, both=True, loop=True).shape == (2, shape[0])


def test_connected_components(points):
    edges = trkx.radius_graph(points, 0.05)
    count, expected = connected_components(coo_matrix((np.ones(edges.shape[1]), edges), (3000, 3000)))
    labels = trkx.components(3000, edges, min_hits=1)
    assert labels.max() == count == len(np.unique(np.stack([labels, expected]), axis=1).T)
    first = np.unique(labels, return_index=True)[1]
    assert (np.diff(first) > 0).all()  # counted in the order of their first nodes


def test_connected_components_over_a_cut():
    edges = [[0, 1, 2, 3], [1, 2, 3, 4]]
    assert trkx.components(5, edges, [.9, .9, .5, .9]).tolist() == [1, 1, 1, 0, 0]
    assert trkx.components(5, edges, [.9, .9, .5, .9], min_hits=2).tolist() == [1, 1, 1, 2, 2]
    assert trkx.components(5, edges, [.9, .9, .5, .9], cut=.4).tolist() == [1] * 5


@pytest.mark.parametrize("method, struct, init", [
    (trkx.components, _structures.LabellingOptions, "trkx_labelling_options_init"),
    (trkx.join, _structures.LabellingOptions, "trkx_labelling_options_init"),
    (trkx.walkthrough, _structures.WalkthroughOptions, "trkx_walkthrough_options_init")])
def test_defaults_are_the_librarys(method, struct, init):
    defaults = options(struct, init)
    for parameter in inspect.signature(method).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is not None:
            assert parameter.default == pytest.approx(getattr(defaults, parameter.name)), parameter.name


def test_features(event):
    x, y, z = event.hits.xyz.astype(np.float64).T
    values = trkx.features(event, {"r": 1000, "phi": math.pi, "z": 1000})
    expected = np.stack([np.hypot(x, y) / 1000, np.arctan2(y, x) / math.pi, z / 1000], axis=1)
    assert np.allclose(values, expected, atol=1e-6)
    assert np.array_equal(trkx.features(event, ["z", ("r", 2)])[:, 0], event.hits.xyz[:, 2])
    assert np.array_equal(trkx.features(event, "z"), event.hits.xyz[:, 2:])
    cells = np.diff(event.hits.cells.begin.astype(int))
    assert np.array_equal(trkx.features(event, ["cell_count"])[:, 0], cells)
    assert {"r", "cos_phi", "cell_count", "normal_z", "beam_sigma_z", "slope_v"} <= set(trkx.feature_names())
    beam = trkx.features(event.hits.xyz, [("beam_sigma_z", 2.0)])  # no ids
    assert beam.shape == (len(event.hits), 1) and (beam == beam[0]).all() and 0.5 <= beam[0, 0] <= 100


def test_walkthrough():
    edges = [[0, 1, 2, 1], [1, 2, 3, 4]]  # at hit 1 the path by 2 is longer
    assert trkx.walkthrough(5, edges, [0.9, 0.9, 0.9, 0.8]).tolist() == [1, 1, 1, 1, 0]
    assert trkx.walkthrough(5, edges, [0.9, 0.2, 0.9, 0.5], min_score=0.3).tolist() == [1, 1, 0, 0, 1]
    fork = 4, [[0, 1, 1], [1, 2, 3]], [0.9, 0.8, 0.8]  # two equal edges out of 1: the nearer hit's, or the first
    assert trkx.walkthrough(*fork, xyz=[[1, 0, 0], [2, 0, 0], [0, 4, 0], [3, 0, 0]]).tolist() == [1, 1, 0, 1]
    assert trkx.walkthrough(*fork).tolist() == [1, 1, 1, 0]
    with pytest.raises(trkx.ArgumentError):
        trkx.walkthrough(2, [[0, 1], [1, 0]], [0.9, 0.9])
    with pytest.raises(trkx.ArgumentError):
        trkx.walkthrough(*fork, xyz=[[1, 0, 0]])


def test_method_names():
    assert {"components", "join", "walkthrough"} <= set(trkx.method_names())


def test_join_and_complete(event, pipeline, result):
    joined = trkx.join(event, result.edges, result.scores, cut=pipeline.bundle.gnn_cut)
    modules = np.stack([joined, event.hits.volume_id, event.hits.layer_id, event.hits.module_id])[:, joined > 0]
    assert joined.max() > 100 and len(np.unique(modules, axis=1).T) == modules.shape[1]
    before = joined.copy()
    completed = trkx.complete(event, result.edges, joined)
    assert np.array_equal(joined, before)  # what was given stays
    assert np.count_nonzero(completed) > np.count_nonzero(joined)
    assert np.array_equal(trkx.complete(event, result.edges, joined, threads=1, match=-3), completed)
    with pytest.raises(TypeError, match="no setting speed"):
        trkx.complete(event, result.edges, joined, speed=1)


def test_evaluate(event, result):
    perfect = trkx.evaluate(np.unique(event.truth.particle_id, return_inverse=True)[1], event)
    assert perfect.trackml_score == pytest.approx(1) and perfect.all.efficiency == 1 and perfect.fakes == 0
    nothing = trkx.evaluate(np.zeros(len(event), int), event)
    assert nothing.tracks == 0 and float(nothing.above_1_gev) == 0
    found = trkx.evaluate(result.labels, event)
    assert found.trackml_score > 0.95 and found.above_1_gev.matched >= found.above_1_gev.particles - 1 > 10
    assert trkx.evaluate(result.labels, event, match_fraction=0.9).matched < found.matched
    alone = trkx.evaluate([1, 1, 1, 0], {"particle_id": [5, 5, 5, 0]})  # neither positions, momenta nor weights
    assert alone.trackml_score == pytest.approx(1) and alone.matched == 1
    assert alone.all.particles == 1 and alone.all.efficiency == 1 and not alone.has_pt  # of no known pT, not of none
    assert alone.above_500_mev is None and alone.above_1_gev is None
    assert alone.given_weights is None and alone.trackml_score_phase1 is None and alone.from_beam is None
    assert alone.beam_weight is None and not alone.has_kinds
    assert "pT is unknown" in repr(alone) and "pT is unknown" in alone._repr_html_() and "pT is unknown" not in repr(found)


def test_evaluate_weights_of_both_phases(event, result):
    """Against the weights made again in NumPy, as trackml-library makes them."""
    truth, made = event.truth, event.particles
    row = {particle: p for p, particle in enumerate(made.particle_id.tolist())}
    weights = np.zeros(len(event))
    for particle, p in row.items():
        hits = np.flatnonzero(truth.particle_id == particle)
        hits = hits[np.argsort(abs(truth.xyz[hits, 2].astype(float) - made.vxyz[p, 2]), kind="stable")]
        if len(hits) >= 4:
            order = np.interp(np.linspace(0, 8, len(hits)), range(9), [10, 8, 6, 5, 3, 3, 3, 5, 6])
            pt = np.hypot(*made.pxyz[p, :2].astype(float))
            weights[hits] = np.interp(pt, [.5, 3], [.2, 1]) * order / order.sum()
    material = truth.particle_id & 0xfff > 0
    metrics = trkx.evaluate(result.labels, event)
    assert metrics.given_weights == "phase2" and metrics.has_kinds
    for score, weight in ((metrics.trackml_score_phase1, weights), (metrics.trackml_score_phase2, weights * ~material)):
        given = {"hit_id": event.hits.hit_id, "particle_id": truth.particle_id, "weight": weight}
        assert score == pytest.approx(trkx.evaluate(result.labels, given).trackml_score)
    assert metrics.material_weight == pytest.approx(weights[material].sum() / weights.sum())
    assert metrics.beam_weight + metrics.decays_weight + metrics.material_weight == pytest.approx(1)
    kinds = metrics.from_beam, metrics.from_decays, metrics.from_material
    assert sum(kind.particles for kind in kinds) == metrics.all.particles
    assert sum(kind.matched for kind in kinds) == metrics.all.matched and metrics.from_beam.efficiency > .8
    assert "phase2" in metrics._repr_html_() and "unknown" not in metrics._repr_html_()
    bare = trkx.evaluate(result.labels, {"hit_id": event.hits.hit_id, "particle_id": truth.particle_id})
    assert "unknown: it needs particles" in bare._repr_html_()


def test_evaluate_with_other_peoples_tables(event, result, tables):
    made = event.particles
    particles = {"particle_id": made.particle_id, "nhits": made.nhits}
    for names, rows in (("vx vy vz", made.vxyz), ("px py pz", made.pxyz)):
        particles.update(dict(zip(names.split(), rows.T)))
    assert trkx.evaluate(result.labels, tables[2], particles) == trkx.evaluate(result.labels, event)
    rows = np.random.default_rng(1).permutation(len(event))
    shuffled = {name: values[rows] for name, values in tables[2].items()}
    assert trkx.evaluate(result.labels, shuffled, particles, hits=event) == trkx.evaluate(result.labels, event)
    assert trkx.evaluate(result.labels, event.truth, made) == trkx.evaluate(result.labels, event)


def test_truth_in_another_order(event, pipeline, result, tables):
    expected, truth = trkx.evaluate(result.labels, event), tables[2]
    rows = np.random.default_rng(2).permutation(len(event))
    shuffled, hits = ({name: values[rows] for name, values in table.items()} for table in (truth, tables[0]))
    labels = result.labels[rows]
    for given in (truth, shuffled, event):
        found = trkx.evaluate(labels, given, event.particles, hits=hits)
        assert found.above_1_gev == expected.above_1_gev
        assert found.trackml_score == pytest.approx(expected.trackml_score)
        run = pipeline.run(hits, cells=tables[1], truth=given)
        assert run.steps[-1].edge_purity == pytest.approx(result.steps[-1].edge_purity, rel=1e-3)
    nameless = {name: values for name, values in tables[0].items() if name != "hit_id"}
    assert trkx.evaluate(result.labels, truth, event.particles, hits=nameless) == expected
    for given in ({}, {"hits": nameless}):
        with pytest.raises(trkx.ArgumentError, match="truth: hit_id .* comes after .*: the order of the hits is"):
            trkx.evaluate(result.labels, shuffled, **given)
    with pytest.raises(trkx.ArgumentError, match="truth: hit_id .* comes after"):
        pipeline.run(nameless, cells=tables[1], truth=shuffled)


def test_truth_without_positions(event, pipeline, result, tables):
    """They order the hits of a particle: the hits' own do as well, the rows' order does not."""
    bare = {name: tables[2][name] for name in ("hit_id", "particle_id", "tpx", "tpy", "tpz")}
    with pytest.raises(trkx.ArgumentError, match="truth has no positions"):
        trkx.true_edges(bare)
    with pytest.raises(trkx.ArgumentError, match="truth has no positions"):
        trkx.evaluate(result.labels, bare)
    assert trkx.evaluate(result.labels, bare, hits=event).above_1_gev.particles > 10
    run = pipeline.run(event, truth=bare)
    assert run.steps[6].edge_efficiency == pytest.approx(result.steps[6].edge_efficiency, abs=0.01)


def test_true_edges(event):
    edges = trkx.true_edges(event)
    particle = event.truth.particle_id[edges]
    assert np.array_equal(particle[0], particle[1]) and (particle != 0).all() and (edges[0] < edges[1]).all()
    counts = np.unique(event.truth.particle_id[event.truth.particle_id != 0], return_counts=True)[1]
    assert edges.shape[1] == (counts[counts >= 3] - 1).sum()


def test_simulate():
    a, b = (trkx.simulate(density=0.0033, seed=3, number=5, threads=threads) for threads in (1, 2))
    assert a.name == "event000000005" and np.array_equal(a.hits.xyz, b.hits.xyz)
    assert not np.array_equal(a.hits.xyz[:9], trkx.simulate(density=0.0033, seed=4, number=5).hits.xyz[:9])
    quiet = trkx.simulate(density=0.0033, noise=0, cells=False)
    assert (quiet.truth.particle_id != 0).all() and quiet.hits.cells is None
