"""For tests: track finding with the stages of the Gnn plugin, as ACTS' TrackFindingAlgorithmGnn does it.

A space point is (x, y, z, module id, index of its measurement).
"""

from enum import Enum
from math import atan2, hypot

from acts import gnn


class NodeFeature(Enum):
    R, Phi, Z, X, Y, Eta, CellCount, ChargeSum = range(8)


COMPUTED = {
    NodeFeature.R: lambda x, y, z, *_: hypot(x, y),
    NodeFeature.Phi: lambda x, y, z, *_: atan2(y, x),
    NodeFeature.X: lambda x, y, z, *_: x,
    NodeFeature.Y: lambda x, y, z, *_: y,
    NodeFeature.Z: lambda x, y, z, *_: z,
}


class TrackFindingAlgorithmGnn:
    def __init__(self, *, level, inputSpacePoints, outputProtoTracks, graphConstructor, edgeClassifiers, trackBuilder,
                 nodeFeatures, featureScales, inputClusters="", device=None, shrinkNodes=False,
                 minMeasurementsPerTrack=3):
        if {NodeFeature.CellCount, NodeFeature.ChargeSum} & set(nodeFeatures) and not inputClusters:
            raise ValueError("there are features of clusters, but no clusters")
        if len(nodeFeatures) != len(featureScales):
            raise ValueError("there are not as many featureScales as nodeFeatures")
        self.pipeline = gnn.GnnPipeline(graphConstructor, edgeClassifiers, trackBuilder, level, shrinkNodes)
        self.input, self.output = inputSpacePoints, outputProtoTracks
        self.features = list(zip(nodeFeatures, featureScales))
        self.device = device or gnn.Device.Cuda()
        self.least = minMeasurementsPerTrack

    def __call__(self, whiteboard):
        spacePoints = whiteboard[self.input]
        moduleIds = [module for *_, module, _ in spacePoints]
        nodes = sorted(spacePoints, key=lambda point: point[3])
        features = [COMPUTED[feature](*point) / scale for point in nodes for feature, scale in self.features]
        # the nodes are sorted by module, the ids that are passed along are not
        candidates = self.pipeline.run(features, moduleIds, list(range(len(nodes))), self.device)
        tracks = [[nodes[i][4] for i in candidate] for candidate in candidates]
        whiteboard[self.output] = [track for track in tracks if len(track) >= self.least]
