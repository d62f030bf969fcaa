"""The networks, for training and for export.

Filter and GNN see, of each hit, NODE_FEATURES; everything about a pair of hits is computed inside the
network by pair_features, with operations that ONNX has. Inputs says what they see besides positions. Without
cells they are exported so that they take r, phi, z alone (FromCylindrical). n: hits, m: edges, h: hidden width.
"""
import math
from typing import NamedTuple

import torch
from torch import nn

from . import kernels

EMBEDDING_FEATURES = [("r", 1000.0), ("cos_phi", 1.0), ("sin_phi", 1.0), ("z", 1000.0), ("eta", 3.0),
                      ("dir_x", 1.0), ("dir_y", 1.0), ("dir_z", 1.0)]
NODE_FEATURES = [("r", 1000.0), ("cos_phi", 1.0), ("sin_phi", 1.0), ("z", 1000.0), ("eta", 3.0)]
CYLINDRICAL = [("r", 1000.0), ("phi", math.pi), ("z", 1000.0)]


class Inputs(NamedTuple):
    """What the networks see besides positions; in this order in the columns of their input."""

    beam: bool  # library.BEAM_FEATURE
    cells: bool  # library.SENSOR_FEATURES



def perceptron(widths):
    """Linear layers with ReLU between them."""
    layers = []
    for before, after in zip(widths[:-1], widths[1:]):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def slopes(sensor):
    """sensor [n,4] -> logarithms [n] of the slopes in u and in v that the cluster says."""
    return torch.log(sensor[:, 0] + 0.1), torch.log(sensor[:, 1] + 0.1)


def beam_width(sigma_z):
    """sigma_z [n] of the luminous region (mm) -> about -1 for TrackML's short beam, 1 for the long one; [n]."""
    return torch.log(torch.clamp(sigma_z, min=1.0) / 17) / 1.2


def split_columns(features, positional, inputs):
    """features [n,F] -> columns [n,positional], the beam's [n] or None, the sensor's [n,4] or None."""
    sensor = features[:, positional + inputs.beam:] if inputs.cells else None
    return features[:, :positional], features[:, positional] if inputs.beam else None, sensor


class Embedding(nn.Module):
    """features [n,8], beam and sensor's (Inputs) -> points [n,dim]: a perceptron beside a linear path.

    The linear path starts as (cos phi, sin phi, eta) at the scale where neighbours on a track are about 1
    apart, so that training starts from a sensible neighbourhood.
    """

    def __init__(self, dim, width, layers, inputs):
        super().__init__()
        self.inputs = inputs
        seen = len(EMBEDDING_FEATURES) + inputs.beam + 4 * inputs.cells
        self.deep = perceptron([seen] + [width] * layers + [dim])
        self.skip = nn.Linear(len(EMBEDDING_FEATURES), dim)
        with torch.no_grad():
            self.skip.weight.mul_(0.3)
            self.skip.weight[:3] = 0
            self.skip.weight[0, 1] = self.skip.weight[1, 2] = 8.0
            self.skip.weight[2, 4] = 9.0
            self.skip.bias.zero_()

    def forward(self, features):
        position, beam, sensor = split_columns(features, len(EMBEDDING_FEATURES), self.inputs)
        described = [position]
        if self.inputs.beam:
            described.append(beam_width(beam)[:, None])
        if self.inputs.cells:
            described.append(torch.stack([*slopes(sensor), 3 * sensor[:, 2], sensor[:, 3]], 1))
        return self.deep(torch.cat(described, 1)) + self.skip(position)


FULL_DENSITY = 120000.0  # hits of a TrackML event


def hits_of(nodes):
    """The number of rows as a tensor, so that the ONNX export keeps it free."""
    return torch._shape_as_tensor(nodes)[0].float()


def sensor_view(sensor, along_r, along_phi, dz):
    """What the sensor of one end says to a direction (in the hit's radial frame): its slope in u against the
    normal, the cluster's own in u, which the drift of charges shifts, and how much longer the cluster is in v and
    in u than it should be; [m] each.
    """
    u, v = slopes(sensor)
    tilt, normal_z = sensor[:, 2], sensor[:, 3]
    cosine = torch.sqrt(torch.clamp(1 - tilt * tilt, min=0))
    in_u, across = along_r * tilt + along_phi * cosine, along_r * cosine - along_phi * tilt
    in_v, in_w = dz + normal_z * (across - dz), across + normal_z * (dz - across)
    depth = in_w.abs() + 1e-2
    return (torch.clamp(in_u / torch.where(in_w < 0, -depth, depth), -4, 4), u,
            torch.clamp(v - torch.log(torch.clamp(in_v.abs() / depth, max=30.0) + 0.1), -4, 4),
            torch.clamp(u - torch.log(torch.clamp(in_u.abs() / depth, max=30.0) + 0.1), -4, 4))


_NODE_SCALES = torch.tensor([scale for _, scale in NODE_FEATURES])


def count_pair_features(inputs, chords=False):
    return 21 + 2 * inputs.beam + 8 * inputs.cells * (1 + chords)


def pair_features(nodes, src, dst, hits, inputs, chords=False):
    """nodes [n,F] of NODE_FEATURES, beam and sensor's, ends [m] -> [m,count_pair_features]. All of order one.

    chords: what the sensors say to the straight line through both hits as well, for particles that do not come
    from the beam. hits: of the whole event (a tensor of rank 0). How likely a pair is by chance goes with the density;
    without it, a cut that suits full events leaves nothing of sparse ones.

    Angles are 2 tan(angle/2), which is the angle where it is small, needs no atan2, and keeps float32
    accuracy from sines that are themselves differences of products. Some features come twice, clamped at a
    coarse and at a fine scale: the resolution spans four orders of magnitude between pixels and strips.
    """
    a, beam, seen1 = split_columns(nodes[src], len(NODE_FEATURES), inputs)
    b, _, seen2 = split_columns(nodes[dst], len(NODE_FEATURES), inputs)
    r1, cos1, sin1, z1, eta1 = (a * _NODE_SCALES).unbind(1)
    r2, cos2, sin2, z2, eta2 = (b * _NODE_SCALES).unbind(1)
    dx, dy, dz, dr = r2 * cos2 - r1 * cos1, r2 * sin2 - r1 * sin1, z2 - z1, r2 - r1
    transverse2 = dx * dx + dy * dy
    transverse = torch.sqrt(transverse2 + 1e-6)
    length = torch.sqrt(transverse2 + dz * dz + 1e-6)
    sin_dphi = cos1 * sin2 - sin1 * cos2
    cos_dphi = cos1 * cos2 + sin1 * sin2
    dphi = 2 * sin_dphi / (1.01 + cos_dphi)
    deta = eta2 - eta1
    # Curvature of the circle through the origin and both hits, in 1/(500 mm); 2 mm against overlaps.
    kappa = torch.clamp(1000 * sin_dphi / (transverse + 2), -5, 5)
    # Angle between the direction from the origin and the direction of the pair, across and along the beam.
    turn = r2 * sin_dphi / (transverse + 0.5)
    unit = torch.sqrt((r1 * r1 + z1 * z1) * (dr * dr + dz * dz) + 1e-6)
    dtheta = 2 * (dr * z1 - dz * r1) / (1.01 * unit + dz * z1 + dr * r1)
    density = torch.log(torch.clamp(hits, min=1000.0) / FULL_DENSITY) / 2
    # Where the straight line through the pair meets the beam axis.
    safe_dr = torch.where(dr.abs() < 1e-3, torch.tensor(1e-3), dr)
    z0 = z1 - r1 * dz / safe_dr
    views = []
    if inputs.beam:
        views += [beam_width(beam), torch.clamp(z0 / (3 * torch.clamp(beam, min=1.0)), -4, 4)]
    if inputs.cells:
        # The circle through the origin leaves either hit in the direction that the pair has seen from the other's
        # radius: chord and tangent differ by the angle between the radii.
        views += sensor_view(seen1, r2 - r1 * cos_dphi, r1 * sin_dphi, dz)
        views += sensor_view(seen2, r2 * cos_dphi - r1, r2 * sin_dphi, dz)
        if chords:
            views += sensor_view(seen1, r2 * cos_dphi - r1, r2 * sin_dphi, dz)
            views += sensor_view(seen2, r2 - r1 * cos_dphi, r1 * sin_dphi, dz)
    return torch.stack([
        r1 / 500, z1 / 1000, r2 / 500, z2 / 1000, eta1 / 2,
        torch.clamp(dr / 50, -3, 3), torch.clamp(dz / 100, -4, 4),
        torch.log(1 + length) / 3, torch.log(1 + transverse) / 3,
        torch.clamp(dphi * 20, -5, 5), kappa, kappa.abs(), turn * 2, torch.clamp(turn * 10, -4, 4),
        torch.clamp(deta * 10, -5, 5), torch.clamp(deta * 100, -4, 4),
        torch.clamp(dtheta * 4, -5, 5), torch.clamp(dtheta * 40, -4, 4),
        torch.clamp(z0 / 100, -5, 5), torch.clamp(z0 / 15, -4, 4), torch.zeros_like(z0) + density,
        *views], 1)


class Filter(nn.Module):
    """nodes [n,F] of all hits, edges int64 [2,m] -> logits [m], each from its edge's two ends and n."""

    def __init__(self, width, layers, inputs, chords=False):
        super().__init__()
        self.inputs, self.chords = inputs, chords
        self.pair = perceptron([count_pair_features(inputs, chords)] + [width] * layers + [1])

    def pairs(self, nodes, edges, hits):
        """Pair features [m,P]. hits: of the whole event."""
        return pair_features(nodes, edges[0], edges[1], hits, self.inputs, self.chords)

    def score_pairs(self, pairs):
        return self.pair(pairs)[:, 0]

    def forward(self, nodes, edges):
        return self.score_pairs(self.pairs(nodes, edges, hits_of(nodes)))


class Step(nn.Module):
    """One exchange of messages: edges read their ends, then nodes their edges.

    The first layer of the edge network is split, W [a,b,e] = Wa a + Wb b + We e, so that Wa and Wb act once
    per node instead of once per edge. What an edge tells its two ends is half as wide as h: the sums are
    what costs ONNX Runtime most. They are exported as ScatterElements, not as ScatterND on whole rows, which
    is far faster but adds from several threads without synchronisation (ONNX Runtime 1.32).
    """

    def __init__(self, h):
        super().__init__()
        self.from_src = nn.Linear(h, h)
        self.from_dst = nn.Linear(h, h, bias=False)
        self.from_edge = nn.Linear(h, h, bias=False)
        self.edge = nn.Linear(h, h)
        self.edge_norm = nn.LayerNorm(h)
        self.message = nn.Linear(h, h)
        self.node_hidden = nn.Linear(2 * h, h)
        self.node = nn.Linear(h, h)
        self.node_norm = nn.LayerNorm(h)

    def update_nodes(self, x, incoming, outgoing):
        # 0.3: brings sums over a handful of edges to the scale of the nodes.
        joined = torch.cat([x, incoming * 0.3, outgoing * 0.3], 1)
        return self.node_norm(x + self.node(torch.relu(self.node_hidden(joined))))

    def forward(self, x, e, src, dst):
        hidden = torch.relu(self.from_src(x)[src] + self.from_dst(x)[dst] + self.from_edge(e))
        e = self.edge_norm(e + self.edge(hidden))
        half = e.shape[1] // 2
        message, zeros = torch.relu(self.message(e)), torch.zeros_like(x[:, :half])
        incoming = zeros.scatter_add(0, dst[:, None].expand(-1, half), message[:, :half])
        outgoing = zeros.scatter_add(0, src[:, None].expand(-1, half), message[:, half:])
        return self.update_nodes(x, incoming, outgoing), e

    def forward_fused(self, x, e, graph):
        hidden = kernels.EdgeHidden.apply(self.from_src(x), self.from_dst(x), self.from_edge(e), graph)
        e = kernels.ResidualNorm.apply(e, self.edge(hidden), self.edge_norm.weight, self.edge_norm.bias)
        return self.update_nodes(x, *kernels.Aggregate.apply(self.message(e), graph)), e


class Gnn(nn.Module):
    """nodes [n,F], edges int64 [2,m] -> logits [m]: an interaction network of `steps` exchanges.

    The edges' first layers have the filter's shape and start as the trained filter's (from_filter).
    """

    def __init__(self, h, steps, filter_width, filter_layers, inputs):
        super().__init__()
        self.inputs = inputs
        self.node_encoder = perceptron([4 + inputs.beam + 3 * inputs.cells, h, h])
        self.pair = perceptron([count_pair_features(inputs)] + [filter_width] * filter_layers + [h])
        self.steps = nn.ModuleList(Step(h) for _ in range(steps))
        self.out_src = nn.Linear(h, h)
        self.out_dst = nn.Linear(h, h, bias=False)
        self.out_edge = nn.Linear(h, h, bias=False)
        self.out = nn.Linear(h, 1)

    def from_filter(self, trained):
        """Copies the filter's hidden layers, and its logit as the first edge channel."""
        own, theirs = self.pair, trained.pair
        with torch.no_grad():
            for mine, other in zip(own[:-1], theirs[:-1]):
                if isinstance(mine, nn.Linear):
                    mine.load_state_dict(other.state_dict())
            own[-1].weight[0] = theirs[-1].weight[0] / 3
            own[-1].bias[0] = theirs[-1].bias[0] / 3

    def encode_nodes(self, nodes):
        position, beam, sensor = split_columns(nodes, len(NODE_FEATURES), self.inputs)
        r, z, eta = position[:, 0], position[:, 3], position[:, 4]
        columns = [2 * r, z, 1.5 * eta, torch.sqrt(r * r + z * z + 1e-12)]
        if self.inputs.beam:
            columns.append(beam_width(beam))
        if self.inputs.cells:
            columns += [*slopes(sensor), sensor[:, 3]]
        return self.node_encoder(torch.stack(columns, 1))

    def pairs(self, nodes, edges, hits):
        """Pair features [m,P]. hits: of the whole event."""
        return pair_features(nodes, edges[0], edges[1], hits, self.inputs)

    def forward(self, nodes, edges):
        src, dst = edges[0], edges[1]
        x = self.encode_nodes(nodes)
        e = self.pair(self.pairs(nodes, edges, hits_of(nodes)))
        for step in self.steps:
            x, e = step(x, e, src, dst)
        hidden = torch.relu(self.out_src(x)[src] + self.out_dst(x)[dst] + self.out_edge(e))
        return self.out(hidden)[:, 0]

    def forward_fused(self, nodes, pairs, graph):
        """The same from given pair features [m,P], with the kernels of kernels.py."""
        x, e = self.encode_nodes(nodes), self.pair(pairs)
        for step in self.steps:
            x, e = step.forward_fused(x, e, graph)
        hidden = kernels.EdgeHidden.apply(self.out_src(x), self.out_dst(x), self.out_edge(e), graph)
        return self.out(hidden)[:, 0]


class FromCylindrical(nn.Module):
    """A network without cells, from CYLINDRICAL [n,3], and the beam's column, instead of `features` (name, scale).

    In double precision, so that everyone's cosines round to the same float32: two hits a millimetre apart at
    r = 1 m make a unit in the last place of them visible.
    """

    def __init__(self, network, features):
        super().__init__()
        self.network, self.features = network, features

    def forward(self, cylindrical, *edges):
        r, phi, z = (cylindrical[:, :3].double() * torch.tensor([s for _, s in CYLINDRICAL], dtype=torch.double)).unbind(1)
        made = positional_features(r, phi, z)
        position = torch.stack([made[name] / scale for name, scale in self.features], 1).float()
        return self.network(torch.cat([position, cylindrical[:, 3:]], 1), *edges)


def positional_features(r, phi, z):
    """By name, as trkx_features computes them from a position (mm)."""
    transverse = torch.clamp(r, min=1e-6)
    length, slope = torch.sqrt(transverse**2 + z**2), z / transverse
    cos_phi, sin_phi = torch.cos(phi), torch.sin(phi)
    return {"r": r, "cos_phi": cos_phi, "sin_phi": sin_phi, "z": z,
            "eta": torch.sign(z) * torch.log(slope.abs() + torch.sqrt(1 + slope**2)),
            "dir_x": r * cos_phi / length, "dir_y": r * sin_phi / length, "dir_z": z / length}
