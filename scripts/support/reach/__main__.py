"""Run ctzmq's doctor and tests on other Pythons, processors and releases of libzmq.

What that needs is built in the user's cache folder, once. A platform that this machine can't have
is skipped, and the table says why. Most need root, to make and enter other systems.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, os.fspath(Path(__file__).resolve().parents[2]))

from support import venvs
from support.reach import places, results
from support.reach.platforms import PLATFORMS, Platform
from support.reach.results import Result


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    width = max(map(len, PLATFORMS))
    listed = "".join(f"  {name:{width}}  {each.about}\n" for name, each in PLATFORMS.items())
    parser = argparse.ArgumentParser(
        prog="scripts/reach",
        description=f"{__doc__}\nThe cache is {places.cache()}.",
        epilog=f"platforms:\n{listed}\nThe exit code is 1 if anything failed.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("platforms", nargs="*", metavar="PLATFORM", help="which ones (default: all)")
    add("--list", action="store_true", help="print the names of the platforms and end")
    add("--publish", action="store_true",
        help="write docs/reach.md; platforms not run now keep their rows")  # fmt: skip
    options = parser.parse_args(arguments)
    for name in options.platforms:
        if name not in PLATFORMS:
            parser.error(f"no platform {name!r}; there are {', '.join(PLATFORMS)}")
    return options


def run(name: str, platform: Platform) -> Result:
    """Run one platform; whatever keeps it from running is its result."""
    began = time.monotonic()
    try:
        return platform.run(name)
    except places.Absent as reason:
        return Result(name, absent=str(reason))
    except (places.BuildError, venvs.SetupError, OSError) as error:
        return Result(name, problems=[str(error)], seconds=round(time.monotonic() - began))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; return 1 if there was a failure."""
    options = parse(arguments)
    if options.list:
        print("\n".join(PLATFORMS))
        return 0
    done = []
    for name in options.platforms or PLATFORMS:
        print(f"{name}: {PLATFORMS[name].about}", file=sys.stderr, flush=True)
        result = run(name, PLATFORMS[name])
        done.append(result)
        for problem in result.problems:
            print(f"  {problem}", file=sys.stderr, flush=True)
    print(results.text_table(done))
    if options.publish:
        results.publish(done, venvs.CHECKOUT / "docs", list(PLATFORMS))
    return 0 if all(result.ok for result in done) else 1


if __name__ == "__main__":
    # What was begun in another root is ended, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
