"""How tests ended, with ctzmq and with pyzmq: reading, counting and comparing it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Container, Sequence
from typing import NamedTuple

from support import venvs

Outcomes = dict[str, str]
"""How each test ended: passed, failed, skipped, or differs."""


class Counts(NamedTuple):
    """How many tests ended in which way."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    differs: int = 0
    note: str = ""

    @property
    def ok(self) -> bool:
        return not self.failed and not self.note


class Result(NamedTuple):
    """How each test of a file or a program ended, and what kept it from ending by itself."""

    outcomes: Outcomes
    note: str = ""

    @property
    def counts(self) -> Counts:
        count = list(self.outcomes.values()).count
        return Counts(
            count("passed"), count("failed"), count("skipped"), count("differs"), self.note
        )


def read_junit(text: str, different: Container[str] = ()) -> Outcomes:
    """Read pytest's JUnit report; of a test that was run again the last end counts.

    The failures of the tests in ``different`` are meant.
    """
    outcomes: Outcomes = {}
    for case in ElementTree.fromstring(text).iter("testcase"):
        kinds = {child.tag for child in case}
        *_, owner = (case.get("classname") or "").partition("tests.")
        test = "::".join([*filter(None, owner.split(".")), case.get("name") or ""])
        if kinds & {"failure", "error"}:
            outcomes[test] = "differs" if test in different else "failed"
        else:
            outcomes[test] = "skipped" if "skipped" in kinds else "passed"
    return outcomes


def total(counts: Sequence[Counts]) -> Counts:
    """Add up counts."""
    return Counts(
        sum(c.passed for c in counts),
        sum(c.failed for c in counts),
        sum(c.skipped for c in counts),
        sum(c.differs for c in counts),
    )


class Peer:
    """pyzmq's own results on one interpreter, each file or program run once and remembered."""

    def __init__(
        self, name: str, run: Callable[[str], Result], made_with: str, anew: bool = False
    ) -> None:
        self.path = venvs.CHECKOUT / ".venv-conformance-peers" / f"{name}.json"
        self.run_now = run
        self.made_with = made_with
        self.known: dict[str, Result] = {}
        if self.path.exists() and not anew:
            stored = json.loads(self.path.read_text(encoding="utf-8"))
            if stored["made with"] == made_with and "results" in stored:
                self.known = {name: Result(*result) for name, result in stored["results"].items()}

    def run(self, target: str) -> Result:
        """Return how each test of a file or a program ends with pyzmq."""
        if target not in self.known:
            self.known[target] = self.run_now(target)
            self.path.parent.mkdir(exist_ok=True)
            stored = {"made with": self.made_with, "results": self.known}
            self.path.write_text(json.dumps(stored, indent=1), encoding="utf-8")
        return self.known[target]


def worse(ours: Result, theirs: Result) -> list[str]:
    """List what ended worse with ctzmq than with pyzmq."""
    rank = ["failed", "absent", "skipped", "passed"]
    found = [ours.note] if ours.note not in ("", theirs.note) else []
    tests = {**theirs.outcomes, **ours.outcomes}
    if ours.outcomes and ours.outcomes.keys().isdisjoint(theirs.outcomes):
        tests = ours.outcomes  # ctzmq came to no test at all
    for test in tests:
        mine, peer = (side.outcomes.get(test, "absent") for side in (ours, theirs))
        if rank.index(mine) < rank.index(peer):
            found.append(f"{mine}, and {peer} with pyzmq: {test}")
    return found
