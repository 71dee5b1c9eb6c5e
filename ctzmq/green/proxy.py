"""A proxy in Python, for sockets of greenlets.

A message is taken from one side only when the other has room for it, and is passed on before
anybody else runs, so that none is lost when the proxy's greenlet is killed. A full side does not
block the other direction; a full capture socket blocks both.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

from ..core.proxy import checked
from ..core.relay import Relay
from ..waiting.hub import Hub
from . import engine
from .parking import Place


def relay(hub: Hub, frontend: Any, backend: Any, capture: Any = None, control: Any = None) -> int:
    """Run a proxy in a greenlet until TERMINATE arrives or the context is terminated.

    Parameters
    ----------
    hub : Hub
        Where to wait.
    frontend, backend, capture, control : Socket
        As for `ctzmq.proxy_steerable`.

    Raises
    ------
    ZMQError
        ENOTSOCK when a socket is closed.
    TypeError
        When something else than a socket is given.
    """
    checked({"frontend": frontend, "backend": backend, "capture": capture, "control": control})
    proxy = Relay(frontend, backend, capture, control)
    try:
        while not proxy.over:
            awaited, timeout = proxy.awaited()
            if not awaited:
                Place(hub).park(monotonic() + timeout / 1000)
            proxy.turn(engine.poll(hub, awaited, timeout, strict=True))
            hub.breathe()
    finally:
        proxy.finish()
    return 0
