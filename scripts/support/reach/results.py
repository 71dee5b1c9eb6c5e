"""What came out on each platform: kept as JSON lines, shown as a table, published as a page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

BEGIN, END = "<!-- results: made by scripts/reach -->", "<!-- end of the results -->"
HEAD = ("platform", "Python", "libzmq", "native calls", "passed", "failed", "skipped", "seconds")


class Result(NamedTuple):
    """What came out on one platform."""

    platform: str
    python: str = ""
    """Its implementation, version and processor."""

    libzmq: str = ""
    native: str = ""
    """What makes the calls of each message without ctypes, or "off"."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0
    date: str = ""
    ran: str = ""
    """Which tests were run."""

    absent: str = ""
    """Why the platform could not be had here; then nothing was run."""

    notes: Sequence[str] = ()
    problems: Sequence[str] = ()
    """What failed, one line each."""

    @property
    def ok(self) -> bool:
        return not (self.problems or self.failed)

    def cells(self) -> list[str]:
        """Return a row of the table."""
        if self.absent:
            return [self.platform, f"skipped: {self.absent}"]
        counts = [str(number) for number in (self.passed, self.failed, self.skipped)]
        return [
            self.platform, self.python, self.libzmq, self.native, *counts, f"{self.seconds:.0f}"
        ]  # fmt: skip


def text_table(results: Sequence[Result]) -> str:
    """Draw the table for a terminal; a skipped platform's reason takes the rest of its row."""
    rows = [list(HEAD), *(result.cells() for result in results)]
    whole = [row for row in rows if len(row) == len(HEAD)]
    widths = [max(len(row[column]) for row in whole) for column in range(len(HEAD))]
    widths[0] = max(len(row[0]) for row in rows)
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if column >= 4 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def read(file: Path) -> list[Result]:
    """Read results; a file that is not there has none."""
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf-8").splitlines()
    return [Result(**json.loads(line)) for line in lines if line]


def merge(old: Iterable[Result], new: Iterable[Result], order: Sequence[str]) -> list[Result]:
    """Put new results in the place of old ones, in the order of the platforms.

    A platform that was run before and can't be had now keeps what it had.
    """
    found = {result.platform: result for result in old if result.platform in order}
    for result in new:
        before = found.get(result.platform)
        if not result.absent or before is None or before.absent:
            found[result.platform] = result
    return sorted(found.values(), key=lambda result: order.index(result.platform))


def publish(new: Sequence[Result], docs: Path, order: Sequence[str]) -> None:
    """Write ``reach.md`` between its two marks, and the results that it shows beside it."""
    file = docs / "reach" / "results.jsonl"
    results = merge(read(file), new, order)
    file.parent.mkdir(exist_ok=True)
    lines = [json.dumps(result._asdict(), ensure_ascii=False) + "\n" for result in results]
    file.write_text("".join(lines), encoding="utf-8")
    page = docs / "reach.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    middle = "\n".join(page_lines(results))
    page.write_text(f"{before}{BEGIN}\n\n{middle}\n\n{END}{after}", encoding="utf-8")


def page_lines(results: Sequence[Result]) -> Iterable[str]:
    """Yield the table in Markdown, what failed, and what could not be had."""
    had = [result for result in results if not result.absent]
    columns = [*HEAD, "on", "what was run"]
    yield f"| {' | '.join(columns)} |"
    yield f"| --- | --- | --- | --- |{' ---: |' * 4} --- | --- |"
    for result in had:
        what = "; ".join([result.ran, *result.notes])
        yield f"| {' | '.join([*result.cells(), result.date, what])} |"
    for result in had:
        if not result.ok:
            yield ""
            yield f"On **{result.platform}** failed:"
            yield ""
            yield from (f"- `{problem}`" for problem in result.problems)
    absent = [result for result in results if result.absent]
    if absent:
        yield ""
        yield "Could not be had on the machine that ran the others:"
        yield ""
        yield from (f"- **{result.platform}**: {result.absent}" for result in absent)
