"""How a libzmq socket is made, shared, closed and invalidated."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, Callable
from warnings import warn

from ..error import ContextTerminated, DraftFDWarning, ZMQError, from_errno
from ..libzmq import numbers, prototypes
from ..libzmq.provider import calls
from . import causes, options, registry, settings
from .handle import Handle
from .opening import open_socket, since
from .replaceable import put, replaceable

if TYPE_CHECKING:
    from ..constants.enums import SocketType


def shown(cls: type) -> str:
    """Return the name that `repr` shows for a class: pyzmq's name if pyzmq has the class."""
    name: str | None = vars(cls).get("_repr_cls")
    return name or f"{cls.__module__}.{cls.__name__}"


class Lifecycle:
    """A libzmq socket: `_sharers` owns it, `_address` is its address.

    `_handle` is what quick calls get: `_pointer`, or NULL where they must not be made. All of these
    are cleared before the socket is closed, so that no call can reach a closed one. A socket and
    its shadows have one owner and are closed together.

    No call keeps any of them in a variable while Python code can run, such as a signal handler that
    closes the socket: it reads them anew each time.
    """

    # Rare attributes, and what is replaced on one socket, are in `__dict__`.
    __slots__ = (
        "__dict__",
        "__weakref__",
        "_address",
        "_copy_threshold",
        "_handle",
        "_items",
        "_look",
        "_pointer",
        "_replaced",
        "_shadow_obj",
        "_sharers",
        "_type",
        "context",
    )

    #: The `Context`; its class is defined above this module, so sockets do not know it.
    context: Any
    _address: int
    _pointer: Any
    #: What quick calls get: NULL where they must not be made.
    _handle: Any
    _items: Any
    _look: Any
    _sharers: Handle
    _shadow_obj: Any
    _type: int
    _copy_threshold: int
    #: Whether a method that the fast paths bypass is replaced, by the class or on this socket.
    _replaced: bool
    _overrides: Callable[[], bool]
    #: In the child of a fork: the id of the process that the socket belongs to.
    _left_by = 0
    _draft_poller: Any = None
    _needs_key = False
    _monitor_socket: Any = None

    def __init__(
        self,
        ctx_or_socket: Any = None,
        socket_type: int = 0,
        *,
        shadow: Any = 0,
        copy_threshold: int | None = None,
    ) -> None:
        # By `put`, because `__setattr__` would first ask whether the class has the attribute.
        put(self, "_address", 0)
        put(self, "_pointer", calls.NULL)
        put(self, "_handle", calls.NULL)
        put(self, "_items", None)
        put(self, "_look", None)
        put(self, "_replaced", self._overrides())
        put(self, "context", None)
        put(self, "_shadow_obj", None)
        if copy_threshold is None:
            put(self, "_copy_threshold", settings.copy_threshold())
        else:
            self.copy_threshold = copy_threshold
        if isinstance(ctx_or_socket, Lifecycle):
            shadow, ctx_or_socket = ctx_or_socket, None
        if shadow:
            self._share(shadow, ctx_or_socket)
        else:
            self._open(ctx_or_socket, causes.number(socket_type, "a socket type", "zmq.REP"))

    def _open(self, context: Any, socket_type: int) -> None:
        if not hasattr(context, "underlying"):
            raise TypeError(
                f"a socket needs a context, got {context!r:.60}: use context.socket(type)"
            )
        put(self, "context", context)
        put(self, "_type", socket_type)
        if not 0 <= socket_type < 2**31:
            # C would truncate the number and make a socket of another type.
            raise ZMQError(numbers.EINVAL, f"this libzmq has no socket type {socket_type}")
        drafts = numbers.SERVER <= socket_type <= numbers.CHANNEL
        if drafts and not prototypes.zmq_has(b"draft"):
            # libzmq would make the socket, but abort the process once it connects.
            raise ZMQError(
                numbers.EINVAL,
                f"a {self._type_name} socket needs libzmq {since(socket_type)} or newer,"
                " built with its draft API",
            )
        handle = Handle(context._owner.handles)
        put(self, "_sharers", handle)
        # Registered before it is open, so that it is found whatever happens in between.
        handle.add(self)
        registry.sockets.add(self)
        context._sockets.add(self)
        try:
            open_socket(context, socket_type, handle)
            if not handle.pointer and not context._owner.pointer:
                # A signal handler or another thread has begun to terminate the context.
                raise ContextTerminated()
            self._settle()
            self._take_care()
        except BaseException:
            Lifecycle.close(self)
            raise

    def _share(self, shadow: Any, context: Any) -> None:
        put(self, "_shadow_obj", shadow)
        if isinstance(shadow, Lifecycle):
            original: Lifecycle | None = shadow
            address = shadow._address
        else:
            from ..utils.interop import cast_int_addr

            address = registry.plausible(cast_int_addr(getattr(shadow, "underlying", shadow)))
            there = [s for s in registry.sockets if s._address == address]
            # If a context of ours opened a socket at this address, a foreign one there is long
            # gone.
            there.sort(key=lambda socket: socket._sharers.handles is None)
            original = there[0] if there else None
        if not address:
            if isinstance(shadow, Lifecycle):
                raise shadow._error(numbers.ENOTSOCK)
            raise ZMQError(numbers.ENOTSOCK, f"cannot shadow {shadow!r}: it is closed")
        put(self, "context", context)
        if original is not None:
            put(self, "context", context or original.context)
            put(self, "_sharers", original._sharers)
        else:
            put(self, "_sharers", Handle())
            self._sharers.adopt(address)
        self._sharers.add(self)
        registry.sockets.add(self)
        put(self, "_type", 0 if original is None else original._type)
        self._settle()
        if original is not None:
            put(self, "_handle", original._handle)
        else:
            put(self, "_type", int(options.read(self._sharers.call, numbers.TYPE)))
            self._take_care()

    def _settle(self) -> None:
        address = self._sharers.pointer.value
        if not address:
            # Another thread or a signal handler has closed it.
            raise self._error(numbers.ENOTSOCK)
        pointer = self._sharers.argument
        put(self, "_address", address)
        put(self, "_pointer", pointer)
        put(self, "_handle", pointer)

    @property
    def _shadow(self) -> bool:
        return self._shadow_obj is not None

    def _thread_safe(self) -> bool:
        return self._type >= numbers.SERVER and bool(
            options.read(self._sharers.call, numbers.THREAD_SAFE)
        )

    def _take_care(self) -> None:
        if (
            self._thread_safe()
            or self._type == numbers.DGRAM
            or (self._shadow and options.read(self._sharers.call, numbers.CONFLATE))
        ):
            self._slow_down()

    def _slow_down(self) -> None:
        """Clear the quick handle, so that every quick call fails and the careful one follows.

        This is for sockets with a lock that another thread may hold while it waits for the GIL:
        thread-safe ones, and those with CONFLATE, which drop messages, zero-copy ones too, while
        they hold theirs. It is also for DGRAM sockets, which may send only once they are bound.
        """
        for sharer in (self, *self._sharers.living()):
            sharer._handle = calls.NULL

    @property
    def underlying(self) -> int:
        """The address of the libzmq socket, 0 once it is closed.

        Source: pyzmq `Socket.underlying`.
        """
        return self._address

    @property
    def closed(self) -> bool:
        """Whether the socket is closed.

        Source: pyzmq `Socket.closed`.
        """
        return not self._address

    @property
    def _closed(self) -> bool:
        return self.closed

    @property
    def type(self) -> SocketType:
        """The type of the socket, a `SocketType`; an int if it is not known here.

        Source: pyzmq `Socket.type`.
        """
        kind: Any = self._type
        try:
            from ..constants.enums import SocketType

            return SocketType(kind)
        except (ValueError, ImportError):
            # Finalizers at interpreter shutdown cannot import anything.
            return kind  # type: ignore[no-any-return]

    @property
    def socket_type(self) -> SocketType:
        """The old name of `type`.

        Source: pyzmq `Socket.socket_type`.
        """
        warn("Socket.socket_type is deprecated, use Socket.type", DeprecationWarning, stacklevel=2)
        return self.type

    @property
    def _type_name(self) -> str:
        return getattr(self.type, "name", str(self._type))

    @property
    def copy_threshold(self) -> int:
        """The size in bytes from which `copy=False` shares memory; smaller messages are copied.

        Source: pyzmq `Socket.copy_threshold`.
        """
        return self._copy_threshold

    @copy_threshold.setter
    def copy_threshold(self, threshold: int) -> None:
        number = causes.number(threshold, "copy_threshold", "65536")
        if number < 0:
            raise ValueError(f"copy_threshold is a number of bytes, got {number}")
        put(self, "_copy_threshold", number)

    @copy_threshold.deleter
    def copy_threshold(self) -> None:
        del self._copy_threshold

    def close(self, linger: int | None = None) -> None:
        """Close the socket; libzmq still sends what it has queued, for as long as LINGER says.

        Closing twice does nothing. When another thread waits in the socket, libzmq's part of it
        is closed as soon as that thread's call ends.

        Parameters
        ----------
        linger : int, optional
            Milliseconds to set LINGER to first; -1 is for ever.

        Raises
        ------
        TypeError
            When `linger` is no number; the socket stays open then.
        OverflowError
            When it has more than 32 bits; the socket stays open then.
        ZMQError
            EINVAL when it is less than -1; the socket stays open then.

        Source: libzmq `zmq_close`, pyzmq `Socket.close`.
        """
        handle = self._sharers
        if not handle.claim:
            if linger is not None:
                options.check(numbers.LINGER, linger)
            return
        if linger is not None and handle.pointer:
            try:
                options.write(handle.call, numbers.LINGER, linger)
            except ZMQError as error:
                if error.errno not in (numbers.ETERM, numbers.ENOTSOCK):
                    raise
        # A signal handler may run anywhere in here, and close the socket too or raise an exception,
        # so each step can be repeated.
        handle.end(self)

    def _release(self) -> None:
        self.close(linger=0)

    def _draft_fd(self) -> int:
        """Return the descriptor of a draft poller, for a thread-safe socket without one."""
        if self._draft_poller is None:
            from .draftpoller import DraftPoller

            self._draft_poller = DraftPoller(self._address)
            warn(DraftFDWarning(), stacklevel=3)
        descriptor: int = self._draft_poller.descriptor
        return descriptor

    def _close_draft_poller(self) -> None:
        poller, self._draft_poller = self._draft_poller, None
        if poller is not None:
            poller.close()

    def _abandon(self) -> None:
        put(self, "_address", 0)
        put(self, "_pointer", calls.NULL)
        put(self, "_handle", calls.NULL)
        registry.forget(self)

    def _dismiss(self) -> None:
        """Remove a socket from its context once libzmq has closed it."""
        context = self.context
        if context is not None:
            context._rm_socket(self)

    def _error(self, errno: int, event: int = 0) -> ZMQError:
        """Make the exception for a failed call, with what this socket knows about the cause.

        `event` is POLLIN or POLLOUT if the call was to receive or send.
        """
        if errno == numbers.ENOTSOCK and not self._address:
            if registry.left_behind():
                raise SystemExit
            if self._left_by:
                return ZMQError(
                    errno,
                    f"this socket is of process {self._left_by} and does not survive a fork:"
                    " make a new context and socket in the child",
                )
            return ZMQError(errno, f"{self!r}: a closed socket cannot be used")
        if errno == numbers.EFSM:
            return causes.out_of_turn(errno, self._type_name, event)
        if errno == numbers.ENOTSUP:
            return causes.one_way(errno, self._type_name)
        if errno == numbers.EINVAL and self._type == numbers.DGRAM:
            return ZMQError(errno, "a DGRAM socket sends two parts: a peer's address, the content")
        if errno == numbers.EINVAL and self._type >= numbers.SERVER:
            return ZMQError(errno, f"a {self._type_name} socket sends messages of one part only")
        if errno == numbers.EHOSTUNREACH:
            return ZMQError(errno, "no peer with this routing id is connected")
        return from_errno(errno)

    def _leave(self, token: object) -> None:
        """End a careful call; finish a close that happened meanwhile."""
        self._sharers.leave(token)
        if self._sharers.edge is not None:
            self._notice()

    def _tell_sharers(self) -> None:
        """Tell the sockets that share the libzmq socket that a method was replaced on this one."""
        # A subclass may replace methods before it calls the constructor.
        if hasattr(self, "_sharers"):
            for sharer in self._sharers.living():
                sharer._hear(self)

    def _hear(self, sharer: Any) -> None:
        """Note that a method was replaced on a socket that this one may call."""

    def _notice(self) -> None:
        """Wake waiters in a hub whose event a call may have consumed."""
        edge = self._sharers.edge
        if edge is not None:
            edge.noticed()

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(f"{self!r} cannot be pickled: send its endpoint and connect there")

    def __del__(
        self, _torn_down: Any = registry.torn_down, _inherited: Any = registry.inherited
    ) -> None:
        # A socket whose constructor failed has no address.
        if _torn_down() or _inherited() or not hasattr(self, "_sharers"):
            return
        self._close_draft_poller()
        if self._sharers.claim and not self._shadow:
            errno = ctypes.get_errno()
            try:
                if self._address and not registry.finalizing():
                    warn(f"unclosed socket {self!r}", ResourceWarning, stacklevel=2, source=self)
            finally:
                self.close()
                ctypes.set_errno(errno)


replaceable(Lifecycle, "type", "_closed", "_type_name", "_shadow")
