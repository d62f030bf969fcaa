"""For tests: the parameters of two functions of ACTS v47.5 to main, and of what they do what the example needs."""

import acts.examples


def addSpacePointsMaking(sequence, trackingGeometry, geoSelectionConfigFile, stripGeoSelectionConfigFile, logLevel=None,
                         prefix="", stripVertex=None, stripLengthTolerance=None, stripLengthGapTolerance=None):
    def make(whiteboard):
        whiteboard[f"{prefix}spacepoints"] = whiteboard[f"{prefix}measurement_subset"]

    sequence.addAlgorithm(make)
    return f"{prefix}spacepoints"


def addGnn(s, graphConstructor, edgeClassifiers, trackBuilder, nodeFeatures, featureScales, inputSpacePoints="spacepoints",
           inputClusters="", outputDirRoot=None, device=None, shrinkNodes=False, writeMatchingDetails=False, logLevel=None):
    s.addAlgorithm(acts.examples.gnn.TrackFindingAlgorithmGnn(
        level=logLevel, inputSpacePoints=inputSpacePoints, inputClusters=inputClusters,
        outputProtoTracks="gnn-protoTracks", graphConstructor=graphConstructor, edgeClassifiers=edgeClassifiers,
        trackBuilder=trackBuilder, nodeFeatures=nodeFeatures, featureScales=featureScales, device=device,
        shrinkNodes=shrinkNodes))
    return s
