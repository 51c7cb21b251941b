"""Draw the curves given on stdin, cost against size; runs in the environment with matplotlib."""

import json
import sys

import matplotlib as mpl

mpl.use("svg")
# A fixed salt for IDs and no fonts, so that equal figures give an equal file.
mpl.rcParams.update({"svg.hashsalt": "ecsplan", "svg.fonttype": "none", "font.size": 9})

from matplotlib import pyplot as plt  # noqa: E402 - after the choice of the format


def main() -> int:
    curves = json.load(sys.stdin)
    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    for (name, points), marker in zip(curves.items(), "osD^vP*X", strict=False):
        sizes, seconds = zip(*points, strict=True)
        axes.plot(sizes, seconds, marker=marker, markersize=4, linewidth=1.2, label=name)
    axes.set(xscale="log", yscale="log", xlabel="size", ylabel="seconds")
    axes.grid(which="major", linewidth=0.3)
    axes.legend(frameon=False)
    figure.savefig(sys.argv[1], metadata={"Date": None, "Creator": None})
    return 0


if __name__ == "__main__":
    sys.exit(main())
