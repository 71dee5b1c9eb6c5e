"""Reads `snippets.txt`, and makes the snippets that sweep a socket option."""

from __future__ import annotations

from pathlib import Path

FILE = Path(__file__).with_suffix(".txt")
KINDS = ("PAIR", "REQ", "REP", "SUB", "XPUB", "ROUTER", "DEALER", "STREAM")
VALUES = "(0, 1, -1, 100, 2**31, 2**40, True, 1.5, b'', b'x', b'x' * 40, 'x', None, [])"


def read(text: str) -> list[str]:
    """Return the snippets of a text: a line each, continued by lines that begin with `| `."""
    snippets: list[str] = []
    for line in text.splitlines():
        if line.startswith("| "):
            snippets[-1] += "\n" + line[2:]
        elif line and not line.startswith("#"):
            snippets.append(line)
    return snippets


def sweep(option: str) -> list[str]:
    """Return snippets that get and set a socket option in many ways."""
    name = option.lower()
    return [
        f"[attempt(lambda: socket(kind).get(zmq.{option})) for kind in {KINDS}]",
        f"[attempt(lambda: socket(kind).{name}) for kind in {KINDS}]",
        f"[attempt(lambda: socket('DEALER').set(zmq.{option}, value)) for value in {VALUES}]",
        f"[attempt(lambda: socket(kind).set(zmq.{option}, 1)) for kind in {KINDS}]",
        f"[attempt(lambda: setattr(socket('PAIR'), {name!r}, value)) for value in {VALUES}]",
    ]


SNIPPETS = read(FILE.read_text("utf-8"))
