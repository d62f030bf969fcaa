"""ACTS' Gnn track finding with trkx' stages, in the style of ACTS' Examples/Scripts/Python/gnn_metric_learning.py.

    stages = trkxStages("models/acat2021-like")
    addGnn(s, **stages, trackingGeometry=trackingGeometry, geometrySelection=geometrySelection)
"""

import acts
import acts.examples.gnn
import trkx_acts


def trkxStages(bundleDir, level=acts.logging.INFO, threads=1):
    """The arguments of acts.examples.reconstruction.addGnn that have to fit together.

    The bundle says radius, neighbours and cuts. The columns say what ACTS passes: the same features and scales as
    nodeFeatures and featureScales; each network gets its own selection, by its own scales.
    """
    NodeFeature = acts.examples.gnn.NodeFeature
    nodeFeatures = [NodeFeature.R, NodeFeature.Phi, NodeFeature.Z]
    featureScales = [1.0, 1.0, 1.0]

    bundle = trkx_acts.Bundle(bundleDir, threads=threads)
    columns = trkx_acts.FeatureColumns(names=["r", "phi", "z"], scales=featureScales)

    graphConstructorConfig = {"level": level, "bundle": bundle, "columns": columns}
    filterConfig = {"level": level, "bundle": bundle, "columns": columns, "network": trkx_acts.Network.Filter}
    gnnConfig = {"level": level, "bundle": bundle, "columns": columns, "network": trkx_acts.Network.GNN, "cut": 0.01}
    trackBuilderConfig = {"level": level, "method": trkx_acts.Method.Walkthrough, "minCandidateSize": 3}

    return {
        "graphConstructor": trkx_acts.GraphConstruction(**graphConstructorConfig),
        "edgeClassifiers": [
            trkx_acts.EdgeClassification(**filterConfig),
            trkx_acts.EdgeClassification(**gnnConfig),
        ],
        "trackBuilder": trkx_acts.TrackBuilding(**trackBuilderConfig),
        "nodeFeatures": nodeFeatures,
        "featureScales": featureScales,
    }
