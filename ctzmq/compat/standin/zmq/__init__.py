"""The package `zmq` where pyzmq is not installed: importing it gives that of `ctzmq.compat`."""

from __future__ import annotations

import sys
from typing import Any

import ctzmq

# The import system hands out what sys.modules has in the end.
sys.modules.pop("zmq", None)


def __getattr__(name: str) -> Any:
    """Serve a thread that got hold of this module while it was being imported."""
    return getattr(sys.modules.get("zmq", ctzmq), name)


ctzmq.install_as_zmq()
