"""Sockets for greenlets of gevent: `import ctzmq.green.gevent as zmq`.

It replaces `import zmq.green as zmq`, name for name. It is a package because pyzmq's `zmq.green` is
one, to whose modules `compat` maps names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ctzmq as _face
from ctzmq import _FINISHED_TRACKER, __revision__, __version__  # noqa: F401

from ..common_names import *  # noqa: F403
from ..engine import GreenSocket
from ..flavour import Functions, GreenContext, GreenPoller, GreenTracker
from ..gevent_hub import current


class Poller(GreenPoller):
    """A set of sockets and descriptors to wait for, again and again, while other greenlets run.

    Source: pyzmq `zmq.Poller`.
    """

    _hub = staticmethod(current)


class MessageTracker(GreenTracker):
    """Watches messages until libzmq is done with all of them, and lets other greenlets run.

    Parameters
    ----------
    *towatch : Event, MessageTracker or Frame
        As for `ctzmq.MessageTracker`.

    Source: pyzmq `zmq.MessageTracker`.
    """

    _hub = staticmethod(current)


class Socket(GreenSocket):
    """A socket whose calls let other greenlets run while they wait.

    Parameters
    ----------
    ctx_or_socket, socket_type, shadow, copy_threshold
        As for `ctzmq.Socket`.

    Source: `zmq.green.Socket`.
    """

    __slots__ = ()

    _repr_cls = "zmq.green.Socket"
    _hub = staticmethod(current)
    _poller_class = _plain_poller = Poller
    _tracker_class = MessageTracker


class Context(GreenContext[Socket]):
    """A libzmq context that makes green sockets, and whose end lets other greenlets run.

    Parameters
    ----------
    io_threads, shadow
        As for `ctzmq.Context`.

    Source: `zmq.green.Context`.
    """

    __slots__ = ()

    _repr_cls = "zmq.green.Context"
    _hub = staticmethod(current)
    _socket_class = Socket


_Context, _Poller, _Socket = Context, Poller, Socket
_functions = Functions(current)
zmq_poll = _functions.zmq_poll
select = _functions.select
proxy = _functions.proxy
proxy_steerable = _functions.proxy_steerable
device = _functions.device


if not TYPE_CHECKING:  # who would see the last two names only
    __all__ = [*_face.__all__, "_Context", "_Socket"]
