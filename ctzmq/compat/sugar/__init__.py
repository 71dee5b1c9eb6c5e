"""pyzmq's `zmq.sugar`: the names of `ctzmq`, and the modules that they come from."""

from __future__ import annotations

from ctzmq import error
from ctzmq.constants import DeviceType
from ctzmq.core import context, frame, poll, socket, tracker, version
from ctzmq.core import stopwatch as stopwatch
from ctzmq.core.context import Context, SyncContext
from ctzmq.core.frame import Frame, Message
from ctzmq.core.poll import Poller, select
from ctzmq.core.proxy import device, proxy
from ctzmq.core.socket import Socket, SyncSocket
from ctzmq.core.stopwatch import Stopwatch
from ctzmq.core.tracker import _FINISHED_TRACKER, MessageTracker
from ctzmq.core.version import (
    __revision__,
    __version__,
    pyzmq_version,
    pyzmq_version_info,
    zmq_version,
    zmq_version_info,
)
from ctzmq.error import (
    Again,
    ContextTerminated,
    DraftFDWarning,
    InterruptedSystemCall,
    NotDone,
    ZMQBaseError,
    ZMQBindError,
    ZMQError,
    ZMQVersionError,
)

from . import attrsettr as attrsettr

__all__ = [
    "_FINISHED_TRACKER",
    "Again",
    "Context",
    "ContextTerminated",
    "DeviceType",
    "DraftFDWarning",
    "Frame",
    "InterruptedSystemCall",
    "Message",
    "MessageTracker",
    "NotDone",
    "Poller",
    "Socket",
    "Stopwatch",
    "SyncContext",
    "SyncSocket",
    "ZMQBaseError",
    "ZMQBindError",
    "ZMQError",
    "ZMQVersionError",
    "__revision__",
    "__version__",
    "context",
    "device",
    "error",
    "frame",
    "poll",
    "proxy",
    "pyzmq_version",
    "pyzmq_version_info",
    "select",
    "socket",
    "tracker",
    "version",
    "zmq_version",
    "zmq_version_info",
]
