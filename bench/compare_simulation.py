#!/usr/bin/python3
"""Compares simulated events with a real TrackML event: a table on standard output, plots in a directory.

    compare_simulation.py --detectors detectors.csv.gz --out docs/img SIMULATED_DIRECTORY REAL_PREFIX

Simulate with the density and the luminous region of the real event (trkx simulate --density 0.0447
--sigma-z 49 --events 20). With --sample, the generated particles of a full-density event, hits per particle
are compared with a simulated full-density event (--full PREFIX) as well.
"""
import argparse
import glob
import os

import packages  # noqa: F401  before those that may be missing
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

VOLUMES = {7: "pixel disks -", 8: "pixel barrel", 9: "pixel disks +", 12: "short disks -", 13: "short barrel",
           14: "short disks +", 16: "long disks -", 17: "long barrel", 18: "long disks +"}
ROTATION = ["rot_xu", "rot_xv", "rot_xw", "rot_yu", "rot_yv", "rot_yw", "rot_zu", "rot_zv", "rot_zw"]
REAL, SIMULATED = "#222222", "#d1495b"


def read(prefix, part):
    for ending in (".csv.gz", ".csv"):
        if os.path.exists(f"{prefix}-{part}{ending}"):
            return pd.read_csv(f"{prefix}-{part}{ending}")
    raise SystemExit(f"{prefix}-{part}.csv[.gz] is missing")


def local(modules, vectors):
    rotation = modules[ROTATION].to_numpy().reshape(-1, 3, 3)
    return np.einsum("nij,ni->nj", rotation, vectors)


def read_event(prefix, detectors):
    """One row per hit, with residuals in the module's frame and features of its cells; and the particles."""
    hits = read(prefix, "hits").merge(read(prefix, "truth"), on="hit_id")
    hits = hits.merge(detectors, on=["volume_id", "layer_id", "module_id"])
    center = hits[["cx", "cy", "cz"]].to_numpy()
    measured = local(hits, hits[["x", "y", "z"]].to_numpy() - center)
    true = local(hits, hits[["tx", "ty", "tz"]].to_numpy() - center)
    momentum = local(hits, hits[["tpx", "tpy", "tpz"]].to_numpy())
    hits["du"], hits["dv"] = (measured - true)[:, 0], (measured - true)[:, 1]
    hits["slope"] = np.hypot(momentum[:, 0], momentum[:, 1]) / np.abs(momentum[:, 2])
    cells = read(prefix, "cells").groupby("hit_id").value.agg(["size", "sum"])
    hits = hits.merge(cells, left_on="hit_id", right_index=True)
    hits["noise"] = hits.particle_id == 0
    hits["event"] = prefix
    return hits, kinematics(read(prefix, "particles").assign(event=prefix))


def kinematics(particles):
    pt = np.hypot(particles.px, particles.py)
    return particles.assign(pt=pt, eta=np.arcsinh(particles.pz / pt), r=np.hypot(particles.vx, particles.vy))


def read_events(prefixes, detectors):
    events = [read_event(p, detectors) for p in prefixes]
    return pd.concat([e[0] for e in events]), pd.concat([e[1] for e in events]), len(events)


def half_width(values):
    """Half of the central 68 %."""
    low, high = np.quantile(values, [0.16, 0.84])
    return (high - low) / 2


def overlaps(hits):
    true = hits[~hits.noise]
    return true.groupby(["event", "particle_id", "volume_id", "layer_id"]).size().groupby("volume_id").mean()


QUANTITIES = [
    ("share of hits", lambda h, all_hits: len(h) / len(all_hits), "{:.3f}"),
    ("noise", lambda h, _: h.noise.mean(), "{:.3f}"),
    ("residual u, mm", lambda h, _: half_width(h[~h.noise].du), "{:.4f}"),
    ("residual v, mm", lambda h, _: half_width(h[~h.noise].dv), "{:.3f}"),
    ("cells per hit", lambda h, _: h[~h.noise]["size"].mean(), "{:.2f}"),
    ("cells per noise hit", lambda h, _: h[h.noise]["size"].mean(), "{:.2f}"),
    ("sum of values", lambda h, _: h[~h.noise]["sum"].median(), "{:.3f}"),
]


def print_table(real, simulated):
    lines = {real_or: overlaps(hits) for real_or, hits in (("real", real), ("simulated", simulated))}
    names = [q[0] for q in QUANTITIES] + ["hits per crossed layer"]
    print("| volume | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 1) + "|")
    for volume, name in VOLUMES.items():
        a, b = real[real.volume_id == volume], simulated[simulated.volume_id == volume]
        row = [f"{text.format(f(a, real))} / {text.format(f(b, simulated))}" for _, f, text in QUANTITIES]
        row.append(f"{lines['real'][volume]:.2f} / {lines['simulated'][volume]:.2f}")
        print(f"| {name} | " + " | ".join(row) + " |")


def print_particles(title, real, simulated):
    print(f"\n| {title} | real | simulated |\n|---|---|---|")
    rows = [("particles", lambda p: f"{len(p) / p.event.nunique():.0f}"),
            ("hits per particle", lambda p: f"{p.nhits.mean():.2f}"),
            ("without hits", lambda p: f"{(p.nhits == 0).mean():.3f}"),
            ("pT median, GeV", lambda p: f"{p.pt.median():.3f}"),
            ("pT 95 %, GeV", lambda p: f"{p.pt.quantile(.95):.2f}"),
            ("produced beyond r = 1 mm", lambda p: f"{(p.r > 1).mean():.3f}"),
            ("hits of those", lambda p: f"{p[p.r > 1].nhits.mean():.2f}")]
    for name, f in rows:
        print(f"| {name} | {f(real)} | {f(simulated)} |")


def steps(axis, real, simulated, bins, label):
    for values, color, name in ((real, REAL, "real"), (simulated, SIMULATED, "simulated")):
        axis.hist(values, bins=bins, density=True, histtype="step", color=color, label=name)
    axis.set_xlabel(label)
    axis.set_yticks([])


def plot_sensors(real, simulated, path):
    figure, axes = plt.subplots(3, 4, figsize=(12, 7.5))
    for row, volume in enumerate((8, 13, 17)):
        a, b = (h[(h.volume_id == volume) & ~h.noise] for h in (real, simulated))
        u, v = 4 * half_width(a.du), 2.5 * half_width(a.dv)
        steps(axes[row, 0], a.du, b.du, np.linspace(-u, u, 40), "residual u, mm")
        steps(axes[row, 1], a.dv, b.dv, np.linspace(-v, v, 40), "residual v, mm")
        steps(axes[row, 2], a["size"], b["size"], np.arange(0.5, 20), "cells per hit")
        high = a["sum"].quantile(0.98)
        steps(axes[row, 3], a["sum"], b["sum"], np.linspace(0, high, 30), "sum of cell values")
        axes[row, 0].set_ylabel(VOLUMES[volume])
    axes[0, 0].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=70)


def layer_counts(hits, events):
    keys = sorted(set(zip(hits.volume_id, hits.layer_id)))
    counts = hits.groupby(["volume_id", "layer_id"]).size() / events
    return [counts.get(k, 0) for k in keys], [f"{v}/{l}" for v, l in keys]


def plot_event(real, real_particles, simulated, particles, events, path):
    figure, axes = plt.subplots(2, 2, figsize=(12, 6.5))
    steps(axes[0, 0], real_particles.nhits, particles.nhits, np.arange(-0.5, 21), "hits per particle")
    bins = np.geomspace(0.1, 10, 31)
    steps(axes[0, 1], real_particles.pt, particles.pt, bins, "pT, GeV")
    axes[0, 1].set_xscale("log")
    real_counts, names = layer_counts(real, 1)
    counts, _ = layer_counts(simulated, events)
    at = np.arange(len(names))
    axes[1, 0].bar(at, real_counts, color="#bbbbbb", label="real")
    axes[1, 0].step(at, counts, where="mid", color=SIMULATED, label="simulated")
    axes[1, 0].set_xticks(at[::2], names[::2], rotation=90, fontsize=6)
    axes[1, 0].set_xlabel("hits by volume/layer")
    steps(axes[1, 1], real.slope[real.volume_id == 8].clip(0, 8), simulated.slope[simulated.volume_id == 8].clip(0, 8),
          np.linspace(0, 8, 40), "slope against the normal, pixel barrel")
    for axis in axes.flat[[0, 2]]:
        axis.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=70)


def plot_full(sample, full, path):
    figure, axes = plt.subplots(1, 3, figsize=(12, 3.4))
    steps(axes[0], sample.nhits[sample.r < 1], full.nhits[full.r < 1], np.arange(-0.5, 21),
          "hits per particle, produced at the beam")
    steps(axes[1], sample.nhits[sample.r > 1], full.nhits[full.r > 1], np.arange(-0.5, 21),
          "hits per particle, produced beyond 1 mm")
    steps(axes[2], sample.r[sample.r > 1], full.r[full.r > 1], np.linspace(0, 1000, 101), "radius of the vertex, mm")
    axes[2].set_yscale("log")
    axes[0].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=70)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("simulated", help="directory of simulated events")
    parser.add_argument("real", help="prefix of the real event")
    parser.add_argument("--detectors", required=True)
    parser.add_argument("--out", default=".", help="directory of the plots")
    parser.add_argument("--sample", help="particles of a full-density event")
    parser.add_argument("--full", help="prefix of a simulated full-density event, with --sample")
    arguments = parser.parse_args()
    detectors = pd.read_csv(arguments.detectors)
    names = sorted(glob.glob(os.path.join(arguments.simulated, "*-hits.csv*")))
    prefixes = [name[:name.rindex("-hits.csv")] for name in names]
    real, real_particles, _ = read_events([arguments.real], detectors)
    simulated, particles, events = read_events(prefixes, detectors)
    os.makedirs(arguments.out, exist_ok=True)
    print_table(real, simulated)
    print_particles("reduced density", real_particles, particles)
    plot_sensors(real, simulated, os.path.join(arguments.out, "simulation-sensors.png"))
    plot_event(real, real_particles, simulated, particles, events,
               os.path.join(arguments.out, "simulation-event.png"))
    if arguments.sample and arguments.full:
        sample = kinematics(pd.read_csv(arguments.sample).assign(event="sample"))
        full = kinematics(read(arguments.full, "particles").assign(event="full"))
        print_particles("full density", sample, full)
        plot_full(sample, full, os.path.join(arguments.out, "simulation-particles.png"))


if __name__ == "__main__":
    main()
