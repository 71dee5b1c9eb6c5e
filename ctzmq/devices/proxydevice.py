"""Proxies that run in the background: devices that copy each message to a monitor socket."""

from __future__ import annotations

from typing import Any

from ..constants import PUB
from ..core import causes
from ..core.proxy import proxy
from .basedevice import Device, ProcessDevice, ThreadDevice
from .side import Side

__all__ = ["ProcessProxy", "Proxy", "ThreadProxy"]


class ProxyBase(Device):
    """The base of the three kinds of proxy: a third socket that gets every message.

    Parameters
    ----------
    in_type, out_type : int
        The socket types of the two sides; with `out_type` below 0, one socket serves both.
    mon_type : int
        The monitor socket's type.

    Source: pyzmq `zmq.devices.proxydevice.ProxyBase`.
    """

    def __init__(self, in_type: int, out_type: int, mon_type: int = PUB) -> None:
        super().__init__(in_type=in_type, out_type=out_type)
        self.mon_type = causes.number(mon_type, "a socket type", "zmq.PUB")
        self._mon = Side([], [], [])

    def bind_mon(self, addr: str) -> None:
        """Bind the monitor socket to an endpoint when the proxy starts.

        Parameters
        ----------
        addr : str
            The endpoint.

        Raises
        ------
        TypeError
            When it is neither str nor bytes.
        ValueError
            When it has a NUL.

        Source: pyzmq `ProxyBase.bind_mon`.
        """
        self._mon.bind(addr)

    def bind_mon_to_random_port(self, addr: str, *args: Any, **kwargs: Any) -> int:
        """Choose a free port and bind the monitor socket to it when the proxy starts.

        Parameters
        ----------
        addr : str
            The interface, as in `tcp://127.0.0.1`.
        *args, **kwargs
            As in `Socket.bind_to_random_port`.

        Returns
        -------
        int
            The port. Another process can take it before the device starts.

        Raises
        ------
        ZMQBindError
            No port is left.
        ZMQError
            The interface is bad.

        Source: pyzmq `ProxyBase.bind_mon_to_random_port`.
        """
        port = self._reserve_random_port(addr, *args, **kwargs)
        self.bind_mon(f"{addr}:{port}")
        return port

    def connect_mon(self, addr: str) -> None:
        """Connect the monitor socket to an endpoint when the proxy starts.

        Parameters
        ----------
        addr : str
            The endpoint.

        Raises
        ------
        TypeError
            When it is neither str nor bytes.
        ValueError
            When it has a NUL.

        Source: pyzmq `ProxyBase.connect_mon`.
        """
        self._mon.connect(addr)

    def setsockopt_mon(self, opt: int, value: Any) -> None:
        """Set an option of the monitor socket when the proxy starts.

        Parameters
        ----------
        opt : int
            The option, a `SocketOption`.
        value : int, bytes or str
            Its value.

        Raises
        ------
        TypeError
            When the option is no number.

        Source: pyzmq `ProxyBase.setsockopt_mon`.
        """
        self._mon.set(opt, value)

    def _setup_sockets(self) -> tuple[Any, ...]:
        sockets = super()._setup_sockets()
        monitor = self._make_socket(self.mon_type)
        self._mon.configure(monitor)
        return (*sockets, monitor)

    def run_device(self) -> None:
        """Create the sockets and run the proxy until the context is terminated.

        Raises
        ------
        ZMQError
            Always in the end: ETERM when the context was terminated.

        Source: libzmq `zmq_proxy`, pyzmq `ProxyBase.run_device`.
        """
        ins, outs, monitor = self._setup_sockets()
        proxy(ins, outs, monitor)


class Proxy(ProxyBase, Device):
    """A proxy that runs in the thread which calls `start`.

    Each message goes from one side to the other, and a copy of it to the monitor socket, most
    usefully a PUB socket.

    Source: pyzmq `zmq.devices.Proxy`.
    """


class ThreadProxy(ProxyBase, ThreadDevice):
    """A `Proxy` that runs in a thread.

    Source: pyzmq `zmq.devices.ThreadProxy`.
    """


class ProcessProxy(ProxyBase, ProcessDevice):
    """A `Proxy` that runs in a process.

    Source: pyzmq `zmq.devices.ProcessProxy`.
    """
