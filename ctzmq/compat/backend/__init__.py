"""pyzmq's `zmq.backend`, the compiled part of pyzmq: here, the same objects as in `ctzmq`."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from ctzmq.core.context import Context
from ctzmq.core.endpoint import IPC_PATH_MAX_LEN
from ctzmq.core.frame import Frame, Message
from ctzmq.core.poll import zmq_poll
from ctzmq.core.proxy import proxy, proxy_steerable
from ctzmq.core.security import DRAFT_API, curve_keypair, curve_public, has
from ctzmq.core.socket import Socket
from ctzmq.core.tracker import MessageTracker
from ctzmq.core.version import zmq_version_info
from ctzmq.devices.monitoredqueue import monitored_queue
from ctzmq.error import strerror, zmq_errno

PYZMQ_DRAFT_API = DRAFT_API

__all__ = [
    "IPC_PATH_MAX_LEN",
    "PYZMQ_DRAFT_API",
    "Context",
    "Frame",
    "Message",
    "MessageTracker",
    "Socket",
    "curve_keypair",
    "curve_public",
    "has",
    "monitored_queue",
    "proxy",
    "proxy_steerable",
    "public_api",
    "select_backend",
    "strerror",
    "zmq_errno",
    "zmq_poll",
    "zmq_version_info",
]

public_api = [name for name in __all__ if name not in ("public_api", "select_backend")]


def select_backend(name: str) -> dict[str, Any]:
    """Look up what a backend offers. Those of pyzmq's names are all this one.

    Parameters
    ----------
    name : str
        The dotted name of a module.

    Returns
    -------
    dict
        The module's objects, by the names in `public_api`.

    Raises
    ------
    ImportError
        There is no such module.

    Source: pyzmq `zmq.backend.select.select_backend`.
    """
    if name in ("zmq.backend.cython", "zmq.backend.cffi"):
        name = __name__
    module = import_module(name)
    return {key: getattr(module, key) for key in public_api}


def __getattr__(name: str) -> Any:
    # All that pyzmq has in modules of this package is here.
    if name in ("cython", "_zmq", "select"):
        return sys.modules[__name__]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
