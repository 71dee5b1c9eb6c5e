"""The soak test: it sees growth, and its traffic and mistakes end as they should."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, os.fspath(SCRIPTS))

from stress import memory, tasks, traffic  # noqa: E402
from stress.links import BrokenError  # noqa: E402


def test_growth_is_counted_from_the_end_of_the_warm_up() -> None:
    samples = [(0.0, 10), (0.1, 50), (0.2, 40), (0.6, 70), (1.0, 60)]
    assert memory.growth(samples, 0.1) == 20
    assert memory.growth(samples, 0.6) == -10


@pytest.mark.parametrize("warm_up", [-1.0, 1.0])
def test_growth_needs_samples_on_both_sides_of_the_warm_up(warm_up: float) -> None:
    with pytest.raises(ValueError, match="before and after"):
        memory.growth([(0.0, 10), (1.0, 10)], warm_up)


@pytest.mark.skipif(not memory.available(), reason="no /proc/self/statm")
def test_resident_memory_sees_what_is_kept() -> None:
    before = memory.resident()
    kept = b"x" * (32 * memory.MB)
    assert memory.resident() - before > 30 * memory.MB
    assert kept


def test_batches_mix_sizes_within_their_limits() -> None:
    source = traffic.Traffic(ModuleType("zmq"), Random(1))
    batches = [list(source.batch()) for _ in range(300)]
    sizes = {len(part) for batch in batches for message in batch for part in message}
    assert sizes == set(traffic.SIZES)
    assert {len(message) for batch in batches for message in batch} == {1, 2, 3, 4, 5}
    for batch in batches:
        assert sum(len(message) for message in batch) <= traffic.BATCH_MESSAGES
        before_last = sum(len(part) for message in batch[:-1] for part in message)
        assert before_last <= traffic.BATCH_BYTES


@pytest.mark.skipif(not memory.available(), reason="no /proc/self/statm")
@pytest.mark.parametrize(("limit", "code"), [("1000", 0), ("-1000", 1)])
def test_it_ends_with_its_verdict(limit: str, code: int) -> None:
    command = [sys.executable, os.fspath(SCRIPTS / "soak"), "--messages", "4000", "--limit", limit]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50)
    assert done.returncode == code, done.stdout + done.stderr
    assert "memory grew by" in done.stdout
    verdict = done.stdout.splitlines()[-1]
    assert verdict.startswith("FAILED: memory grew" if code else "passed: no message was lost")
    assert done.stderr == ""


@pytest.mark.parametrize("flavour", ["eventlet", "gevent"])
def test_greenlets_end_with_their_figures(flavour: str) -> None:
    pytest.importorskip(flavour)
    soak = os.fspath(SCRIPTS / "soak")
    command = [sys.executable, soak, "--flavour", flavour, "--messages", "2000"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" operations, ") == 2
    assert done.stdout.splitlines()[-1].startswith("passed: ")
    assert done.stderr == ""


def test_a_module_that_cannot_be_imported_is_named() -> None:
    command = [sys.executable, os.fspath(SCRIPTS / "soak"), "--module", "no_such_module"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "soak cannot go on: No module named 'no_such_module'\n"


@pytest.mark.parametrize("calm", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_tasks_that_are_cancelled_at_random_lose_nothing(seed: int, calm: bool) -> None:
    async def run() -> tasks.Tasks:
        stress = tasks.Tasks(seed, ["inproc://soak", "tcp://127.0.0.1:*"], calm)
        await stress.run(3000)
        return stress

    stress = asyncio.run(run())
    assert stress.operations >= 3000
    assert stress.received == sum(sum(way.sent.values()) for way in stress.ways) > 500


def test_tasks_end_with_their_figures() -> None:
    command = [sys.executable, os.fspath(SCRIPTS / "soak"), "--flavour", "asyncio"]
    done = subprocess.run(
        [*command, "--messages", "2000"], capture_output=True, text=True, timeout=50
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" operations, ") == 2
    assert done.stderr == ""


def test_a_task_that_loses_a_message_is_found_out() -> None:
    road = tasks.Road(None, None)
    for number in (1, 0, 3):
        road.arrived([b"0 %d 0" % number])
    assert road.received == {0: 2}
    with pytest.raises(BrokenError, match="message 3 of 0 came twice"):
        road.arrived([b"0 3 0"])
    with pytest.raises(BrokenError, match="message 1 of 0 came twice"):
        road.arrived([b"0 1 0"])
