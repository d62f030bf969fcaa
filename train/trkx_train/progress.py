"""Shared by the three training loops: the clock, the learning rate, checkpoints and the log."""
import json
import math
import os
import time
from pathlib import Path

import torch

from . import start
from .data import WORK


class Run:
    """A training with a budget in minutes, which continues an interrupted one.

    In the working directory, <name>.pt: the checkpoint; <name>.jsonl: a line for each entry of the log.
    """

    def __init__(self, name, settings, network, optimizer):
        WORK.mkdir(parents=True, exist_ok=True)
        self.path, self.log_path = WORK / f"{name}.pt", WORK / f"{name}.jsonl"
        self.name, self.network, self.optimizer = name, network, optimizer
        self.budget, self.peak_rate = settings["minutes"] * 60, settings["learning_rate"]
        self.step, self.spent, self.mean = 0, 0.0, {}
        if self.path.exists():
            self._resume()
        else:
            self._begin()
        self.begun = time.time() - self.spent

    def _begin(self):
        self.log_path.unlink(missing_ok=True)
        if os.environ.get("TRKX_TRAIN_FROM"):
            start.load(self.network, Path(os.environ["TRKX_TRAIN_FROM"]) / f"{self.name}.onnx")

    def _resume(self):
        state = torch.load(self.path)
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.spent = state["step"], state["spent"]

    def save(self):
        temporary = self.path.with_suffix(".part")
        torch.save({"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict(),
                    "step": self.step, "spent": self.elapsed()}, temporary)
        temporary.rename(self.path)

    def elapsed(self):
        return time.time() - self.begun

    def share(self):
        return min(self.elapsed() / self.budget, 1.0)

    def schedule(self, share):
        """Rises over 50 steps, then falls as a cosine over the budget."""
        rate = self.peak_rate * min(1, (self.step + 1) / 50) * 0.5 * (1 + math.cos(math.pi * share)) + 1e-6
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    def smooth(self, **values):
        """Keeps running means of a step's figures."""
        for key, value in values.items():
            self.mean[key] = 0.98 * self.mean.get(key, value) + 0.02 * value

    def log(self, **values):
        entry = {"seconds": round(self.elapsed(), 1), "step": self.step}
        entry.update({k: round(float(v), 5) for k, v in {**self.mean, **values}.items()})
        with open(self.log_path, "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        print(self.name + ": " + "  ".join(f"{k} {v:g}" for k, v in entry.items()), flush=True)


def load_weights(name, network):
    """A trained network, ready for use."""
    network.load_state_dict(torch.load(WORK / f"{name}.pt")["network"])
    return network.eval()
