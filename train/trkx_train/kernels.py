"""The graph operations of the GNN as fused loops with their derivatives (numba).

PyTorch's own index_add and layer_norm on [edges, 32] tensors take most of a training step; one pass over
memory each is about five times as fast. networks.py has the same arithmetic in plain PyTorch beside it,
which is what the ONNX export traces, and check.py compares the two.

Index convention: `src`, `dst` int32 [m]; a Graph also holds, for each node, the edges that start and end
there (CSR), so that sums over edges run node by node and need no atomics.
"""
import numba
import numpy as np
import torch


class Graph:
    """Edges [2,m] of n nodes with the lists of outgoing and incoming edges of each node."""

    def __init__(self, edges, n):
        self.n = n
        self.src = np.ascontiguousarray(edges[0], np.int32)
        self.dst = np.ascontiguousarray(edges[1], np.int32)
        self.out_begin, self.out_edge = _edge_lists(self.src, n)
        self.in_begin, self.in_edge = _edge_lists(self.dst, n)


def _edge_lists(ends, n):
    begin = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(ends, minlength=n), out=begin[1:])
    return begin, np.argsort(ends, kind="stable").astype(np.int32)


@numba.njit(fastmath=True, cache=True)
def _hidden_forward(a, b, c, src, dst):
    """c <- relu(a[src] + b[dst] + c), in place."""
    for e in range(c.shape[0]):
        i, j = src[e], dst[e]
        for k in range(c.shape[1]):
            c[e, k] = max(a[i, k] + b[j, k] + c[e, k], np.float32(0))


@numba.njit(fastmath=True, cache=True)
def _mask(grad, hidden, out):
    for e in range(grad.shape[0]):
        for k in range(grad.shape[1]):
            out[e, k] = grad[e, k] if hidden[e, k] > 0 else np.float32(0)


@numba.njit(fastmath=True, cache=True)
def _sum_edges(values, begin, edge, out):
    for i in range(len(begin) - 1):
        for q in range(begin[i], begin[i + 1]):
            e = edge[q]
            for k in range(out.shape[1]):
                out[i, k] += values[e, k]


@numba.njit(fastmath=True, cache=True)
def _sum_relu_edges(values, first, begin, edge, out):
    for i in range(len(begin) - 1):
        for q in range(begin[i], begin[i + 1]):
            e = edge[q]
            for k in range(out.shape[1]):
                out[i, k] += max(values[e, first + k], np.float32(0))


@numba.njit(fastmath=True, cache=True)
def _spread_masked(grad_in, grad_out, values, src, dst, out):
    half = grad_in.shape[1]
    for e in range(values.shape[0]):
        i, j = src[e], dst[e]
        for k in range(half):
            out[e, k] = grad_in[j, k] if values[e, k] > 0 else np.float32(0)
            out[e, half + k] = grad_out[i, k] if values[e, half + k] > 0 else np.float32(0)


@numba.njit(fastmath=True, cache=True)
def _residual_norm_forward(x, u, gamma, beta, unit, inverse, y):
    h = x.shape[1]
    for e in range(x.shape[0]):
        mean = np.float32(0)
        for k in range(h):
            mean += x[e, k] + u[e, k]
        mean /= np.float32(h)
        square = np.float32(0)
        for k in range(h):
            unit[e, k] = x[e, k] + u[e, k] - mean
            square += unit[e, k] * unit[e, k]
        scale = np.float32(1) / np.sqrt(square / np.float32(h) + np.float32(1e-5))
        inverse[e] = scale
        for k in range(h):
            unit[e, k] *= scale
            y[e, k] = unit[e, k] * gamma[k] + beta[k]


@numba.njit(fastmath=True, cache=True)
def _residual_norm_backward(grad, gamma, unit, inverse, grad_x, grad_gamma, grad_beta):
    h = grad.shape[1]
    for e in range(grad.shape[0]):
        total = np.float32(0)
        along = np.float32(0)
        for k in range(h):
            g = grad[e, k] * gamma[k]
            total += g
            along += g * unit[e, k]
            grad_gamma[k] += grad[e, k] * unit[e, k]
            grad_beta[k] += grad[e, k]
        total /= np.float32(h)
        along /= np.float32(h)
        for k in range(h):
            grad_x[e, k] = inverse[e] * (grad[e, k] * gamma[k] - total - unit[e, k] * along)


def _array(tensor):
    return tensor.detach().contiguous().numpy()


def _sums(values, begin, edge, n):
    out = np.zeros((n, values.shape[1]), np.float32)
    _sum_edges(values, begin, edge, out)
    return torch.from_numpy(out)


class EdgeHidden(torch.autograd.Function):
    """relu(a[src] + b[dst] + c): a, b [n,h], c [m,h] (overwritten) -> [m,h]."""

    @staticmethod
    def forward(ctx, a, b, c, graph):
        _hidden_forward(_array(a), _array(b), c.detach().numpy(), graph.src, graph.dst)
        ctx.graph = graph
        ctx.mark_dirty(c)
        ctx.save_for_backward(c)
        return c

    @staticmethod
    def backward(ctx, grad):
        (hidden,), graph = ctx.saved_tensors, ctx.graph
        masked = np.empty(hidden.shape, np.float32)
        _mask(_array(grad), hidden.numpy(), masked)
        grad_a = _sums(masked, graph.out_begin, graph.out_edge, graph.n)
        grad_b = _sums(masked, graph.in_begin, graph.in_edge, graph.n)
        return grad_a, grad_b, torch.from_numpy(masked), None


class Aggregate(torch.autograd.Function):
    """Sums of relu(messages): the first half over each node's incoming, the second over its outgoing edges.

    messages [m,h] -> [n,h/2], [n,h/2].
    """

    @staticmethod
    def forward(ctx, messages, graph):
        ctx.graph = graph
        ctx.save_for_backward(messages)
        half = messages.shape[1] // 2
        incoming, outgoing = np.zeros((2, graph.n, half), np.float32)
        _sum_relu_edges(_array(messages), 0, graph.in_begin, graph.in_edge, incoming)
        _sum_relu_edges(_array(messages), half, graph.out_begin, graph.out_edge, outgoing)
        return torch.from_numpy(incoming), torch.from_numpy(outgoing)

    @staticmethod
    def backward(ctx, grad_in, grad_out):
        messages, graph = _array(ctx.saved_tensors[0]), ctx.graph
        out = np.empty(messages.shape, np.float32)
        _spread_masked(_array(grad_in), _array(grad_out), messages, graph.src, graph.dst, out)
        return torch.from_numpy(out), None


class ResidualNorm(torch.autograd.Function):
    """layer_norm(x + u) with gamma, beta [h]: x, u [m,h] -> [m,h]."""

    @staticmethod
    def forward(ctx, x, u, gamma, beta):
        shape = tuple(x.shape)
        unit, y = np.empty((2, *shape), np.float32)
        inverse = np.empty(shape[0], np.float32)
        _residual_norm_forward(_array(x), _array(u), _array(gamma), _array(beta), unit, inverse, y)
        ctx.saved = unit, inverse
        ctx.save_for_backward(gamma)
        return torch.from_numpy(y)

    @staticmethod
    def backward(ctx, grad):
        (unit, inverse), (gamma,) = ctx.saved, ctx.saved_tensors
        grad_x = np.empty(unit.shape, np.float32)
        grad_gamma, grad_beta = np.zeros(len(gamma), np.float32), np.zeros(len(gamma), np.float32)
        _residual_norm_backward(_array(grad), _array(gamma), unit, inverse, grad_x, grad_gamma, grad_beta)
        grad_x = torch.from_numpy(grad_x)
        return grad_x, grad_x, torch.from_numpy(grad_gamma), torch.from_numpy(grad_beta)
