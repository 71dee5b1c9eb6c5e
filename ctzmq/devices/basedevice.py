"""Devices that run in the background; their sockets are made where they run."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from multiprocessing import Process
from threading import Thread
from typing import Any, Callable

from ..constants import ENOTSOCK, ETERM, PUSH, QUEUE
from ..core import causes
from ..core.context import Context
from ..core.proxy import proxy
from ..core.socket import Socket
from ..error import ZMQBindError, ZMQError
from .nativethread import NativeThread, starter
from .side import Side

__all__ = ["Device", "ProcessDevice", "ThreadDevice"]

_PORT_ATTEMPTS = 5


class Device:
    """A device that forwards messages between two sockets, in both directions.

    It takes socket types, not sockets: `run_device` creates the sockets in the thread or process
    where the device runs. `start` of this class runs it in the calling thread until the context is
    terminated; `ThreadDevice` and `ProcessDevice` run it in the background.

    Parameters
    ----------
    device_type : int
        Kept for old programs, without effect.
    in_type : int
        The in-socket's type.
    out_type : int
        The out-socket's type; if less than 0, the in-socket is the out-socket too.

    Raises
    ------
    TypeError
        `in_type` or `out_type` is left out, or is no number.

    Source: libzmq `zmq_proxy`, pyzmq `zmq.devices.Device`.
    """

    #: Makes the context when the device runs. Assign another callable to a subclass to replace it.
    context_factory: Callable[[], Context] = Context.instance

    daemon: bool
    device_type: int
    in_type: int
    out_type: int

    def __init__(
        self,
        device_type: int = QUEUE,
        in_type: int | None = None,
        out_type: int | None = None,
    ) -> None:
        if in_type is None:
            raise TypeError("in_type must be given: a socket type such as zmq.ROUTER")
        if out_type is None:
            raise TypeError("out_type must be given: a socket type, or -1 for one socket only")
        self.device_type = device_type
        self.in_type = causes.number(in_type, "a socket type", "zmq.ROUTER")
        self.out_type = causes.number(out_type, "a socket type", "zmq.DEALER")
        self.daemon = True
        self._in = Side([], [], [])
        self._out = Side([], [], [])
        self._random_addrs: list[str] = []
        self._reset()

    def _reset(self) -> None:
        self._context: Context[Any] | None = None
        self._sockets: list[Socket] = []
        self._finished = threading.Event()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what belongs to the process that configured the device."""
        own = ("_sockets", "_finished", "_context", "launcher")
        return {name: value for name, value in self.__dict__.items() if name not in own}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__dict__.update(state)
        self._reset()

    @property
    def done(self) -> bool:
        """Whether the device has run and ended."""
        return self._finished.is_set()

    @done.setter
    def done(self, value: bool) -> None:
        if value:
            self._finished.set()
        else:
            self._finished.clear()

    def bind_in(self, addr: str) -> None:
        """Bind the in-socket to an endpoint when the device starts.

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

        Source: pyzmq `Device.bind_in`.
        """
        self._in.bind(addr)

    def bind_in_to_random_port(self, addr: str, *args: Any, **kwargs: Any) -> int:
        """Choose a free port and bind the in-socket to it when the device starts.

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

        Source: pyzmq `Device.bind_in_to_random_port`.
        """
        port = self._reserve_random_port(addr, *args, **kwargs)
        self.bind_in(f"{addr}:{port}")
        return port

    def connect_in(self, addr: str) -> None:
        """Connect the in-socket to an endpoint when the device starts.

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

        Source: pyzmq `Device.connect_in`.
        """
        self._in.connect(addr)

    def setsockopt_in(self, opt: int, value: Any) -> None:
        """Set an option of the in-socket when the device starts.

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

        Source: pyzmq `Device.setsockopt_in`.
        """
        self._in.set(opt, value)

    def bind_out(self, addr: str) -> None:
        """Bind the out-socket to an endpoint when the device starts.

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

        Source: pyzmq `Device.bind_out`.
        """
        self._out.bind(addr)

    def bind_out_to_random_port(self, addr: str, *args: Any, **kwargs: Any) -> int:
        """Choose a free port and bind the out-socket to it when the device starts.

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

        Source: pyzmq `Device.bind_out_to_random_port`.
        """
        port = self._reserve_random_port(addr, *args, **kwargs)
        self.bind_out(f"{addr}:{port}")
        return port

    def connect_out(self, addr: str) -> None:
        """Connect the out-socket to an endpoint when the device starts.

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

        Source: pyzmq `Device.connect_out`.
        """
        self._out.connect(addr)

    def setsockopt_out(self, opt: int, value: Any) -> None:
        """Set an option of the out-socket when the device starts.

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

        Source: pyzmq `Device.setsockopt_out`.
        """
        self._out.set(opt, value)

    def _reserve_random_port(self, addr: str, *args: Any, **kwargs: Any) -> int:
        with Context() as context, context.socket(PUSH) as binder:
            # Each attempt leaves its port bound, so the next one finds another.
            for _ in range(_PORT_ATTEMPTS):
                port = binder.bind_to_random_port(addr, *args, **kwargs)
                endpoint = f"{addr}:{port}"
                if endpoint not in self._random_addrs:
                    self._random_addrs.append(endpoint)
                    return port
        raise ZMQBindError(f"found no port on {addr} that this device has not reserved already")

    def _setup_sockets(self) -> tuple[Any, ...]:
        """Create and configure the sockets, in the order in which the proxy takes them."""
        ins = self._make_socket(self.in_type)
        outs = ins if self.out_type < 0 else self._make_socket(self.out_type)
        self._in.configure(ins)
        self._out.configure(outs)
        return ins, outs

    def _make_socket(self, socket_type: int) -> Socket:
        if self._context is None:
            self._context = self.context_factory()
        socket = self._context.socket(socket_type)
        self._sockets.append(socket)
        return socket

    def _close_sockets(self) -> None:
        for socket in self._sockets:
            socket.close()

    def run_device(self) -> None:
        """Create the sockets and forward messages until the context is terminated.

        Subclasses override it. Programs call `start`.

        Raises
        ------
        ZMQError
            Always in the end: ETERM when the context was terminated.

        Source: pyzmq `Device.run_device`.
        """
        ins, outs = self._setup_sockets()
        proxy(ins, outs)

    def run(self) -> None:
        """Run the device in this thread; end quietly when its context or socket is closed.

        Raises
        ------
        ZMQError
            Anything else ended it, a bad endpoint among others.

        Source: pyzmq `Device.run`.
        """
        try:
            self.run_device()
        except ZMQError as error:
            gone = self._context is not None and self._context.closed
            if error.errno not in (ETERM, ENOTSOCK) and not gone:
                raise
        finally:
            self.done = True
            self._close_sockets()

    def start(self) -> None:
        """Run the device in the calling thread; background devices return at once.

        Raises
        ------
        ZMQError
            As `run` does.

        Source: pyzmq `Device.start`.
        """
        self.run()

    def join(self, timeout: float | None = None) -> None:
        """Wait until the device has ended.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most; None waits for ever.

        Source: pyzmq `Device.join`.
        """
        self._finished.wait(timeout)


class BackgroundDevice(Device):
    """A device that `start` launches elsewhere; base of the thread and process devices.

    Source: pyzmq `zmq.devices.basedevice.BackgroundDevice`.
    """

    launcher: Thread | NativeThread | Process | None = None
    _launch_class: Any = None

    def start(self) -> None:
        """Launch the device and return at once; `daemon` says whether it may outlive the program.

        Source: pyzmq `BackgroundDevice.start`.
        """
        self.launcher = launcher = self._launch()
        launcher.daemon = self.daemon
        launcher.start()

    def _launch(self) -> Any:
        return self._launch_class(target=self.run)

    def join(self, timeout: float | None = None) -> None:
        """Wait until the thread or process of the device has ended.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most; None waits for ever.

        Raises
        ------
        RuntimeError
            The device was not started.

        Source: pyzmq `BackgroundDevice.join`.
        """
        if self.launcher is None:
            raise RuntimeError("this device has not been started: call start() before join()")
        self.launcher.join(timeout=timeout)


class ThreadDevice(BackgroundDevice):
    """A device that runs in a thread, on the context that `Context.instance()` returns.

    The thread is a native one, also where a library makes greenlets of threads.

    Source: pyzmq `zmq.devices.ThreadDevice`.
    """

    _launch_class = Thread

    def _launch(self) -> Any:
        start = starter()
        return super()._launch() if start is None else NativeThread(start, self.run)


class ProcessDevice(BackgroundDevice):
    """A device that runs in a process, on a context of its own.

    Source: pyzmq `zmq.devices.ProcessDevice`.
    """

    _launch_class = Process
    # A forked child must never use the instance that it inherited.
    context_factory = Context
