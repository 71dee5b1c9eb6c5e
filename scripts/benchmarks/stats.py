"""From pairs of samples to a ratio and its spread."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Comparison(NamedTuple):
    """What an operation takes on both sides, and the ratio of each pair of samples.

    ``low`` and ``high`` are the quartiles of the ratios: half of the pairs lie between them.
    """

    ours: float
    theirs: float
    ratio: float
    low: float
    high: float

    def misses(self, goal: float | None) -> bool:
        """Whether the ratio is above the goal, as the table shows them."""
        return goal is not None and round(self.ratio, 2) > round(goal, 2)


def compare(ours: Sequence[float], theirs: Sequence[float]) -> Comparison:
    """Compare samples that were taken in turn; each is what one operation took."""
    ratios = [a / b for a, b in zip(ours, theirs)]
    low, middle, high = (
        statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    )
    return Comparison(statistics.median(ours), statistics.median(theirs), middle, low, high)


def next_count(count: int, seconds: float, wanted: float, most_growth: int = 10) -> int:
    """Return how many operations take about ``wanted`` seconds, if ``count`` took ``seconds``."""
    fitting = int(count * wanted / max(seconds, 1e-9))
    return max(1, min(fitting, count * most_growth))


SCALES = {
    "s": (("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0)),
    "B": (("B", 1.0), ("kB", 1e3), ("MB", 1e6)),
}


def quantity(value: float, unit: str = "s") -> str:
    """Format seconds or bytes with three digits: ``432 ns``, ``31.0 ms``, ``1.25 kB``."""
    fitting = [(name, scale) for name, scale in SCALES[unit] if abs(value) < 999.5 * scale]
    name, scale = (fitting or SCALES[unit][-1:])[0]
    number = value / scale
    digits = 2 if abs(number) < 9.995 else 1 if abs(number) < 99.95 else 0
    return f"{number:.{digits}f} {name}"
