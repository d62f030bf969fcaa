"""Prints the tracks that the example in Python finds, as the one in C++ does. usage: test_python.py BUNDLE HITS.CSV"""

import csv
import math
import sys

import acts.examples.gnn
import gnn

features = []
with open(sys.argv[2]) as file:
    for hit in csv.DictReader(file):
        x, y, z = (float(hit[name]) for name in "xyz")
        features += [math.hypot(x, y), math.atan2(y, x), z]

stages = gnn.trkxStages(sys.argv[1], level=acts.logging.ERROR)
assert stages.pop("featureScales") == [1, 1, 1] and len(stages.pop("nodeFeatures")) == 3
assert abs(stages["edgeClassifiers"][1].config.cut - 0.01) < 1e-6
try:
    gnn.trkx_acts.TrackBuilding(level=acts.logging.ERROR, minHits=3)
    sys.exit("no TypeError")
except TypeError as error:
    assert "TrackBuilding has no minHits" in str(error)
for track in acts.examples.gnn.GnnPipeline(**stages).run(features, list(range(len(features) // 3))):
    print(*track, "")
