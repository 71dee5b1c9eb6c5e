"""Proxies that run in the background and take commands from a control socket."""

from __future__ import annotations

from typing import Any

from ..constants import PUB
from ..core.proxy import proxy_steerable
from .proxydevice import ProcessProxy, Proxy, ProxyBase, ThreadProxy
from .side import Side

__all__ = ["ProcessProxySteerable", "ProxySteerable", "ThreadProxySteerable"]


class ProxySteerableBase(ProxyBase):
    """The base of the three kinds of steerable proxy: a fourth socket that receives commands.

    Parameters
    ----------
    in_type, out_type : int
        The socket types of the two sides; with `out_type` below 0, one socket serves both.
    mon_type : int
        The monitor socket's type.
    ctrl_type : int, optional
        The control socket's type; None makes a plain proxy without one.

    Source: pyzmq `zmq.devices.proxysteerabledevice.ProxySteerableBase`.
    """

    def __init__(
        self, in_type: int, out_type: int, mon_type: int = PUB, ctrl_type: int | None = None
    ) -> None:
        super().__init__(in_type=in_type, out_type=out_type, mon_type=mon_type)
        self.ctrl_type = ctrl_type
        self._ctrl = Side([], [], [])

    def bind_ctrl(self, addr: str) -> None:
        """Bind the control socket to an endpoint when the proxy starts.

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

        Source: pyzmq `ProxySteerableBase.bind_ctrl`.
        """
        self._ctrl.bind(addr)

    def bind_ctrl_to_random_port(self, addr: str, *args: Any, **kwargs: Any) -> int:
        """Choose a free port and bind the control socket to it when the proxy starts.

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

        Source: pyzmq `ProxySteerableBase.bind_ctrl_to_random_port`.
        """
        port = self._reserve_random_port(addr, *args, **kwargs)
        self.bind_ctrl(f"{addr}:{port}")
        return port

    def connect_ctrl(self, addr: str) -> None:
        """Connect the control socket to an endpoint when the proxy starts.

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

        Source: pyzmq `ProxySteerableBase.connect_ctrl`.
        """
        self._ctrl.connect(addr)

    def setsockopt_ctrl(self, opt: int, value: Any) -> None:
        """Set an option of the control socket when the proxy starts.

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

        Source: pyzmq `ProxySteerableBase.setsockopt_ctrl`.
        """
        self._ctrl.set(opt, value)

    def _setup_sockets(self) -> tuple[Any, ...]:
        sockets = super()._setup_sockets()
        if self.ctrl_type is None:
            return (*sockets, None)
        control = self._make_socket(self.ctrl_type)
        self._ctrl.configure(control)
        return (*sockets, control)

    def run_device(self) -> None:
        """Create the sockets and run the proxy until TERMINATE arrives or the context ends.

        Raises
        ------
        ZMQError
            The context was terminated (ETERM), or another error ended the proxy.

        Source: libzmq `zmq_proxy_steerable`, pyzmq `ProxySteerableBase.run_device`.
        """
        ins, outs, monitor, control = self._setup_sockets()
        proxy_steerable(ins, outs, monitor, control)


class ProxySteerable(ProxySteerableBase, Proxy):
    """A steerable proxy that runs in the thread which calls `start`.

    The control socket takes the commands of `ctzmq.proxy_steerable`.

    Source: pyzmq `zmq.devices.ProxySteerable`.
    """


class ThreadProxySteerable(ProxySteerableBase, ThreadProxy):
    """A `ProxySteerable` that runs in a thread.

    Source: pyzmq `zmq.devices.ThreadProxySteerable`.
    """


class ProcessProxySteerable(ProxySteerableBase, ProcessProxy):
    """A `ProxySteerable` that runs in a process.

    Source: pyzmq `zmq.devices.ProcessProxySteerable`.
    """
