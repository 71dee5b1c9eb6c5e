"""Contexts: libzmq's I/O threads, and the sockets that share them."""

from __future__ import annotations

import ctypes
import os
from _thread import RLock
from errno import EMFILE
from typing import TYPE_CHECKING, Any, Callable, Generic, overload
from warnings import warn

from ..error import ContextTerminated, ZMQError, from_errno
from ..libzmq import numbers, prototypes, threads
from ..libzmq.annotations import TypeVar
from . import causes, limits, options, registry, shortage
from .fate import Fate
from .lifecycle import shown
from .replaceable import UnknownAttribute, put, takes
from .socket import Socket

if TYPE_CHECKING:
    from ..constants.on_demand import ContextOption

S = TypeVar("S", bound="Socket[Any]", covariant=True, default="Socket[bytes]")
T = TypeVar("T", bound="Socket[Any]")
C = TypeVar("C", bound="Context[Any]")

__all__ = ["Context", "SyncContext"]

#: The options that are attributes: those of a context itself, and those of sockets to come.
_OPTIONS: dict[str, int] = {
    **{name: option for name, (option, _) in numbers.SOCKET_OPTIONS.items()},
    **numbers.CONTEXT_OPTIONS,
}


class Context(Generic[S]):
    """A libzmq context. It may be used from any thread.

    Parameters
    ----------
    io_threads : int or Context
        How many threads do the input and output; or a context to share.
    shadow : int or Context
        A libzmq context to share, or its address.

    Raises
    ------
    ZMQError
        EINVAL when `io_threads` is negative, EMFILE when the process may open no more files,
        EFAULT when the context to share is terminated.

    Source: libzmq `zmq_ctx_new`, pyzmq `zmq.Context`.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_address",
        "_fate",
        "_pid",
        "_shadow",
        "_shadow_obj",
        "_sockets",
        "sockopts",
    )

    _repr_cls = "zmq.Context"
    _instance: Any = None
    # A signal handler may ask for the instance that is being made.
    _instance_lock: Any = RLock()
    _instance_pid: int | None = None
    _socket_class: Any = Socket
    _warn_destroy_close = False
    #: The names of options of the context whose attributes were deleted.
    _deleted: frozenset[str] = frozenset()

    sockopts: dict[int, Any]

    if TYPE_CHECKING:
        io_threads: int
        max_msgsz: int
        max_sockets: int
        msg_t_size: int
        socket_limit: int
        thread_affinity_cpu_add: int
        thread_affinity_cpu_remove: int
        thread_name_prefix: int
        thread_priority: int
        thread_sched_policy: int

    def __init__(self, io_threads: Any = 1, shadow: Any = 0) -> None:
        self._address = 0
        self._shadow = False
        self._pid = os.getpid()
        self._shadow_obj: Any = None
        self._fate = Fate()
        self._sockets = registry.Living()
        self.sockopts = {}
        if isinstance(io_threads, Context):
            shadow, io_threads = io_threads, 1
        self._shadow = bool(shadow)
        if shadow:
            self._share(shadow)
        else:
            self._open(causes.number(io_threads, "io_threads", "1"))
        self._fate.sharers.add(self)
        registry.contexts.add(self)

    def _open(self, io_threads: int) -> None:
        errno = self._fate.open()
        if errno:
            raise shortage.of_descriptors("a context") if errno == EMFILE else from_errno(errno)
        self._address = self._fate.claim[0]
        try:
            self.set(numbers.IO_THREADS, io_threads)
        except Exception:
            self.term()
            raise

    def _share(self, shadow: Any) -> None:
        self._shadow_obj = shadow
        if isinstance(shadow, Context):
            original: Context[Any] | None = shadow
            address = shadow._address
        else:
            from ..utils.interop import cast_int_addr

            address = registry.plausible(cast_int_addr(getattr(shadow, "underlying", shadow)))
            original = next((c for c in registry.contexts if c._address == address), None)
        if not address:
            raise ZMQError(numbers.EFAULT, f"cannot share {shadow!r}: it is terminated")
        if original is not None:
            self._fate = original._fate
        else:
            self._fate.adopt(address)
        self._address = address

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

    def __copy__(self: C, memo: Any = None) -> C:
        return type(self).shadow(self)

    __deepcopy__ = __copy__

    @classmethod
    def shadow(cls: type[C], address: Any) -> C:
        """Make a context that shares the libzmq context of another.

        Parameters
        ----------
        address : int or Context
            The other context, or the address of a libzmq context, perhaps of another library or
            another interpreter of this process.

        Returns
        -------
        Context

        Raises
        ------
        ZMQError
            EFAULT when the other is terminated.
        ValueError
            When `address` is neither.

        Source: pyzmq `Context.shadow`.
        """
        return cls(shadow=address)

    @classmethod
    def shadow_pyczmq(cls: type[C], ctx: Any) -> C:
        """Make a context that shares that of a pyczmq context.

        Parameters
        ----------
        ctx : cffi pointer
            The `zctx_t` of pyczmq.

        Returns
        -------
        Context

        Raises
        ------
        ImportError
            When pyczmq is not installed.

        Source: pyzmq `Context.shadow_pyczmq`.
        """
        from pyczmq import zctx  # type: ignore[import-not-found]

        from ..utils.interop import cast_int_addr

        return cls(shadow=cast_int_addr(zctx.underlying(ctx)))

    @classmethod
    def instance(cls: type[C], io_threads: int = 1) -> C:
        """Return the context that the whole process shares, made at first need.

        A child of a fork gets one of its own; so does everybody once it is terminated.

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

    @property
    def underlying(self) -> int:
        """The address of the libzmq context, 0 once it is terminated.

        Source: pyzmq `Context.underlying`.
        """
        return self._address

    @property
    def _ending(self) -> bool:
        return self._fate.ending

    @property
    def closed(self) -> bool:
        """Whether the context is terminated.

        Source: pyzmq `Context.closed`.
        """
        return not self._address

    # -- The end -----------------------------------------------------------------------------------

    def term(self) -> None:
        """Terminate the context, and wait until its sockets are closed and their messages sent.

        What waits in one of its sockets raises `ContextTerminated`. LINGER says how long messages
        are kept for peers. All that share the libzmq context are terminated with it.

        Raises
        ------
        KeyboardInterrupt
            And whatever else a signal handler raises; the wait can be taken up again then.

        Source: libzmq `zmq_ctx_term`, pyzmq `Context.term`.
        """
        if not self._address:
            return
        fate = self._fate
        with fate.lock:
            ending, fate.ending = fate.ending, True
            try:
                while self._address:
                    try:
                        fate.terminate()
                    finally:
                        # A signal handler may raise although the call has done its work.
                        if fate.over() or not fate.claim:
                            self._forsake()
            finally:
                fate.ending = ending

    def destroy(self, linger: int | None = None) -> None:
        """Close every socket of the context, then terminate it.

        Sockets must not be in use in other threads.

        Parameters
        ----------
        linger : int, optional
            Milliseconds to set LINGER of each socket to first.

        Raises
        ------
        TypeError, OverflowError
            When `linger` is no such number.

        Source: pyzmq `Context.destroy`.
        """
        if linger is not None:
            options.check(numbers.LINGER, linger)
        if self.closed:
            return
        for socket in self._sockets.living():
            if socket.closed:
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

    def _forsake(self) -> None:
        """Put all that share the libzmq context out of use."""
        # In a cycle of garbage, the set does not know this context any more.
        for sharer in {self, *self._fate.sharers}:
            sharer._abandon()
        self._fate.claim.clear()
        self._fate.pointer.value = None

    def _abandon(self) -> None:
        self._address = 0
        registry.forget(self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(f"{self!r} cannot be pickled: make a context in each process")

    def __del__(
        self, _finalizing: Any = registry.finalizing, _inherited: Any = registry.inherited
    ) -> None:
        # Messages that linger, or sockets in the same cycle of garbage, could hold up the end, so
        # it goes on in a thread of its own.
        if _finalizing() or _inherited():
            return
        fate = getattr(self, "_fate", None)
        if fate is None or self._shadow or fate.ending or not fate.claim or fate.over():
            return
        errno = ctypes.get_errno()
        try:
            if self._address:
                warn(f"unclosed context {self!r}", ResourceWarning, stacklevel=2, source=self)
        finally:
            address = next(iter(fate.claim), None)
            with fate.gate:
                self._forsake()
            fate.sweep()
            if address is not None:
                threads.detached(prototypes.zmq_ctx_term, address)
            ctypes.set_errno(errno)

    # -- Options -----------------------------------------------------------------------------------

    def get(self, option: int) -> int:
        """Read an option of the context.

        Parameters
        ----------
        option : int
            A `ContextOption`.

        Returns
        -------
        int

        Raises
        ------
        ZMQError
            EINVAL when this libzmq does not know it.
        RuntimeError
            When the context is terminated.

        Source: libzmq `zmq_ctx_get`, pyzmq `Context.get`.
        """
        self._check_open()
        value, errno = self._fate.call(prototypes.zmq_ctx_get, _number("get", option))
        if value < 0:
            raise self._refused("get", option, errno)
        return value

    def set(self, option: int, optval: int) -> None:
        """Set an option of the context; most take effect only before its first socket.

        Parameters
        ----------
        option : int
            A `ContextOption`.
        optval : int
            The value.

        Raises
        ------
        ZMQError
            EINVAL when this libzmq does not know the option or the value does not fit.
        TypeError, OverflowError
            When `optval` is no int or does not fit 32 bits.
        RuntimeError
            When the context is terminated.

        Source: libzmq `zmq_ctx_set`, pyzmq `Context.set`.
        """
        self._check_open()
        if not isinstance(optval, int):
            raise TypeError(f"{_name(option)} takes an int, got {optval!r:.60}")
        if not -(2**31) <= optval < 2**31:
            raise OverflowError(f"{_name(option)} takes a 32-bit int, got {optval}")
        wanted = limits.objection(option, optval)
        if wanted:
            raise ZMQError(numbers.EINVAL, f"{_name(option)} takes {wanted}, got {optval}")
        rc, errno = self._fate.call(prototypes.zmq_ctx_set, _number("set", option), optval)
        if rc < 0:
            raise self._refused("set", option, errno)

    def _check_open(self) -> None:
        if not self._address:
            raise RuntimeError(f"{self!r} is terminated")
        if self._ending:
            raise ContextTerminated()

    def _refused(self, verb: str, option: int, errno: int) -> ZMQError:
        if errno == numbers.EFAULT and not self._fate.pointer:
            # Another thread, or a signal handler, has begun its end just now.
            return ContextTerminated()
        if errno == numbers.EINVAL:
            return ZMQError(
                errno,
                f"cannot {verb} {_name(option)}: the value does not fit, or libzmq lacks it"
                + _since(option),
            )
        return from_errno(errno)

    def setsockopt(self, opt: int, value: Any) -> None:
        """Set a socket option that sockets made from now on begin with.

        Parameters
        ----------
        opt : int
            A `SocketOption`; sockets that it does not suit go without.
        value : int or bytes
            As the option's type has it.

        Raises
        ------
        TypeError, OverflowError
            When `opt` is no number, or `value` is not of the option's type or does not fit it.

        Source: pyzmq `Context.setsockopt`.
        """
        options.check(causes.number(opt, "an option", "zmq.LINGER"), value)
        self.sockopts[opt] = value

    def getsockopt(self, opt: int) -> Any:
        """Return a socket option that was set for sockets to come.

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
            # Mocks delete what they have replaced, and set the former value if it is missing then.
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
            Its class; that of the context's flavour when left out.
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
        socket: Socket[Any] = make(self, socket_type, **kwargs)
        for option, value in self.sockopts.items():
            try:
                socket.setsockopt(option, value)
            except ZMQError:
                # Such as SUBSCRIBE, which only some types have.
                continue
            except Exception:
                socket.close(0)
                raise
            except BaseException:
                socket.close()
                raise
        self._add_socket(socket)
        return socket

    def _unusable(self) -> ZMQError:
        if self._pid != os.getpid():
            text = (
                f"this context is of process {self._pid} and does not survive a fork:"
                " make a new one in the child"
            )
        else:
            text = f"{self!r} is terminated and can make no socket"
        return ZMQError(numbers.EFAULT if self._shadow else numbers.ENOTSUP, text)

    def _add_socket(self, socket: Any) -> None:
        self._sockets.add(socket)

    def _rm_socket(self, socket: Any) -> None:
        self._sockets.discard(socket)


SyncContext = Context


def _number(verb: str, option: int) -> int:
    """Return the number of an option; refuse one that C would cut to that of another."""
    number = causes.number(option, "an option", "zmq.IO_THREADS")
    if not causes.fits_int(number):
        raise ZMQError(numbers.EINVAL, f"cannot {verb} {_name(option)}: libzmq lacks it")
    return number


def _renew_lock() -> None:
    # A thread that the child does not have may have held it.
    Context._instance_lock = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def _known(option: int) -> ContextOption | None:
    try:
        from ..constants.on_demand import ContextOption

        return ContextOption(option)
    except (ValueError, ImportError):
        return None


def _name(option: int) -> str:
    known = _known(option)
    return f"context option {option!r}" if known is None else known.name


def _since(option: int) -> str:
    """Name the libzmq release that an option came with, if it is known."""
    known = _known(option)
    return "" if known is None else f" (since {known.since})"
