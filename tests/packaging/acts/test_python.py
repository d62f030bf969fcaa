"""Prints the tracks that the example in Python finds, as that in C++ does, of hits in another order; and proves that
the module takes what ACTS' own stages take. usage: test_python.py BUNDLE HITS.CSV"""

import csv
import random
import sys
from pathlib import Path

import acts.examples
import gnn
import trkx_acts
from acts import logging


def expect(exception, text, call):
    try:
        call()
    except exception as error:
        assert text in str(error), error
    else:
        sys.exit(f"no {exception.__name__}: {text}")


def space_points(path):
    with open(path) as file:
        for i, hit in enumerate(csv.DictReader(file)):
            module = int(hit["volume_id"]) << 56 | int(hit["layer_id"]) << 36 | int(hit["module_id"]) << 8
            yield *(float(hit[name]) for name in "xyz"), module, i


def tracks(bundle, measurements, **replaced):
    whiteboard = {"measurement_subset": measurements}
    s = acts.examples.Sequencer(whiteboard)
    if replaced:
        gnn.addSpacePointsMaking(s, None, "selection.json", None)
        gnn.addGnn(s, **{**gnn.trkxStages(bundle, level=logging.ERROR), **replaced}, logLevel=logging.ERROR)
    else:
        gnn.addTrkx(s, bundle, None, "selection.json", level=logging.ERROR)
    s.run()
    return whiteboard["gnn-protoTracks"]


def check_conventions(directory):
    """Stage(Config, level), Stage(config=, level=), Stage(level, members), Config(members); levels are needed."""
    bundle = trkx_acts.Bundle(Path(directory))
    columns = trkx_acts.FeatureColumns(["r", "phi", "z"])
    Config = trkx_acts.TrackBuilding.Config
    config = Config(minCandidateSize=5, method=trkx_acts.Method.Walkthrough, bundle=bundle)
    assert Config().minCandidateSize == 3 and config.minCandidateSize == 5
    for stage in (
        trkx_acts.TrackBuilding(config, logging.ERROR),
        trkx_acts.TrackBuilding(config=config, level=logging.ERROR),
        trkx_acts.TrackBuilding(level=logging.ERROR, method=trkx_acts.Method.Walkthrough, bundle=bundle,
                                columns=columns, minCandidateSize=5),
        trkx_acts.TrackBuilding(logging.ERROR, minCandidateSize=5),
    ):
        assert stage.config.minCandidateSize == 5 and isinstance(stage, acts.gnn.TrackBuildingBase)
    expect(TypeError, "TrackBuilding has no minHits", lambda: trkx_acts.TrackBuilding(level=logging.ERROR, minHits=3))
    expect(TypeError, "TrackBuilding.Config has no minHits", lambda: Config(minHits=3))
    expect(TypeError, "level", lambda: trkx_acts.TrackBuilding(config=config))
    expect(TypeError, "level", lambda: trkx_acts.TrackBuilding(minCandidateSize=5))


directory, hits = sys.argv[1:]
check_conventions(directory)
stages = gnn.trkxStages(Path(directory), level=logging.ERROR)
assert abs(stages["edgeClassifiers"][1].config.cut - 0.01) < 1e-6 and stages["inputClusters"] == ""
points = list(space_points(hits))
random.Random(1).shuffle(points)
expect(ValueError, "trkx' stages compute on the CPU", lambda: tracks(directory, points, device=None))  # ACTS' default
for track in sorted(sorted(track) for track in tracks(directory, points)):
    print(*track, "")
