"""Send millions of messages, make mistakes between them, and fail when memory grows.

With --flavour, greenlets or tasks send and receive, are killed and time out, and fail when a
message is lost.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stress.links import Links

SCRIPTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[0] = SCRIPTS
sys.path.append(os.path.dirname(SCRIPTS))

BATCHES_PER_MISTAKE = 5
ENDPOINTS = ["inproc://soak", "tcp://127.0.0.1:*"]
SAMPLES = 100


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    add = parser.add_argument
    add("--messages", type=int, default=5_000_000, help="how many (default: 5000000)")
    add("--seconds", type=float, help="end after this time, however many messages there were")
    add("--limit", type=float, default=2.0, metavar="MB", help="growth allowed (default: 2)")
    add("--warm-up", type=float, default=0.1, metavar="PART",
        help="the part of the run that does not count (default: 0.1)")  # fmt: skip
    add("--seed", type=int, default=1, help="of the random choices (default: 1)")
    add("--module", default="ctzmq", help="what to test (default: ctzmq)")
    add("--flavour", choices=("eventlet", "gevent", "asyncio"),
        help="let greenlets or tasks of this library do as many operations instead")  # fmt: skip
    return parser.parse_args(arguments)


def greenlets(options: argparse.Namespace, calm: bool) -> Links:
    """Let greenlets do half of the operations."""
    from stress.green import FLAVOURS, Stress

    warnings.filterwarnings("ignore", r"\s*Eventlet is deprecated")
    stress = Stress(FLAVOURS[options.flavour](), options.seed, ENDPOINTS, calm)
    stress.run(options.messages // 2)
    return stress


def tasks(options: argparse.Namespace, calm: bool) -> Links:
    """Let tasks do half of the operations."""
    from stress.tasks import Tasks

    async def run() -> Links:
        stress = Tasks(options.seed, ENDPOINTS, calm)
        await stress.run(options.messages // 2)
        return stress

    return asyncio.run(run())


def stressed(options: argparse.Namespace) -> int:
    """Run once with disturbances and once without; return 1 when a message went astray."""
    from stress.links import BrokenError

    run = tasks if options.flavour == "asyncio" else greenlets
    for calm in (False, True):
        start = time.monotonic()
        try:
            stress = run(options, calm)
        except BrokenError as problem:
            print(f"{options.flavour}, seed {options.seed}, calm {calm}: {problem}")
            print("FAILED: the same options and seed repeat it, more or less")
            return 1
        seconds = time.monotonic() - start
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(stress.kinds.items()))
        done = f"{stress.operations} operations, {stress.received} messages in {seconds:.1f} s"
        print(f"{done}: {kinds}")
    print("passed: no message was lost or came twice, with and without disturbances")
    return 0


def run(options: argparse.Namespace) -> int:
    """Run; return 1 when memory grew, a message was lost or a mistake went unpunished."""
    from stress import memory
    from stress.mistakes import Mistakes, UnpunishedError
    from stress.traffic import LostError, Traffic, channels

    if options.flavour:
        return stressed(options)
    if not memory.available():
        print("soak needs /proc/self/statm, which Linux has", file=sys.stderr)
        return 2
    warnings.simplefilter("ignore", ResourceWarning)
    zmq = importlib.import_module(options.module)
    print(f"{options.module} {zmq.__version__}, libzmq {zmq.zmq_version()}, Python {sys.version}")
    random = Random(options.seed)
    samples: list[tuple[float, int]] = []
    start = time.monotonic()
    sent = batches = 0
    with tempfile.TemporaryDirectory() as folder, zmq.Context() as context:
        pairs = channels(zmq, context, folder)
        traffic, mistakes = Traffic(zmq, random), Mistakes(zmq, context)
        done = 0.0
        while done < 1:
            try:
                sent += traffic.run_batch(pairs[batches % len(pairs)])
                batches += 1
                if batches % BATCHES_PER_MISTAKE == 0:
                    mistakes.make_one()
            except (LostError, UnpunishedError) as problem:
                print(f"after {sent} messages: {problem}")
                print("FAILED: the same options and seed repeat it")
                context.destroy(linger=0)
                return 1
            seconds = time.monotonic() - start
            done = max(sent / options.messages, seconds / (options.seconds or float("inf")))
            if done * SAMPLES >= len(samples):
                samples.append((done, memory.resident()))
                if len(samples) % 5 == 1:
                    level = samples[-1][1] / memory.MB
                    print(f"{done:5.0%} {sent:9} messages {seconds:6.1f} s {level:8.2f} MB")
                    sys.stdout.flush()
        context.destroy(linger=0)
    grown = memory.growth(samples, options.warm_up) / memory.MB
    made = len(mistakes.all)
    print(f"{sent} messages, {batches // BATCHES_PER_MISTAKE} mistakes of {made} kinds")
    print(f"memory grew by {grown:.2f} MB after the warm-up; {options.limit:g} MB are allowed")
    fits = grown <= options.limit
    print("passed: no message was lost" if fits else "FAILED: memory grew by more than allowed")
    return 0 if fits else 1


def elsewhere(library: str) -> int:
    """Run in an environment that has a library which is not here."""
    from support import venvs

    try:
        python = venvs.environment(f"soak-{library}", sys.executable, [library])
    except venvs.SetupError as problem:
        print(f"soak cannot go on: {problem}", file=sys.stderr)
        return 2
    return subprocess.run([python, os.path.join(SCRIPTS, "soak"), *sys.argv[1:]]).returncode


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, here or where its library is."""
    from support import load

    options = parse(arguments)
    library = options.flavour
    if library not in (None, "asyncio") and importlib.util.find_spec(library) is None:
        return elsewhere(library)
    try:
        importlib.import_module(options.module)
    except ImportError as problem:
        print(f"soak cannot go on: {problem}", file=sys.stderr)
        return 2
    busy = load.warning("it takes longer, and what needs a certain timing may not come up")
    if busy:
        print(busy)
    return run(options)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
