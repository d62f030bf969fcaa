"""The results of compare.py as tables in Markdown and as a plot."""
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

OURS, THEIRS = "#1b6ca8", "#b0b0b0"


def cases_of(rows):
    """{(part, case): its rows}, in their order."""
    cases = {}
    for row in rows:
        cases.setdefault((row["part"], row["case"]), []).append(row)
    return cases


def tables(rows, path):
    lines, last = [], None
    for (part, case), programs in cases_of(rows).items():
        if part != last:
            lines += ["", f"### {part}", "", "| case | program | min s | median s | times trkx (min, median) | |",
                      "|---|---|---|---|---|---|"]
        for i, row in enumerate(programs):
            lines.append(f"| {case if i == 0 else ''} | {row['program']} | {row['min_seconds']:.4f} | "
                         f"{row['median_seconds']:.4f} | {row['times_trkx_min']:.1f}, {row['times_trkx_median']:.1f} | "
                         f"{row['note']} |")
        last = part
    path.write_text("\n".join(lines).lstrip() + "\n")


def bars(rows, path):
    """A bar for each program, cases below each other, seconds on a logarithmic axis; how many times slower than
    trkx at its end."""
    cases = {k: v for k, v in cases_of(rows).items() if len(v) > 1}
    if not cases:
        return
    count = sum(len(v) + 1.6 for v in cases.values())
    figure, axes = plt.subplots(figsize=(9, 0.24 * count + 0.8), layout="constrained")
    y, smallest = 0.0, min(r["median_seconds"] for v in cases.values() for r in v)
    for (part, case), programs in cases.items():
        axes.text(smallest / 2, y, f"{part}: {case}", fontweight="bold", fontsize=8, va="center")
        for row in programs:
            y += 1
            ours = row["program"].startswith("trkx")
            axes.barh(y, row["median_seconds"], left=0, color=OURS if ours else THEIRS, height=0.8)
            times = "" if row["program"] == "trkx" else f"  x {row['times_trkx_median']:.1f}"
            axes.text(row["median_seconds"], y, f" {row['program']}{times}", va="center", fontsize=7)
        y += 1.6
    axes.set_xscale("log")
    axes.set_xlim(smallest / 2, 30 * max(r["median_seconds"] for v in cases.values() for r in v))
    axes.set_ylim(y - 0.6, -1)
    axes.set_yticks([])
    axes.set_xlabel("seconds (median)")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    figure.savefig(path, dpi=130)


def roofline(rows, roofs, path):
    """Rates of the networks under what the machine can do. roofs: GB/s of memory, GFLOP/s of sgemm. A network's
    intensity is its arithmetic over the bytes that have to move at least: its inputs, weights and outputs once."""
    memory, arithmetic = roofs
    rows = [row for row in rows if row["flop"]]
    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    intensities = [row["flop"] / row["bytes"] for row in rows]
    low, high = arithmetic / memory / 4, 3 * max(intensities)
    bend = arithmetic / memory
    axes.plot([low, bend, high], [low * memory, arithmetic, arithmetic], color="black", lw=1)
    axes.text(low * 1.1, low * memory, f"memory, {memory:.0f} GB/s", fontsize=8, va="top")
    axes.text(1.1 * bend, 1.03 * arithmetic, f"sgemm of OpenBLAS, {arithmetic:.0f} GFLOP/s; dotted: 60 %", fontsize=8,
              va="bottom")
    axes.axhline(0.6 * arithmetic, color="black", lw=0.6, ls=":")
    for row, intensity in zip(rows, intensities):
        ours, rate = row["program"].startswith("trkx"), row["flop"] / row["min_seconds"] / 1e9
        axes.plot(intensity, rate, "o" if ours else "s", color=OURS if ours else THEIRS)
        if ours:
            axes.annotate(row["case"].split(",")[0], (intensity, rate), fontsize=7, ha="center", va="top",
                          xytext=(0, -6), textcoords="offset points")
    axes.plot([], [], "o", color=OURS, label="trkx")
    axes.plot([], [], "s", color=THEIRS, label="stock ONNX Runtime")
    axes.legend(loc="lower left", fontsize=8, frameon=False)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("FLOP a byte of inputs, weights and outputs")
    axes.set_ylabel("GFLOP/s")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.savefig(path, dpi=130)
