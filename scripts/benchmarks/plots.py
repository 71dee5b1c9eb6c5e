"""Pictures of the results, as SVG."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.results import Record, Results, failed, misses

OURS, THEIRS, MISSED = "#0b6e99", "#b0532d", "#c2185b"
STYLES = ("-", "--", ":", "-.")
MARKS = ("o", "s", "^", "D")


@dataclass(frozen=True)
class Picture:
    """A file, and what it shows."""

    file: str
    title: str


@dataclass(frozen=True)
class Curve:
    """Cost as work grows: which rows, along which argument, and what tells the lines apart."""

    name: str
    title: str
    label: str
    workload: str
    x: str
    lines: str = ""
    only: Mapping[str, Any] = field(default_factory=dict)
    per_byte: bool = False

    def points(self, results: Results) -> dict[str, list[Record]]:
        """Return the rows of each line, in the order of the argument."""
        found: dict[str, list[Record]] = {}
        for row in results.rows.values():
            args = row["args"]
            if (
                row["workload"] == self.workload
                and not failed(row)
                and self.x in args
                and row["contest"] not in ("pyomq", "own libzmq")
                and all(args.get(key) == value for key, value in self.only.items())
            ):
                line = row["contest"] if self.lines == "contest" else args.get(self.lines, "")
                found.setdefault(str(line), []).append(row)
        return {
            line: sorted(rows, key=lambda row: row["args"][self.x])
            for line, rows in found.items()
            if len(rows) > 1
        }

    def value(self, row: Record, side: str) -> float:
        """Return a point's height: microseconds, or gigabytes a second."""
        seconds: float = row[side]
        return row["args"]["size"] / seconds / 1e9 if self.per_byte else seconds * 1e6


CURVES = (
    Curve("size", "Send and receive, inproc: size, for 1, 3 and 10 parts", "bytes of a part",
          "inproc", "size", "parts"),
    Curve("parts", "Send and receive, inproc: number of parts of 100 bytes", "parts",
          "inproc", "parts", only={"size": 100}),
    Curve("sockets", "Send, poll, receive: number of sockets polled", "sockets",
          "poll", "sockets"),
    Curve("waiting", "Greenlets, PUSH to PULL inproc: how many others wait", "waiting (0 as 1)",
          "green_push", "waiting", "contest", {"transport": "inproc"}),
    Curve("subscribers", "PUB to SUB, inproc: number of subscribers", "subscribers",
          "fan_out", "subscribers"),
    Curve("wire", "Two processes, throughput: size", "bytes",
          "throughput", "size", "transport"),
    Curve("uncopied", "Two processes, tcp, one side without a copy: size", "bytes",
          "zero_copy", "size", "side", per_byte=True),
)  # fmt: skip


def draw(results: Sequence[Results], folder: Path) -> list[Picture]:
    """Draw everything that the results hold; return the pictures in their order."""
    matplotlib: Any = importlib.import_module("matplotlib")
    matplotlib.use("svg")
    matplotlib.rcParams.update(
        {
            "svg.hashsalt": "ctzmq",
            "svg.fonttype": "none",
            "font.size": 9,
            "axes.grid": True,
            "grid.alpha": 0.3,
        }
    )
    pyplot: Any = importlib.import_module("matplotlib.pyplot")
    pictures = [overview(pyplot, results, folder)]
    for curve in CURVES:
        shown = [each for each in results if curve.points(each)]
        if shown:
            pictures.append(draw_curve(pyplot, curve, shown, folder))
    return pictures


def save(pyplot: Any, figure: Any, folder: Path, picture: Picture) -> Picture:
    """Write a picture; the same results give the same file."""
    figure.tight_layout()
    figure.savefig(folder / picture.file, metadata={"Date": None})
    pyplot.close(figure)
    return picture


def draw_curve(pyplot: Any, curve: Curve, results: Sequence[Results], folder: Path) -> Picture:
    """Draw the lines of ctzmq and its peers, with one panel for each interpreter."""
    width = 4.2 * len(results) + 0.8
    figure, panels = pyplot.subplots(
        1, len(results), figsize=(width, 3.8), sharey=True, squeeze=False
    )
    for panel, each in zip(panels[0], results):
        for number, (line, rows) in enumerate(curve.points(each).items()):
            across = [max(row["args"][curve.x], 1) for row in rows]
            for side, name, color in (("theirs", "peer", THEIRS), ("ours", "ctzmq", OURS)):
                panel.plot(
                    across,
                    [curve.value(row, side) for row in rows],
                    STYLES[number % len(STYLES)],
                    marker=MARKS[number % len(MARKS)],
                    color=color,
                    markersize=4,
                    label=f"{name} {label(curve, line)}".strip(),
                )
        panel.set_xscale("log")
        panel.set_yscale("log")
        panel.yaxis.set_major_formatter("{x:g}")
        panel.set_title(each.title)
        panel.set_xlabel(curve.label)
        panel.legend(fontsize=7)
    panels[0][0].set_ylabel("GB/s" if curve.per_byte else "µs a message")
    figure.suptitle(curve.title)
    return save(pyplot, figure, folder, Picture(f"{curve.name}.svg", curve.title))


def label(curve: Curve, line: str) -> str:
    """Name a line."""
    if curve.lines == "parts":
        return f"{line} part{'' if line == '1' else 's'}"
    return line


def overview(pyplot: Any, results: Sequence[Results], folder: Path) -> Picture:
    """Draw all ratios with their spread: left of 1 is faster than the peer."""
    names = list(dict.fromkeys(name for each in results for name in each.rows))
    height = 1.2 + 0.17 * len(names)
    figure, panel = pyplot.subplots(figsize=(8, height))
    for number, each in enumerate(results):
        rows = [row for row in each.rows.values() if not failed(row)]
        places = [names.index(row["name"]) + 0.2 * number for row in rows]
        spread = [[row["ratio"] - row["low"] for row in rows]]
        spread.append([row["high"] - row["ratio"] for row in rows])
        panel.errorbar(
            [row["ratio"] for row in rows],
            places,
            xerr=spread,
            fmt=MARKS[number % len(MARKS)],
            markersize=4,
            elinewidth=1,
            label=each.title,
        )
        above = [(row["ratio"], place) for row, place in zip(rows, places) if misses(row)]
        if above:
            panel.plot(*zip(*above), "o", color=MISSED, fillstyle="none", markersize=9)
    panel.plot([], [], "o", color=MISSED, fillstyle="none", label="above its goal")
    panel.axvline(1, color="black", linewidth=1)
    panel.set_xscale("log")
    panel.set_yticks(range(len(names)), names, fontsize=7)
    panel.set_ylim(len(names), -1)
    panel.set_xlabel("time relative to the peer")
    panel.xaxis.set_major_formatter("{x:g}")
    panel.legend(loc="lower center", bbox_to_anchor=(0.5, 1 + 0.1 / height), ncols=6, fontsize=8)
    return save(pyplot, figure, folder, Picture("ratios.svg", "All ratios"))
