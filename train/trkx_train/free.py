"""The hits that the first pass leaves, from which the second pass's networks learn: in out/free.

Exports the first pass as a bundle of its own (out/first), and runs it on the events.
"""
import numpy as np

from . import data, export, library


def main():
    directory = data.WORK / "first"
    export.export_networks(directory, export.FIRST_PASS)
    export.write_bundle(directory, export.FIRST_PASS, export.START_CUT, {})
    (data.WORK / "free").mkdir(exist_ok=True)
    pipeline = library.Pipeline(directory, threads=2)
    jobs = [(kind, i) for kind in ("validation", "train") for i in range(data.count(kind))]
    for done, job in enumerate(jobs, 1):
        np.save(data.free_path(*job), np.where(pipeline.label(data.load_event(*job)) == 0)[0])
        print(f"\rfree: {done}/{len(jobs)} events", end="" if done < len(jobs) else "\n", flush=True)


if __name__ == "__main__":
    main()
