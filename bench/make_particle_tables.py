#!/usr/bin/python3
"""Writes sim/particle_tables.h from the particles of real TrackML events.

    make_particle_tables.py EVENT-particles.csv[.gz]... > sim/particle_tables.h

Each file has the columns particle_id vx vy vz px py pz (mm, GeV): the charged particles of one event. What goes
into the header are quantiles (inverse distribution functions) only: of each quantity, in bands of those that it
depends on.

An id tells the collision (bits 52 and above) and whether a particle comes from material (low 12 bits not 0). The
others come from the beam if they were made within 0.1 mm of the collision in the transverse plane, otherwise from
a decay in flight. The flight of a displaced particle is the line from its collision to its vertex: the angle
between flight and momentum is small for fast particles, because decays and interactions give only a few hundred
MeV across the flight.
"""
import sys

import packages  # noqa: F401  before those that may be missing
import numpy as np
import pandas as pd

BEAM = 0.1                                               # mm: transverse distance from the collision
MIN_PT, MAX_ETA = 0.1, 4                                 # GeV; beyond, no particle is listed
ETA_BANDS = [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, MAX_ETA]
DECAY_BANDS = [BEAM, 1, 6, 20, 60, 200, 2000]            # mm: radius of the vertex
SECONDARY_BANDS = [1, 24, 40, 100, 210, 300, 600, 2000]
# mm: radius from, to, |z| from, to: beam pipe, pixel layers and disks, the cylinder around them, layers of strips, end
# plate, disks of short and of long strips. The first that holds a vertex counts.
MATERIAL = [(1, 24, 0, 9999), (24, 55, 0, 550), (55, 95, 0, 550), (95, 145, 0, 550), (145, 190, 0, 550),
            (1, 190, 550, 9999), (190, 210, 0, 9999), (210, 310, 0, 1150), (310, 430, 0, 1150), (430, 580, 0, 1150),
            (580, 740, 0, 1150), (740, 2000, 0, 1150), (210, 2000, 1150, 1200),
            (210, 740, 1200, 9999), (740, 2000, 1200, 9999)]
STEEPNESS_CLASSES = [1 / 3, 2 / 3]                       # quantiles of the flight's length over its radius
MOMENTUM_BANDS = [0, 0.14, 0.2, 0.28, 0.4, 0.55, 0.8, 1.2, 2, 4, np.inf]  # GeV
FAST = 0.4                                               # GeV: from here angles are inverse to the momentum
FEW = 60                                                 # particles: too few for quantiles of their own
BANDS = 7
EVEN, FINE = np.linspace(0, 1, 33), np.linspace(0, 1, 65)
COARSE = np.linspace(0, 0.985, 17)                       # the rest would hang on single particles
# Steeper towards the end, where a spectrum has its tail.
SPECTRUM = np.concatenate([np.linspace(0, 0.96, 25), [0.98, 0.99, 0.995, 0.9975, 0.999, 0.9998, 1]])


def row(values):
    return "{" + ", ".join(f"{x:.4g}" for x in values) + "}"


def rows(lists):
    return "{" + ",\n".join(lists) + "}"


def read_particles(path):
    """Charged particles with their collision's position, flight and angle."""
    p = pd.read_csv(path)
    ids = p.particle_id.to_numpy()
    p["collision"], p["material"] = ids >> 52, (ids & 0xfff) != 0
    at_beam = p[(np.hypot(p.vx, p.vy) < BEAM) & ~p.material]
    middle = at_beam.groupby("collision")[["vx", "vy", "vz"]].median()
    p = p[p.collision.isin(middle.index)]                # a few collisions have no particle at the beam
    flight = p[["vx", "vy", "vz"]].to_numpy() - middle.loc[p.collision].to_numpy()
    momentum = p[["px", "py", "pz"]].to_numpy()
    across, length = np.hypot(flight[:, 0], flight[:, 1]), np.linalg.norm(flight, axis=1)
    p["r"] = np.where(p.material, np.hypot(p.vx, p.vy), across)
    p["z"] = np.where(p.material, p.vz, flight[:, 2])
    p["steepness"] = length / np.maximum(across, 1e-6)
    p["p"], p["pt"] = np.linalg.norm(momentum, axis=1), np.hypot(p.px, p.py)
    p["eta"] = np.arcsinh(p.pz / p.pt)
    cosine = np.einsum("ij,ij->i", flight, momentum) / np.maximum(p.p * length, 1e-9)
    p["angle"] = np.arccos(np.clip(cosine, -1, 1))
    return p


def angle_rows(particles):
    """Quantiles of the angle by momentum, of fast particles times the momentum; of all radii where a band has few
    particles."""
    def quantiles(chosen, rest):
        p = chosen if len(chosen) >= FEW else rest
        return row(np.quantile(p.angle * np.where(p.p < FAST, 1, p.p), COARSE))
    edges, (chosen, rest) = MOMENTUM_BANDS, particles
    pairs = [(chosen[(chosen.p >= a) & (chosen.p < b)], rest[(rest.p >= a) & (rest.p < b)])
             for a, b in zip(edges, edges[1:])]
    return rows([quantiles(*pair) for pair in pairs])


def place_rows(particles, places):
    """For each place the share of the particles up to it, and quantiles of radius and |z|."""
    upto, radius, z, left = [], [], [], particles
    for r_from, r_to, z_from, z_to in places:
        inside = (left.r >= r_from) & (left.r < r_to) & (np.abs(left.z) >= z_from) & (np.abs(left.z) < z_to)
        here, left = left[inside], left[~inside]
        upto.append(1 - len(left) / len(particles))
        radius.append(row(np.quantile(here.r, EVEN)))
        z.append(row(np.quantile(np.abs(here.z), FINE)))
    return row(upto[:-1] + [1]), rows(radius), rows(z)


def population(name, comment, everything, chosen, places, bands, momentum):
    """Quantiles of the chosen particles, by place, and in bands of the vertex's radius."""
    p = everything[chosen]
    edges, class_edges, spectra, angle = [], [], [], []
    for low, high in zip(bands, bands[1:]):
        s = p[(p.r >= low) & (p.r < high)]
        edges.append(f"{high:g}")
        limits = np.quantile(s.steepness, STEEPNESS_CLASSES)
        classes = [s[np.digitize(s.steepness, limits) == c] for c in range(len(limits) + 1)]
        class_edges.append(row(limits))
        spectra.append(rows([row(np.quantile(momentum(c), SPECTRUM)) for c in classes]))
        angle.append(angle_rows((s, p)))
    print(f"/* {comment} */\nstatic const struct population {name} = {{")
    print(f"    .share = {len(p) / len(everything):.4f},\n    .places = {len(places)},\n    .bands = {len(bands) - 1},")
    upto, radius, z = place_rows(p, places)
    for field, text in (("upto", upto), ("radius", radius), ("z", z),
                        ("edges", "{" + ", ".join(edges) + "}"), ("steepness", rows(class_edges)),
                        ("momentum", rows(spectra)), ("angle", rows(angle))):
        print(f"    .{field} = {text},")
    print("};\n")


def beam(p):
    eta = np.abs(p.eta)
    print("/* Made at the beam: absolute pseudorapidity; pt in GeV in bands of it. */")
    print(f"static const double BEAM_ETA[EVEN] = {row(np.quantile(eta, EVEN))};")
    print(f"static const double BEAM_ETA_EDGES[ETA_BANDS] = {row(ETA_BANDS[1:])};")
    spectra = [row(np.quantile(p.pt[(eta >= a) & (eta < b)], SPECTRUM)) for a, b in zip(ETA_BANDS, ETA_BANDS[1:])]
    print(f"static const double BEAM_PT[ETA_BANDS][SPECTRUM] = {rows(spectra)};\n")


HEADER = f"""/* Generated by bench/make_particle_tables.py: quantiles of the charged particles of TrackML events. */
#ifndef TRKX_SIM_PARTICLE_TABLES_H
#define TRKX_SIM_PARTICLE_TABLES_H

#include <math.h>

enum {{ PLACES = {len(MATERIAL)}, BANDS = {BANDS}, CLASSES = {len(STEEPNESS_CLASSES) + 1}, MOMENTA = {len(MOMENTUM_BANDS) - 1}, ETA_BANDS = {len(ETA_BANDS) - 1}, EVEN = {len(EVEN)}, FINE = {len(FINE)}, COARSE = {len(COARSE)}, SPECTRUM = {len(SPECTRUM)} }};

/* GeV: see `angle` below. */
static const double FAST = {FAST};

/* No particle is listed beyond: GeV, pseudorapidity. */
static const double LISTED_PT = {MIN_PT}, LISTED_ETA = {MAX_ETA};

/* Particles made away from the beam. Quantiles are at equidistant probabilities, those of momenta at
 * SPECTRUM_LEVELS, those of angles without the largest 1.5 %. */
struct population {{
    double share; /* of all particles */
    int places, bands;
    double upto[PLACES];                   /* share of these particles made in the places up to each */
    double radius[PLACES][EVEN];           /* mm: of the vertex; decays: from the collision */
    double z[PLACES][FINE];                /* mm: |z| of the vertex; decays: from the collision's */
    double edges[BANDS];                   /* mm: upper edges of the bands of radius in which the rest is given */
    double steepness[BANDS][CLASSES - 1];  /* length over radius of the flight, between the classes of momenta */
    double momentum[BANDS][CLASSES][SPECTRUM]; /* GeV; decays: over length / radius of the flight */
    double angle[BANDS][MOMENTA][COARSE];  /* rad: between flight and momentum, by momentum; from FAST on times
                                              the momentum in GeV, which then hardly matters any more */
}};
"""


def main():
    p = pd.concat([read_particles(path) for path in sys.argv[1:]], ignore_index=True)
    displaced = p.material | (p.r >= BEAM)
    print(HEADER)
    print("/* Probabilities at which spectra are given. */")
    print(f"static const double SPECTRUM_LEVELS[SPECTRUM] = {row(SPECTRUM)};\n")
    print("/* GeV: upper edges of the bands of momentum in which angles are given. */")
    print(f"static const double MOMENTUM_EDGES[MOMENTA] = {row(MOMENTUM_BANDS[1:]).replace('inf', 'INFINITY')};\n")
    beam(p[~displaced])
    population("DECAYS", "From decays in flight.", p, displaced & ~p.material,
               [(a, b, 0, np.inf) for a, b in zip(DECAY_BANDS, DECAY_BANDS[1:])], DECAY_BANDS,
               lambda s: s.p / s.steepness)
    population("SECONDARIES", "From material.", p, p.material, MATERIAL, SECONDARY_BANDS, lambda s: s.p)
    print("#endif")


if __name__ == "__main__":
    main()
