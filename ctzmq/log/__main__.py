"""Show the log messages that a `PUBHandler` publishes: `python -m ctzmq.log ENDPOINT`.

It subscribes to everything unless told a topic, which then has to begin with the handler's root
topic. The topic in front of each message holds its level, so that formats which repeat it can be
replaced with `PUBHandler.setFormatter`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import datetime

_RESET = "\033[0m"
_COLORS = {
    "DEBUG": "\033[96m",
    "INFO": "\033[97m",
    "WARNING": "\033[33m",
    "ERROR": "\033[91m",
    "CRITICAL": "\033[91m",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("zmq_pub_url", help="endpoint of the publisher, as in tcp://127.0.0.1:5555")
    parser.add_argument("-t", "--topic", default="", help="show only topics that begin with this")
    parser.add_argument("--timestamp", action="store_true", help="show the local time")
    parser.add_argument(
        "--separator", default=" | ", help="what stands between topic and message (%(default)r)"
    )
    parser.add_argument(
        "--dateformat",
        default="%Y-%d-%m %H:%M",
        help="strftime format for --timestamp (%(default)s)",
    )
    parser.add_argument("--align", action="store_true", help="align the messages in a column")
    parser.add_argument("--color", action="store_true", help="color messages by their level")


class _Lines:
    """Turns messages into lines; remembers the widest topics so far for the alignment."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._widths: list[int] = []

    def line(self, parts: Sequence[bytes]) -> str:
        topic, *message = (part.decode("utf8", "replace").strip() for part in parts)
        levels = topic.split(".")
        options = self._options
        text = f"{self._aligned(levels) if options.align else topic}{options.separator}"
        text += " ".join(message)
        if options.color:
            # A root topic, if any, stands in front of the level.
            color = next((_COLORS[name] for name in levels[:2] if name in _COLORS), "")
            text = f"{color}{text}{_RESET}"
        if options.timestamp:
            text = f"{datetime.now().strftime(options.dateformat)} {text}"
        return text

    def _aligned(self, levels: list[str]) -> str:
        self._widths += [0] * (len(levels) - len(self._widths))
        levels = levels + [" "] * (len(self._widths) - len(levels))
        self._widths = [max(width, len(name)) for width, name in zip(self._widths, levels)]
        return ".".join(name.ljust(width) for name, width in zip(levels, self._widths))


def run(options: argparse.Namespace) -> int:
    """Show messages until Ctrl-C, and return the exit code."""
    from ..constants import SUB
    from ..core.context import Context
    from ..error import ZMQError

    lines = _Lines(options)
    with Context() as context, context.socket(SUB) as subscriber:
        subscriber.linger = 0
        subscriber.subscribe(options.topic)
        try:
            subscriber.connect(options.zmq_pub_url)
        except ZMQError as error:
            print(f"ctzmq log: {error}", file=sys.stderr)
            return 1
        try:
            while True:
                print(lines.line(subscriber.recv_multipart()), flush=True)
        except KeyboardInterrupt:
            return 0
        except BrokenPipeError:
            # Python flushes at its end what nobody reads.
            with open(os.devnull, "wb") as nowhere:
                os.dup2(nowhere.fileno(), sys.stdout.fileno())
            return 0


def main() -> int:
    """Show messages until Ctrl-C.

    Returns
    -------
    int
        The exit code: 1 if the endpoint is bad.

    Source: pyzmq `python -m zmq.log`.
    """
    parser = argparse.ArgumentParser(
        prog="python -m ctzmq.log", description="Show log messages that a PUBHandler publishes."
    )
    add_arguments(parser)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
