#!/usr/bin/env python3
"""The overhead of the pipeline from Python compared with C: the same event, bundle and threads, alternating.

From C it is `trkx run`, event after event in one process, whose ledgers have the time of each run; from Python it is
the wall time around trkx.Pipeline.run(path), both from opening the files to the labels. Labels are compared first.
A ledger has the sum of the steps' times alone, which a Result has as well: the second figure is free of the machine's
noise.
Needs the package trkx (pip install ./python) and build/bin/trkx (scripts/build).

usage: python_overhead.py [--particles N] [--threads T] [--rounds N] [--events N] [--limit PERCENT]
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import packages  # noqa: F401  before those that may be missing
import numpy as np

import trkx

PROGRAM = pathlib.Path(__file__).resolve().parents[1] / "build" / "bin" / "trkx"


def from_c(paths, out, threads, bundle):
    """Seconds of each event."""
    subprocess.run([PROGRAM, "run", "--bundle", bundle, "--threads", str(threads), "--out", out, *paths], check=True)
    return [json.loads((out / f"{path.name}-ledger.json").read_text())["total"]["seconds"] for path in paths]


def from_python(paths, pipeline, outside):
    """The same; `outside` gets the share of each call's time that is not in the library's own record."""
    seconds = []
    for path in paths:
        start = time.perf_counter()
        result = pipeline.run(path)
        seconds.append(time.perf_counter() - start)
        outside.append(seconds[-1] / result.total.seconds - 1)
    return seconds


def compare_labels(paths, out, pipeline):
    for path in paths:
        tracks = np.loadtxt(out / f"{path.name}-tracks.csv", np.int64, delimiter=",", skiprows=1)[:, 1]
        if not np.array_equal(tracks, pipeline.run(path).labels):
            raise SystemExit(f"{path.name}: different tracks from Python and from C")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--particles", type=int, default=12263, help="a simulated event's (%(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="(%(default)s)")
    parser.add_argument("--rounds", type=int, default=9, help="rounds of each (%(default)s)")
    parser.add_argument("--events", type=int, default=4, help="timed runs per round, after a warm-up (%(default)s)")
    parser.add_argument("--limit", type=float, help="percent: fail if Python's median overhead is larger")
    arguments = parser.parse_args()
    pipeline = trkx.Pipeline(threads=arguments.threads)
    seconds, outside = {"C": [], "Python": []}, []
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        for number in range(arguments.events + 1):
            trkx.simulate(number=number, density=arguments.particles / 12263).write(directory)
        for part in ("truth", "particles"):  # only used for a ledger's comparison, which is not timed
            for path in directory.glob(f"*-{part}.csv"):
                path.unlink()
        paths = [directory / f"event{number:09d}" for number in range(arguments.events + 1)]
        from_c(paths, directory, arguments.threads, pipeline.bundle.directory)
        compare_labels(paths, directory, pipeline)
        for _ in range(arguments.rounds):
            seconds["C"].append(from_c(paths, directory, arguments.threads, pipeline.bundle.directory)[1:])
            seconds["Python"].append(from_python(paths, pipeline, outside)[1:])
    c, python = (np.array(seconds[name]) for name in ("C", "Python"))
    more = 100 * (statistics.median((python.sum(axis=1) / c.sum(axis=1)).tolist()) - 1)
    for name, values in (("C", c), ("Python", python)):
        print(f"{name:8s} min {values.min() * 1e3:8.2f} ms  median {np.median(values) * 1e3:8.2f} ms an event")
    print(f"Python costs {more:+.2f} % (median of {arguments.rounds} turns of {arguments.events} events)")
    print(f"of a call, {100 * statistics.median(outside):.2f} % is outside what the library records of its steps")
    if arguments.limit is not None and more > arguments.limit:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
