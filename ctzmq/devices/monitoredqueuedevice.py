"""Monitored queues that run in the background."""

from __future__ import annotations

from ..constants import PUB
from .monitoredqueue import _bytes, monitored_queue
from .proxydevice import ProcessProxy, Proxy, ProxyBase, ThreadProxy

__all__ = ["MonitoredQueue", "ProcessMonitoredQueue", "ThreadMonitoredQueue"]


class MonitoredQueueBase(ProxyBase):
    """The base of the three kinds of monitored queue: prefixes on what the monitor socket sends.

    Parameters
    ----------
    in_type, out_type : int
        The socket types of the two sides; with `out_type` below 0, one socket serves both.
    mon_type : int
        The monitor socket's type.
    in_prefix, out_prefix : bytes
        The part that precedes each message from that side on the monitor socket.

    Source: pyzmq `zmq.devices.monitoredqueuedevice.MonitoredQueueBase`.
    """

    _in_prefix = b""
    _out_prefix = b""

    def __init__(
        self,
        in_type: int,
        out_type: int,
        mon_type: int = PUB,
        in_prefix: bytes = b"in",
        out_prefix: bytes = b"out",
    ) -> None:
        super().__init__(in_type=in_type, out_type=out_type, mon_type=mon_type)
        self._in_prefix = _bytes(in_prefix)
        self._out_prefix = _bytes(out_prefix)

    def run_device(self) -> None:
        """Create the sockets and run `monitored_queue` on them until the context is terminated.

        Raises
        ------
        ZMQError
            Always in the end: ETERM when the context was terminated.

        Source: pyzmq `MonitoredQueueBase.run_device`.
        """
        ins, outs, monitor = self._setup_sockets()
        monitored_queue(ins, outs, monitor, self._in_prefix, self._out_prefix)


class MonitoredQueue(MonitoredQueueBase, Proxy):
    """A monitored queue that runs in the thread which calls `start`.

    It differs from `Proxy` in two ways: what the monitor socket sends begins with a part that names
    the side it came from, and both sides may be ROUTER sockets.

    Source: pyzmq `zmq.devices.MonitoredQueue`.
    """


class ThreadMonitoredQueue(MonitoredQueueBase, ThreadProxy):
    """A `MonitoredQueue` that runs in a thread.

    Source: pyzmq `zmq.devices.ThreadMonitoredQueue`.
    """


class ProcessMonitoredQueue(MonitoredQueueBase, ProcessProxy):
    """A `MonitoredQueue` that runs in a process.

    Source: pyzmq `zmq.devices.ProcessMonitoredQueue`.
    """
