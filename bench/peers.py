"""What trkx is compared with: the same question asked of the libraries that a Python user would take. Each function
returns its answer in a form of its own; `pairs_of` and the like bring it into one that can be compared.
"""
import faiss
import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from sklearn.neighbors import NearestNeighbors


# ---- all pairs within a radius: points float32 [n,D] ---------------------------------------------------------

def scipy_pairs(points, radius):
    return cKDTree(points).query_pairs(radius, output_type="ndarray")


def scipy_balls(points, radius):
    return cKDTree(points).query_ball_point(points, radius, workers=-1)


def sklearn_kd_tree(points, radius):
    search = NearestNeighbors(radius=radius, algorithm="kd_tree", n_jobs=-1).fit(points)
    return search.radius_neighbors(return_distance=False)


def faiss_flat(points, radius):
    index = faiss.IndexFlatL2(points.shape[1])
    index.add(points)
    limits, _, neighbours = index.range_search(points, radius * radius)
    return limits, neighbours


RADIUS_SEARCHES = {"scipy query_pairs": scipy_pairs, "scipy query_ball_point": scipy_balls,
                   "scikit-learn kd_tree": sklearn_kd_tree, "faiss IndexFlatL2": faiss_flat}


def pairs_of(answer, n):
    """int64 [m], sorted: lower * n + higher of each pair, once, from any form of answer."""
    if isinstance(answer, tuple):  # faiss: limits, neighbours
        limits, targets = answer
        sources = np.repeat(np.arange(n), np.diff(limits.astype(np.int64)))
    elif answer.dtype == object:  # a list for each point
        sources = np.repeat(np.arange(n), [len(a) for a in answer])
        targets = np.concatenate([np.asarray(a, np.int64) for a in answer])
    else:
        sources, targets = answer.T
    sources, targets = np.asarray(sources, np.int64), np.asarray(targets, np.int64)
    keys = np.minimum(sources, targets) * n + np.maximum(sources, targets)
    return np.unique(keys[sources != targets])


# ---- the k nearest within a radius ---------------------------------------------------------------------------

def scipy_nearest(points, radius, k):
    return cKDTree(points).query(points, k + 1, distance_upper_bound=radius, workers=-1)


def sklearn_nearest(points, radius, k):
    return NearestNeighbors(n_neighbors=k, algorithm="kd_tree", n_jobs=-1).fit(points).kneighbors()


def faiss_nearest(points, radius, k):
    index = faiss.IndexFlatL2(points.shape[1])
    index.add(points)
    return index.search(points, k + 1)


NEAREST_SEARCHES = {"scipy query": scipy_nearest, "scikit-learn kd_tree": sklearn_nearest,
                    "faiss IndexFlatL2": faiss_nearest}


# ---- reading, components -------------------------------------------------------------------------------------

def pandas_read(prefix, ending):
    return [pd.read_csv(f"{prefix}-{part}.csv{ending}") for part in ("hits", "cells")]


def scipy_components(n, edges, directed):
    graph = coo_matrix((np.ones(edges.shape[1], bool), (edges[0], edges[1])), shape=(n, n))
    return connected_components(graph, directed=directed, connection="weak")[1]
