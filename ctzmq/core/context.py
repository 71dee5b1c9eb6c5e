"""Contexts: the sockets of a libzmq context, the options they start with, and `destroy`."""

from __future__ import annotations

import os
from _thread import RLock
from typing import Any, Callable, Generic, overload
from warnings import warn

from ..error import ZMQError
from ..libzmq import numbers
from ..libzmq.annotations import TypeVar
from . import causes, options, registry
from .basecontext import BaseContext
from .lifecycle import shown
from .replaceable import UnknownAttribute, put, takes
from .socket import Socket

S = TypeVar("S", bound="Socket[Any]", covariant=True, default="Socket[bytes]")
T = TypeVar("T", bound="Socket[Any]")
C = TypeVar("C", bound="Context[Any]")

__all__ = ["Context", "SyncContext"]

#: The options that are attributes: those of the context itself, and defaults for its sockets.
_OPTIONS: dict[str, int] = {
    **{name: option for name, (option, _) in numbers.SOCKET_OPTIONS.items()},
    **numbers.CONTEXT_OPTIONS,
}


class Context(BaseContext, Generic[S]):
    """A libzmq context. It may be used from any thread.

    Parameters
    ----------
    io_threads : int or Context
        The number of I/O threads; or a context to share.
    shadow : int or Context
        A libzmq context to share, or its address.

    Raises
    ------
    ZMQError
        EINVAL when `io_threads` is negative, EMFILE when the process may open no more files,
        EFAULT when the context to share is terminated.

    Source: libzmq `zmq_ctx_new`, pyzmq `zmq.Context`.
    """

    __slots__ = ("_sockets", "sockopts")

    _repr_cls = "zmq.Context"
    _instance: Any = None
    # Reentrant: a signal handler may ask for the instance while it is being made.
    _instance_lock: Any = RLock()
    _instance_pid: int | None = None
    _socket_class: Any = Socket
    _warn_destroy_close = False
    #: The names of options of the context whose attributes were deleted.
    _deleted: frozenset[str] = frozenset()

    sockopts: dict[int, Any]

    def __init__(self, io_threads: Any = 1, shadow: Any = 0) -> None:
        self._sockets = registry.Living()
        self.sockopts = {}
        super().__init__(io_threads, shadow)

    def __repr__(self) -> str:
        count = len(self._sockets)
        sockets = f"{count} socket{'s' if count > 1 else ''}" if count else ""
        closed = " closed" if self.closed else ""
        return f"<{shown(type(self))}({sockets}) at {id(self):#x}{closed}>"

    def __enter__(self: C) -> C:
        return self

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        self._warn_destroy_close = True
        self.destroy()

    @classmethod
    def instance(cls: type[C], io_threads: int = 1) -> C:
        """Return the context that the whole process shares; make it if need be.

        The child of a fork gets a new one, and so does every caller once it is terminated.

        Parameters
        ----------
        io_threads : int
            How many threads a new one has.

        Returns
        -------
        Context

        Raises
        ------
        ZMQError
            As the constructor does.

        Source: pyzmq `Context.instance`.
        """
        current: C | None = cls._instance
        if current is None or cls._instance_pid != os.getpid() or current.closed:
            with cls._instance_lock:
                current = cls._instance
                if current is None or cls._instance_pid != os.getpid() or current.closed:
                    current = cls._instance = cls(io_threads=io_threads)
                    cls._instance_pid = os.getpid()
        return current

    # -- The end -----------------------------------------------------------------------------------

    def destroy(self, linger: int | None = None) -> None:
        """Close every socket of the context, then terminate it.

        Sockets must not be in use in other threads.

        Parameters
        ----------
        linger : int, optional
            Milliseconds to set LINGER of each socket to first.

        Raises
        ------
        TypeError
            When `linger` is no number; nothing is closed then.
        OverflowError
            When it has more than 32 bits; nothing is closed then.

        Source: pyzmq `Context.destroy`.
        """
        if linger is not None:
            options.check(numbers.LINGER, linger)
        if self.closed:
            return
        for socket in self._sockets.living():
            # One that is not open yet is being made, by code that a signal handler interrupts here.
            if socket.closed and not socket._sharers.claim:
                continue
            if self._warn_destroy_close:
                warn(
                    f"destroying context with unclosed socket {socket!r}",
                    ResourceWarning,
                    stacklevel=3,
                    source=socket,
                )
            if linger is not None:
                try:
                    socket.setsockopt(numbers.LINGER, linger)
                except ZMQError as error:
                    if error.errno not in (numbers.ETERM, numbers.ENOTSOCK):
                        raise
            socket.close()
        self.term()

    # -- Options -----------------------------------------------------------------------------------

    def setsockopt(self, opt: int, value: Any) -> None:
        """Set an option for all sockets that are made from now on.

        Parameters
        ----------
        opt : int
            A `SocketOption`; sockets whose type does not have it are made without it.
        value : int or bytes
            As the option's type has it.

        Raises
        ------
        TypeError
            When `opt` is no number, or `value` is not of its type.
        OverflowError
            When `value` does not fit the option's type.

        Source: pyzmq `Context.setsockopt`.
        """
        options.check(causes.number(opt, "an option", "zmq.LINGER"), value)
        self.sockopts[opt] = value

    def getsockopt(self, opt: int) -> Any:
        """Return an option that was set for future sockets.

        Parameters
        ----------
        opt : int
            A `SocketOption`.

        Returns
        -------
        int, bytes or str
            The value as it was set.

        Raises
        ------
        KeyError
            When it was not set.

        Source: pyzmq `Context.getsockopt`.
        """
        return self.sockopts[opt]

    def __setattr__(self, name: str, value: Any) -> None:
        option = _OPTIONS.get(name.upper())
        if option is None or hasattr(type(self), name):
            if not takes(self, name):
                raise UnknownAttribute(type(self), name, _OPTIONS)
            put(self, name, value)
        else:
            self._set_attr_opt(name.upper(), option, value)
            if self._deleted:
                self._deleted -= {name.upper()}

    def _set_attr_opt(self, name: str, opt: int, value: Any) -> None:
        if name in numbers.CONTEXT_OPTIONS:
            self.set(opt, value)
        else:
            self.setsockopt(opt, value)

    def __getattr__(self, name: str) -> Any:
        option = _OPTIONS.get(name.upper())
        if option is None:
            if hasattr(Socket, name):
                raise AttributeError(f"Context has no {name!r}: sockets have, such as socket(REP)")
            raise UnknownAttribute(type(self), name, _OPTIONS)
        if name.upper() in self._deleted:
            raise AttributeError(f"{name} was deleted from {self!r}: set it first")
        try:
            return self._get_attr_opt(name.upper(), option)
        except ZMQError as error:
            raise AttributeError(str(error)) from error

    def _get_attr_opt(self, name: str, opt: int) -> Any:
        if name in numbers.CONTEXT_OPTIONS:
            return self.get(opt)
        if opt not in self.sockopts:
            raise AttributeError(f"{name} was not set for sockets to come")
        return self.sockopts[opt]

    def __delattr__(self, name: str) -> None:
        option = _OPTIONS.get(name.upper())
        if option is None or hasattr(type(self), name):
            object.__delattr__(self, name)
        elif name.upper() in numbers.CONTEXT_OPTIONS:
            # Mocks delete an attribute that they have replaced, and set the old value if it is
            # missing then.
            self._deleted |= {name.upper()}
        elif self.sockopts.pop(option, None) is None:
            raise AttributeError(f"{name.upper()} was not set for sockets to come")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *numbers.CONTEXT_OPTIONS]

    # -- Sockets -----------------------------------------------------------------------------------

    @overload
    def socket(self, socket_type: int, socket_class: None = ..., **kwargs: Any) -> S: ...
    @overload
    def socket(self, socket_type: int, socket_class: type[T], **kwargs: Any) -> T: ...
    @overload
    def socket(self, socket_type: int, socket_class: Callable[..., T], **kwargs: Any) -> T: ...
    def socket(self, socket_type: int, socket_class: Any = None, **kwargs: Any) -> Any:
        """Make a socket.

        Parameters
        ----------
        socket_type : int
            A `SocketType`.
        socket_class : type, optional
            The class of the socket; that of the context's flavour when left out.
        **kwargs
            For the class.

        Returns
        -------
        Socket

        Raises
        ------
        ZMQError
            ENOTSUP when the context is terminated, EFAULT when it is the shadow of one that is;
            EMFILE when it has as many sockets as MAX_SOCKETS allows, or the process as many open
            files; EINVAL for a type that this libzmq does not have.

        Source: libzmq `zmq_socket`, pyzmq `Context.socket`.
        """
        if not self._address:
            raise self._unusable()
        make = socket_class or self._socket_class
        if not callable(make):
            raise TypeError(f"socket_class is a class of sockets, got {make!r:.60}")
        try:
            socket: Socket[Any] = make(self, socket_type, **kwargs)
        except TypeError as error:
            if kwargs:
                raise causes.options_given(error, kwargs) from None
            raise
        for option, value in self.sockopts.items():
            try:
                socket.setsockopt(option, value)
            except ZMQError:
                # An option such as SUBSCRIBE, which only some types have.
                continue
            except Exception:
                socket.close(0)
                raise
            except BaseException:
                socket.close()
                raise
        self._add_socket(socket)
        return socket

    def _add_socket(self, socket: Any) -> None:
        self._sockets.add(socket)

    def _rm_socket(self, socket: Any) -> None:
        self._sockets.discard(socket)


SyncContext = Context


def _renew_lock() -> None:
    # A thread that does not exist in the child may have held the lock.
    Context._instance_lock = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)
