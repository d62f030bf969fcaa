"""ACTS' Gnn track finding with trkx' stages, as in ACTS' Examples/Scripts/Python/gnn_metric_learning.py.

    s = runDigitization(...)  # of those scripts
    addTrkx(s, "models/acat2021-like", trackingGeometry, geoSelectionConfigFile)
    s.run()
"""

import acts
import acts.gnn
import acts.examples.gnn
import trkx_acts
from acts.examples.reconstruction import addGnn, addSpacePointsMaking

# trkx' names of the features that ACTS computes from space points
NODE_FEATURES = {
    "r": acts.examples.gnn.NodeFeature.R,
    "phi": acts.examples.gnn.NodeFeature.Phi,
    "x": acts.examples.gnn.NodeFeature.X,
    "y": acts.examples.gnn.NodeFeature.Y,
    "z": acts.examples.gnn.NodeFeature.Z,
    "eta": acts.examples.gnn.NodeFeature.Eta,
    "cell_count": acts.examples.gnn.NodeFeature.CellCount,
    "cell_val": acts.examples.gnn.NodeFeature.ChargeSum,
}
OF_CLUSTERS = {"cell_count", "cell_val"}


def trkxStages(bundleDir, names=("r", "phi", "z"), scales=None, level=acts.logging.INFO, threads=1):
    """The arguments of addGnn that have to be consistent.

    Radius, neighbours and cuts come from the bundle. The columns describe what ACTS passes, nodeFeatures and
    featureScales, with trkx' names; each network gets its own selection with its own scales. Cell features are computed
    from clusters. Any scales will do, except with ACTS' OnnxEdgeClassifier in place of one of the two: it has no scales
    of its own, so names and scales have to be those of its network in the bundle.
    """
    featureScales = list(scales or [1.0] * len(names))
    bundle = trkx_acts.Bundle(bundleDir, threads=threads)
    columns = trkx_acts.FeatureColumns(names=list(names), scales=featureScales)
    common = {"level": level, "bundle": bundle, "columns": columns}
    return {
        # addGnn's algorithm sorts the nodes by module
        "graphConstructor": trkx_acts.GraphConstruction(nodesSortedByModule=True, **common),
        "edgeClassifiers": [
            trkx_acts.EdgeClassification(network=trkx_acts.Network.Filter, **common),
            trkx_acts.EdgeClassification(network=trkx_acts.Network.GNN, cut=0.01, **common),
        ],
        # ACTS' BoostTrackBuilding has no minimum size: it makes each node without an edge a candidate
        "trackBuilder": trkx_acts.TrackBuilding(method=trkx_acts.Method.Walkthrough, minCandidateSize=3, **common),
        "nodeFeatures": [NODE_FEATURES[name] for name in names],
        "featureScales": featureScales,
        "inputClusters": "clusters" if OF_CLUSTERS & set(names) else "",
        "device": acts.gnn.Device.Cpu(),  # addGnn's own default is CUDA
    }


def addTrkx(s, bundleDir, trackingGeometry, geoSelectionConfigFile, stripGeoSelectionConfigFile=None,
            level=acts.logging.INFO, **options):
    """Adds space points and track finding to a sequencer with digitised measurements. options: those of trkxStages."""
    addSpacePointsMaking(s, trackingGeometry, geoSelectionConfigFile, stripGeoSelectionConfigFile, logLevel=level)
    addGnn(s, **trkxStages(bundleDir, level=level, **options), logLevel=level)
