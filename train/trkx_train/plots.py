"""Learning curves from the logs, as config.toml's bundle.curves-<network>.png."""
import json

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from . import data

CURVES = {
    "embedding": (["positive"], ["efficiency", "above_500_mev"]),
    "filter": (["loss"], []),
    "gnn": (["loss"], ["score", "efficiency", "purity"]),
    "second_embedding": (["positive"], ["efficiency", "above_500_mev"]),
    "second_filter": (["loss"], []),
}


def curve(entries, key):
    chosen = [(entry["seconds"] / 60, entry[key]) for entry in entries if key in entry]
    return list(zip(*chosen)) or [(), ()]


def plot(name, losses, figures):
    entries = [json.loads(line) for line in (data.WORK / f"{name}.jsonl").read_text().splitlines()]
    figure, axis = pyplot.subplots(figsize=(4.5, 2.8), dpi=90)
    for key in losses:
        axis.plot(*curve(entries, key), color="tab:gray", label=f"{key} (training)")
    axis.set_xlabel("minutes")
    axis.set_ylabel("loss")
    other = axis.twinx()
    for key in figures:
        other.plot(*curve(entries, key), marker=".", label=f"{key.replace('_', ' ')} (validation)")
    other.set_yticks([]) if not figures else other.set_ylim(0, 1)
    lines = axis.lines + other.lines
    axis.legend(lines, [line.get_label() for line in lines], fontsize=7, loc="center right")
    axis.set_title(name)
    figure.tight_layout()
    figure.savefig(f"{data.REPOSITORY / data.config()['bundle']['curves']}-{name}.png")


def main():
    for name, (losses, figures) in CURVES.items():
        if data.has_second_pass() or not name.startswith("second"):
            plot(name, losses, figures)


if __name__ == "__main__":
    main()
