"""A libzmq context: how it is made, shared, configured and terminated."""

from __future__ import annotations

import ctypes
import os
from errno import EMFILE
from typing import TYPE_CHECKING, Any, TypeVar
from warnings import warn

from ..error import ContextTerminated, ZMQError, from_errno
from ..libzmq import numbers, prototypes, threads
from . import causes, limits, payload, registry, shortage
from .contexthandle import ContextHandle

if TYPE_CHECKING:
    from ..constants.on_demand import ContextOption

C = TypeVar("C", bound="BaseContext")

__all__ = ["BaseContext"]


class BaseContext:
    """A libzmq context: `_owner` owns it, `_address` is its address.

    Parameters
    ----------
    io_threads, shadow
        As for `Context`, which adds the sockets.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_address",
        "_owner",
        "_pid",
        "_shadow",
        "_shadow_obj",
    )

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
        self._owner = ContextHandle()
        if isinstance(io_threads, BaseContext):
            shadow, io_threads = io_threads, 1
        self._shadow = bool(shadow)
        if shadow:
            self._share(shadow)
        else:
            self._open(causes.number(io_threads, "io_threads", "1"))
        self._owner.sharers.add(self)
        registry.contexts.add(self)

    def _open(self, io_threads: int) -> None:
        errno = self._owner.open()
        if errno:
            raise shortage.of_descriptors("a context") if errno == EMFILE else from_errno(errno)
        self._address = self._owner.claim[0]
        try:
            self.set(numbers.IO_THREADS, io_threads)
        except Exception:
            self.term()
            raise

    def _share(self, shadow: Any) -> None:
        self._shadow_obj = shadow
        if isinstance(shadow, BaseContext):
            original: BaseContext | None = shadow
            address = shadow._address
        else:
            from ..utils.interop import cast_int_addr

            address = registry.plausible(cast_int_addr(getattr(shadow, "underlying", shadow)))
            original = next((c for c in registry.contexts if c._address == address), None)
        if not address:
            raise ZMQError(numbers.EFAULT, f"cannot share {shadow!r}: it is terminated")
        if original is not None:
            self._owner = original._owner
        else:
            self._owner.adopt(address)
        self._address = address

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

    @property
    def underlying(self) -> int:
        """The address of the libzmq context, 0 once it is terminated.

        Source: pyzmq `Context.underlying`.
        """
        return self._address

    @property
    def _ending(self) -> bool:
        return self._owner.ending

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
        owner = self._owner
        if owner.ending and payload.within():
            # Another thread terminates it, and may wait for this one, which libzmq calls back.
            return
        with owner.lock:
            ending, owner.ending = owner.ending, True
            try:
                while self._address:
                    try:
                        owner.terminate()
                    finally:
                        # A signal handler may raise although the call has done its work.
                        if owner.over() or not owner.claim:
                            self._forsake()
            finally:
                owner.ending = ending

    def _forsake(self) -> None:
        """Invalidate all contexts that share the libzmq context."""
        # When this context is in a cycle of garbage, the weak set has lost it already.
        for sharer in {self, *self._owner.sharers}:
            sharer._abandon()
        self._owner.claim.clear()
        self._owner.pointer.value = None

    def _abandon(self) -> None:
        self._address = 0
        registry.forget(self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(f"{self!r} cannot be pickled: make a context in each process")

    def __del__(
        self, _finalizing: Any = registry.finalizing, _inherited: Any = registry.inherited
    ) -> None:
        # Lingering messages, or sockets in the same cycle of garbage, could block the termination,
        # so it happens in a thread of its own.
        if _finalizing() or _inherited():
            return
        owner = getattr(self, "_owner", None)
        if owner is None or self._shadow or owner.ending or not owner.claim or owner.over():
            return
        errno = ctypes.get_errno()
        try:
            if self._address:
                warn(f"unclosed context {self!r}", ResourceWarning, stacklevel=2, source=self)
        finally:
            address = next(iter(owner.claim), None)
            owner.shut()
            self._forsake()
            owner.sweep()
            if address:
                threads.detached(prototypes.zmq_ctx_term, address)
            ctypes.set_errno(errno)

    def _unusable(self) -> ZMQError:
        if self._pid != os.getpid():
            text = (
                f"this context is of process {self._pid} and does not survive a fork:"
                " make a new one in the child"
            )
        else:
            text = f"{self!r} is terminated and can make no socket"
        return ZMQError(numbers.EFAULT if self._shadow else numbers.ENOTSUP, text)

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
        value, errno = self._owner.call(prototypes.zmq_ctx_get, _number("get", option))
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
        TypeError
            When the option or the value is no number.
        OverflowError
            When the value has more than 32 bits.
        RuntimeError
            When the context is terminated.

        Source: libzmq `zmq_ctx_set`, pyzmq `Context.set`.
        """
        self._check_open()
        if not isinstance(optval, int):
            raise TypeError(f"{_name(option)} takes an int, got {optval!r:.60}")
        if not causes.fits_int(optval):
            raise OverflowError(f"{_name(option)} takes a 32-bit int, got {optval}")
        wanted = limits.objection(option, optval)
        if wanted:
            raise ZMQError(numbers.EINVAL, f"{_name(option)} takes {wanted}, got {optval}")
        rc, errno = self._owner.call(prototypes.zmq_ctx_set, _number("set", option), optval)
        if rc < 0:
            raise self._refused("set", option, errno)

    def _check_open(self) -> None:
        if not self._address:
            raise RuntimeError(f"{self!r} is terminated")
        if self._ending:
            raise ContextTerminated()

    def _refused(self, verb: str, option: int, errno: int) -> ZMQError:
        if errno == numbers.EFAULT and not self._owner.pointer:
            # Another thread or a signal handler has just begun to terminate it.
            return ContextTerminated()
        if errno == numbers.EINVAL:
            why = "the value does not fit, or libzmq lacks it" + _since(option)
            if type(option).__name__ == "SocketOption":
                why = f"it is an option of sockets: {verb}sockopt and attributes are their defaults"
            elif option == numbers.IO_THREADS:
                why = "it is a number of threads, 0 or more"
            return ZMQError(errno, f"cannot {verb} {_name(option)}: {why}")
        return from_errno(errno)


def _number(verb: str, option: int) -> int:
    """Return the number of an option; refuse one that C would truncate to that of another."""
    number = causes.number(option, "an option", "zmq.IO_THREADS")
    if not causes.fits_int(number):
        raise ZMQError(numbers.EINVAL, f"cannot {verb} {_name(option)}: libzmq lacks it")
    return number


def _known(option: int) -> ContextOption | None:
    try:
        from ..constants.on_demand import ContextOption

        return ContextOption(option)
    except (ValueError, ImportError):
        return None


def _name(option: int) -> str:
    known = _known(option)
    if known is None:
        return str(getattr(option, "name", f"context option {option!r}"))
    return known.name


def _since(option: int) -> str:
    """Return the libzmq release that introduced an option, if it is known."""
    known = _known(option)
    return "" if known is None else f" (since {known.since})"
