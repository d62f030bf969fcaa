#!/usr/bin/python3
"""Compares simulated events of full density with real ones, whose cells are not needed: tables on standard output.

    compare_full_events.py --events 18 REAL_DIRECTORY SIMULATED_DIRECTORY...

Of each directory the first events by number are taken. Simulate with as many particles as the real events have (trkx
simulate --particles 9740 --no-cells --events 18). The truth of the real events may be reconstructed: what is taken from
it are residuals and hits by layer of particles from the beam; decays and hits per particle are those of the particles
files, noise is what remains of the hits.
"""
import argparse
import glob
import os

import packages  # noqa: F401  before those that may be missing
import numpy as np
import pandas as pd
from compare_simulation import VOLUMES, half_width, read

FIELD = 2 * 0.299792458e-3                               # GeV/mm: radius of a track per pT in 2 T
BEAM = 0.1                                               # mm: as in make_particle_tables.py
DECAY_PT = [(0.1, 0.2), (0.2, 0.35), (0.35, 0.7), (0.7, np.inf)]
TRACK_PT = [(0.3, 0.5), (0.5, 0.8), (0.8, 1.2), (1.2, 10)]
HITS_PT = [(0.15, 0.25), (0.25, 0.35), (0.35, 0.5), (0.5, 1), (1, 1.5)]
HITS_ETA = [(0, 0.8), (0.8, 1.5), (1.5, 2.5), (2.5, 4)]
LAYERS = [(8, 2), (8, 4), (8, 6), (8, 8), (13, 2), (13, 4), (13, 6), (13, 8), (17, 2), (17, 4)]


def read_event(prefix, number):
    hits = read(prefix, "hits").merge(read(prefix, "truth")[["hit_id", "particle_id"]], on="hit_id")
    p = read(prefix, "particles")
    ids = p.particle_id.to_numpy()
    p["collision"], p["material"] = ids >> 52, (ids & 0xfff) != 0
    p["pt"] = np.hypot(p.px, p.py)
    p["eta"] = np.abs(np.arcsinh(p.pz / p.pt))
    middle = p[(np.hypot(p.vx, p.vy) < BEAM) & ~p.material].groupby("collision")[["vx", "vy", "vz"]].median()
    p = p.join(middle.rename(columns=lambda name: "middle_" + name), on="collision")
    for axis in "xyz":
        p["flight_" + axis] = p["v" + axis] - p["middle_v" + axis]
    p["flight"] = np.hypot(p.flight_x, p.flight_y)
    p["beam"] = ~p.material & (p.flight < BEAM)
    p["decay"] = ~p.material & (p.flight > 1)
    return hits.assign(event=number), p.assign(event=number)


def read_directory(directory, count):
    names = sorted(glob.glob(os.path.join(directory, "*-hits.csv*")))[:count]
    events = [read_event(name[:name.rindex("-hits.csv")], number) for number, name in enumerate(names)]
    return pd.concat([e[0] for e in events]), pd.concat([e[1] for e in events])


def impact(p):
    """Distances (mm) of the helix in 2 T from the collision: across the beam, and along it there."""
    radius, ux, uy = p.pt / FIELD, p.px / p.pt, p.py / p.pt
    cx, cy = p.flight_x + p.q * radius * uy, p.flight_y - p.q * radius * ux
    turn = np.arctan2(-cy, -cx) - np.arctan2(p.flight_y - cy, p.flight_x - cx)
    path = -p.q * np.angle(np.exp(1j * turn)) * radius
    return np.abs(np.hypot(cx, cy) - radius), np.abs(p.flight_z + path * p.pz / p.pt)


def decays(hits, particles):
    rows = {}
    for low, high in DECAY_PT:
        d = particles[particles.decay & (particles.pt >= low) & (particles.pt < high)]
        cosine = (d.flight_x * d.px + d.flight_y * d.py) / (d.flight * d.pt)
        d0, z0 = impact(d)
        name = f"pT {low} to {high} GeV: "
        rows |= {name + "cosine < 0.9": (cosine < 0.9).mean(), name + "median d0, mm": d0.median(),
                 name + "median z0, mm": z0.median(), name + "hits": d.nhits.mean()}
    return rows


def noise(hits, particles):
    by_event = hits.groupby("event").size() - particles.groupby("event").nhits.sum()
    by_volume = hits.groupby("volume_id").particle_id.agg(["size", lambda ids: (ids == 0).sum()])
    rows = {"noise per event": by_event.mean(), "standard deviation": by_event.std()}
    return rows | {f"noise by truth, {name}": by_volume.iloc[:, 1][volume] / by_volume["size"][volume]
                   for volume, name in VOLUMES.items()}


def fourth_hit(hits, particles, layers):
    """Half widths of the distance (mm) of the fourth layer's hit from the circle through three hits, and in z from
    their line, of particles with one hit in each."""
    near = hits.merge(particles[["event", "particle_id"]], on=["event", "particle_id"])
    tracks = None
    for i, (volume, layer) in enumerate(layers):
        one = near[(near.volume_id == volume) & (near.layer_id == layer)]
        one = one.drop_duplicates(["event", "particle_id"], keep=False).set_index(["event", "particle_id"])
        one = one[["x", "y", "z"]].add_suffix(str(i))
        tracks = one if tracks is None else tracks.join(one, how="inner")
    x, y, z = ([tracks[axis + str(i)].to_numpy() for i in range(4)] for axis in "xyz")
    ax, ay, bx, by = x[1] - x[0], y[1] - y[0], x[2] - x[0], y[2] - y[0]
    a2, b2, twice = ax**2 + ay**2, bx**2 + by**2, 2 * (ax * by - ay * bx)
    ux, uy = (by * a2 - ay * b2) / twice, (ax * b2 - bx * a2) / twice
    radius = np.hypot(ux, uy)
    arcs = [2 * radius * np.arcsin(np.clip(np.hypot(x[i + 1] - x[i], y[i + 1] - y[i]) / (2 * radius), 0, 1))
            for i in (1, 2)]
    across = np.hypot(x[3] - x[0] - ux, y[3] - y[0] - uy) - radius
    return half_width(across), half_width(z[3] - z[2] - (z[2] - z[1]) * arcs[1] / arcs[0])


def scattering(hits, particles):
    rows = {}
    for first in (0, 2, 4, 6):
        layers = LAYERS[first:first + 4]
        for low, high in TRACK_PT:
            chosen = particles[particles.beam & (particles.eta < 1) & (particles.pt >= low) & (particles.pt < high)]
            across, along = fourth_hit(hits, chosen, layers)
            name = f"{layers[0][0]}/{layers[0][1]} to {layers[3][0]}/{layers[3][1]}, {low} to {high} GeV: "
            rows |= {name + "across, mm": across, name + "z, mm": along}
    return rows


def barrel(hits, particles):
    events = particles.event.nunique()
    beam = particles[particles.beam]
    central = beam[(beam.pt >= 1) & (beam.pt < 1.5) & (beam.eta < 0.8)]
    near = hits.merge(central[["event", "particle_id"]], on=["event", "particle_id"])
    counts = near.groupby(["volume_id", "layer_id"]).size() / len(central)
    by_volume = hits.groupby("volume_id").size() / events
    fast = beam.pt > 0.5
    rows = {"hits per event": len(hits) / events, "beam particles above 0.5 GeV: |eta| < 1": (beam.eta < 1)[fast].mean()}
    rows |= {f"hits, {name}": by_volume[volume] for volume, name in VOLUMES.items()}
    return rows | {f"hits in {v}/{l} of a central beam particle of 1 to 1.5 GeV": counts[v, l] for v, l in LAYERS}


def hits_per_particle(hits, particles):
    rows = {name: particles[chosen].nhits.mean() for name, chosen in
            (("from the beam", particles.beam), ("from decays", particles.decay), ("from material", particles.material))}
    rows["from material: with at least 4"] = (particles[particles.material].nhits >= 4).mean()
    for low, high in HITS_PT:
        for near, far in HITS_ETA:
            p = particles[particles.beam & (particles.pt >= low) & (particles.pt < high) & (particles.eta >= near)
                          & (particles.eta < far)]
            rows[f"beam, {low} to {high} GeV, |eta| {near} to {far}"] = p.nhits.mean()
    return rows


def number(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=18, help="of each directory (%(default)s)")
    parser.add_argument("directories", nargs="+", metavar="DIRECTORY")
    arguments = parser.parse_args()
    samples = [read_directory(directory, arguments.events) for directory in arguments.directories]
    names = [os.path.basename(os.path.normpath(directory)) for directory in arguments.directories]
    for table in (decays, noise, scattering, barrel, hits_per_particle):
        columns = [table(*sample) for sample in samples]
        print(f"\n| {table.__name__.replace('_', ' ')} | " + " | ".join(names) + " |\n|---" + "|---" * len(names) + "|")
        for name in columns[0]:
            print(f"| {name} | " + " | ".join(number(column[name]) for column in columns) + " |")


if __name__ == "__main__":
    main()
