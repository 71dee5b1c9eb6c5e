"""Markdown tables of the results, for ``docs/performance.md`` and the pages below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks import plots
from benchmarks.report import contestant, sampling
from benchmarks.results import Record, Results, amount, comparison, failed, misses, read

BEGIN, END = "<!-- results: made by scripts/bench -->", "<!-- end of the results -->"
BEGIN_FIGURES, END_FIGURES = "<!-- figures: made by scripts/bench -->", "<!-- end of figures -->"
FIGURES = {
    "1 part 100 B": "one part, inproc, one thread",
    "10 parts 100 B": "ten parts, inproc, one thread",
    "tcp throughput 100 B": "one part, TCP, two processes",
    "eventlet PUSH to PULL tcp": "between greenlets of eventlet, TCP",
    "asyncio PUSH to PULL tcp": "between tasks of asyncio, TCP",
}
"""The rows that the README shows, and what it calls them."""


def publish(files: Sequence[Path], docs: Path) -> None:
    """Make plots and pages of files of JSON lines.

    The part of ``performance.md`` between its two marks is replaced.
    """
    results = read(files)
    folder = docs / "performance"
    folder.mkdir(exist_ok=True)
    pictures = plots.draw(results, folder)
    for each in results:
        write(folder / f"{each.python}.md", detail(each))
    page = docs / "performance.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    middle = "\n".join(summary(results, pictures))
    write(page, [f"{before}{BEGIN}\n\n{middle}\n\n{END}{after.rstrip()}"])
    readme = docs.parent / "README.md"
    if readme.exists():
        before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN_FIGURES)
        after = rest.partition(END_FIGURES)[2]
        middle = "\n".join(figures(results))
        write(readme, [f"{before}{BEGIN_FIGURES}\n{middle}\n{END_FIGURES}{after.rstrip()}"])


def figures(results: Sequence[Results]) -> Iterator[str]:
    """Yield the few rows that the README shows."""
    rows = [
        [words, *(ratio(each.rows.get(name)).partition(" ")[0].strip("*") for each in results)]
        for name, words in FIGURES.items()
    ]
    yield from table(["", *(each.title for each in results)], rows)


def write(file: Path, lines: Iterable[str]) -> None:
    """Write a page."""
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table whose first column holds words, and whose others numbers."""
    yield f"| {' | '.join(head)} |"
    yield f"| --- |{' ---: |' * (len(head) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def groups(results: Sequence[Results]) -> dict[str, list[str]]:
    """Return the names of the rows of each group, in the order of the first results."""
    found: dict[str, dict[str, None]] = {}
    for each in results:
        for name, row in each.rows.items():
            found.setdefault(row["group"], {})[name] = None
    return {group: list(names) for group, names in found.items()}


def summary(results: Sequence[Results], pictures: Sequence[plots.Picture]) -> Iterator[str]:
    """Yield the part of the main page that is made: all ratios, and the pictures."""
    for each in results:
        yield f"- [{each.title}](performance/{each.python}.md): {verdict(each)}"
    yield "\n```{toctree}\n:hidden:\n"
    yield from (f"performance/{each.python}" for each in results)
    yield "```\n"
    yield "### Ratios\n"
    for group, names in groups(results).items():
        rows = [[name, *(ratio(each.rows.get(name)) for each in results)] for name in names]
        yield from table([group, *(each.title for each in results)], rows)
        yield ""
    yield "### As work grows\n"
    for picture in pictures:
        yield f"![{picture.title}](performance/{picture.file})\n"


def verdict(results: Results) -> str:
    """Tell how many rows are above their goals."""
    with_goal = [row for row in results.rows.values() if failed(row) or row["goal"] is not None]
    above = sum(map(misses, with_goal))
    return f"{len(results.rows)} rows, {len(with_goal)} with a goal, {above} of them above it"


def ratio(row: Record | None) -> str:
    """Format a ratio; one above its goal is bold, and says by how much."""
    if row is None:
        return ""
    if failed(row):
        return "**failed**"
    number = f"{row['ratio']:.2f}"
    return f"**{number}** (> {row['goal']:g})" if misses(row) else number


def detail(results: Results) -> Iterator[str]:
    """Yield the page of one interpreter."""
    yield f"# {results.title}\n"
    for head in results.headers:
        box = head["machine"]
        yield f"- {head['date'][:10]}, {box['processor']}, {box['cores']} cores, {box['system']}"
        yield f"- {contestant(head['ours'])}; {contestant(head['theirs'])}"
        yield f"- {sampling(head['effort'])}\n"
    yield "Ratio: the median of the pairs, and its quartiles. **Above**: more than the goal.\n"
    for group, names in groups([results]).items():
        yield f"## {group}\n"
        rows = [detail_row(results.rows[name]) for name in names]
        yield from table(["", "peer", "ctzmq", "ratio", "quartiles", "goal", ""], rows)
        yield ""


def detail_row(row: Record) -> list[str]:
    """Return the cells of a row."""
    if failed(row):
        return [row["name"], "", "", "", "", "", "**failed**"]
    result, goal = comparison(row), row["goal"]
    return [
        row["name"],
        amount(row, "theirs"),
        amount(row, "ours"),
        f"{result.ratio:.2f}",
        f"{result.low:.2f} to {result.high:.2f}",
        "" if goal is None else f"{goal:g}",
        "**above**" if misses(row) else "",
    ]
