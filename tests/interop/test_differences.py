"""The same snippets under ctzmq and pyzmq, on the same libzmq: the same values, the same errors."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

import ctzmq

from . import environment
from .conftest import launch
from .differences import DELIBERATE, LIBRARY, OPTIONS, PYPY
from .sides import Peer
from .snippets import SNIPPETS, sweep

ON_PYPY = sys.implementation.name == "pypy"
ALIKE = [s for s in SNIPPETS if s not in DELIBERATE and not (ON_PYPY and s in PYPY)]


class Runner:
    """Runs snippets in a process, and in a new one after it got stuck or died."""

    def __init__(self, start: Callable[[], Peer]) -> None:
        self._start = start
        self.peer = start()

    def __call__(self, snippet: str) -> dict[str, Any]:
        """Return the outcome of a snippet without the words of its error."""
        try:
            outcome: dict[str, Any] = self.peer.do("run", source=snippet)
        except AssertionError:
            self.peer = self._start()
            raise
        return {name: value for name, value in outcome.items() if name != "text"}


@pytest.fixture(scope="module")
def theirs(pyzmq_python: Path) -> Iterator[Runner]:
    """A process with the pyzmq whose behaviour counts."""
    runner = Runner(lambda: launch(pyzmq_python, "zmq"))
    greeting = runner.peer.greeting
    if greeting["python"] != "CPython" or greeting["version"] != ctzmq.pyzmq_version():
        runner.peer.stop()
        pytest.skip(f"this is pyzmq {greeting['version']} on {greeting['python']}")
    yield runner
    runner.peer.stop()


@pytest.fixture(scope="module")
def ours(theirs: Runner, pyzmq_python: Path) -> Iterator[Runner]:
    """A process with ctzmq on the libzmq that pyzmq has, if it has one of its own."""
    library = environment.bundled_library(pyzmq_python)
    variables = {"CTZMQ_LIBRARY": library} if library else {}
    runner = Runner(lambda: launch(sys.executable, "ctzmq", **variables))
    versions = {runner.peer.greeting["libzmq"], theirs.peer.greeting["libzmq"]}
    if len(versions) > 1:
        runner.peer.stop()
        assert not library, f"{library} is not the libzmq that is in use: {versions}"
        pytest.skip(f"this pyzmq's libzmq is out of reach, and others are not like it: {versions}")
    yield runner
    runner.peer.stop()


@pytest.fixture(scope="module")
def elsewhere(theirs: Runner) -> Iterator[Runner]:
    """A process with ctzmq on the libzmq that it finds, which is not pyzmq's."""
    runner = Runner(lambda: launch(sys.executable, "ctzmq"))
    if runner.peer.greeting["libzmq"] == theirs.peer.greeting["libzmq"]:
        runner.peer.stop()
        pytest.skip("this system's libzmq is of the same version as pyzmq's")
    yield runner
    runner.peer.stop()


@pytest.mark.parametrize("snippet", ALIKE)
def test_ctzmq_answers_as_pyzmq_does(ours: Runner, theirs: Runner, snippet: str) -> None:
    assert ours(snippet) == theirs(snippet)


@pytest.mark.libzmq(4, 3, 4)
@pytest.mark.parametrize("snippet", [snippet for snippet in ALIKE if snippet not in LIBRARY])
def test_the_libzmq_is_not_felt(elsewhere: Runner, theirs: Runner, snippet: str) -> None:
    assert elsewhere(snippet) == theirs(snippet)


@pytest.mark.parametrize("option", [o.name for o in ctzmq.SocketOption if o.name not in OPTIONS])
def test_an_option_is_read_and_set_alike(ours: Runner, theirs: Runner, option: str) -> None:
    for snippet in sweep(option):
        assert ours(snippet) == theirs(snippet), snippet


@pytest.mark.parametrize("snippet", DELIBERATE)
def test_a_deliberate_difference_is_as_told(ours: Runner, theirs: Runner, snippet: str) -> None:
    outcome = ours(snippet)
    assert outcome.get("error", outcome.get("value")) == DELIBERATE[snippet].answer
    assert outcome != theirs(snippet)


@pytest.mark.libzmq(4, 3, 4)
@pytest.mark.parametrize("snippet", DELIBERATE)
def test_a_deliberate_difference_is_there_on_another_libzmq(
    elsewhere: Runner, snippet: str
) -> None:
    outcome = elsewhere(snippet)
    assert outcome.get("error", outcome.get("value")) == DELIBERATE[snippet].answer


def test_every_named_exception_is_a_snippet() -> None:
    assert {*DELIBERATE, *LIBRARY, *PYPY} <= set(SNIPPETS)
    assert set(OPTIONS) <= set(ctzmq.SocketOption.__members__)
    assert len(set(SNIPPETS)) == len(SNIPPETS)
