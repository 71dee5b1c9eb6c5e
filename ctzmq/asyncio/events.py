"""pyzmq's methods behind the calls of asyncio sockets, which programs override and call.

The fast path of a call bypasses all of this. If any of it is replaced, in the class, on the socket
or on the blocking socket behind it, each call goes through `_add_recv_event` or `_add_send_event`,
and from there through the methods of the blocking socket.
"""

from __future__ import annotations

from asyncio import Future
from typing import Any, Callable

from ..constants.enums import Flag
from ..constants.options import SocketOption
from ..core import socket as _socket
from ..core.attributes import PASSED_BY
from ..core.replaceable import put, replaceable
from ..error import Again
from ..waiting.edge import POLLIN, POLLOUT, EdgeSocket
from . import pace
from .queued import Lined, kept
from .tasks import NOT_YET

DONTWAIT = Flag.DONTWAIT

Blocking: Any = _socket.Socket

RECEIVES = ("recv", "recv_multipart", "recv_into")
SENDS = ("send", "send_multipart")
#: The methods of the blocking socket that calls of an asyncio socket go through.
_PASSED = {name: getattr(Blocking, name) for name in ("get", "getsockopt", *RECEIVES, *SENDS)}


class Events(Lined):
    """A socket whose calls can be made by the methods that pyzmq has for it.

    Parameters
    ----------
    context, socket_type, **kwargs
        As for `ctzmq.Socket`.

    Source: own.
    """

    __slots__ = ("_blocking",)

    _blocking: Any
    _Future: Any
    _get_loop: Callable[[], Any]
    _until: Callable[[int], Future[Any]]

    # -- What is there -----------------------------------------------------------------------------

    @property
    def _shadow_sock(self) -> Any:
        """The blocking socket that shares the libzmq socket."""
        if self._blocking is None:
            put(self, "_blocking", Blocking.shadow(self))
        return self._blocking

    @property
    def _fd(self) -> int:
        """The descriptor, -1 when the socket is closed."""
        return self.fileno() if self._address else -1

    @property
    def _current_loop(self) -> Any:
        """The loop that watches the socket, None as long as none does."""
        edge: Any = self._edge
        return None if edge is None else edge.hub.loop

    @property
    def _recv_futures(self) -> list[Any]:
        """The calls that wait for a message."""
        return self._futures(POLLIN)

    @property
    def _send_futures(self) -> list[Any]:
        """The calls that wait for room to send."""
        return self._futures(POLLOUT)

    @property
    def _state(self) -> int:
        """What is waited for: POLLIN, POLLOUT, both or 0."""
        return sum(event for event in (POLLIN, POLLOUT) if self._futures(event))

    def _futures(self, event: int) -> list[Any]:
        edge = self._edge
        if edge is None:
            return []
        return [*edge.lines[event], *(poll for poll, wanted in edge.observers if wanted & event)]

    # -- What is replaced --------------------------------------------------------------------------

    def _overrides(self) -> bool:
        cls = self.__class__
        return super()._overrides() or any(getattr(cls, name) is not own for name, own in OWN)

    @property
    def _tells(self) -> bool:
        """Whether the loop has to go through methods that are replaced."""
        return self._replaced and any(
            name in vars(self) or getattr(type(self), name) is not own for name, own in HANDLERS
        )

    def _adopt(self, blocking: Any) -> None:
        """Note the blocking socket behind this one, and whether methods of it are replaced."""
        if blocking is None or isinstance(blocking, EdgeSocket):
            blocking = None
        elif blocking._replaced or any(
            getattr(type(blocking), name) is not own for name, own in _PASSED.items()
        ):
            put(self, "_replaced", True)
        put(self, "_blocking", blocking)

    def _hear(self, sharer: Any) -> None:
        if sharer is self._blocking:
            put(self, "_replaced", True)

    # -- Calls -------------------------------------------------------------------------------------

    def _add_recv_event(
        self,
        kind: str,
        *,
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
        future: Any = None,
    ) -> Any:
        """Receive, or wait until something can be received.

        Parameters
        ----------
        kind : str
            "recv", "recv_multipart", "recv_into", which the blocking socket then does, or "poll".
        args, kwargs
            For that method.
        future : Future, optional
            What gets the result.

        Returns
        -------
        Future

        Source: pyzmq `zmq.asyncio.Socket`.
        """
        if kind == "poll":
            return self._handed(self._until(POLLIN), future)
        blocking = self._shadow_sock
        receive = _method(blocking, kind, RECEIVES)
        arguments = args or ()
        keywords = {"flags": 0, **(kwargs or {})}
        flags = keywords["flags"]
        keywords["flags"] = flags | DONTWAIT

        begun, _ = self._paced(POLLIN)
        # A replaced `_handle_recv` does the receiving, at once if there is a message.
        left = self._tells and begun is not None and self.rcvtimeo != 0

        def attempt() -> Any:
            if not flags & DONTWAIT and (left or not blocking.get(SocketOption.EVENTS) & POLLIN):
                return NOT_YET
            return receive(*arguments, **keywords)

        call = self._begin(begun, POLLIN, flags, attempt, kind == "recv_multipart")
        if left:
            left = False
            if not call.done() and blocking.get(SocketOption.EVENTS) & POLLIN:
                self._handle_recv()
        return self._handed(call, future)

    def _add_send_event(
        self,
        kind: str,
        msg: Any = None,
        kwargs: dict[str, Any] | None = None,
        future: Any = None,
    ) -> Any:
        """Send, or wait until something can be sent.

        Parameters
        ----------
        kind : str
            "send" or "send_multipart", which the blocking socket then does, or "poll".
        msg : object
            What to send.
        kwargs
            For that method.
        future : Future, optional
            What gets the result.

        Returns
        -------
        Future

        Source: pyzmq `zmq.asyncio.Socket`.
        """
        if kind == "poll":
            return self._handed(self._until(POLLOUT), future)
        send = _method(self._shadow_sock, kind, SENDS)
        keywords = {"flags": 0, **(kwargs or {})}
        flags = keywords["flags"]
        keywords["flags"] = flags | DONTWAIT
        whole = kind == "send_multipart"
        if whole and msg.__class__ not in (list, tuple) and hasattr(msg, "__iter__"):
            msg = list(msg)
        begun, _ = self._paced(POLLOUT)
        if begun is None and keywords.get("copy", True):
            msg = [kept(part) for part in msg] if whole else kept(msg)
        call = self._begin(begun, POLLOUT, flags, lambda: send(msg, **keywords), whole)
        return self._handed(call, future)

    def _paced(self, event: int) -> tuple[Any, Any]:
        for future in pace.futures:
            return future, self._handle
        return self._turn(event)

    def _handed(self, call: Future[Any], future: Any) -> Any:
        """Return the Future of a call, or have another one get the same result."""
        if future is None:
            if self._Future is Future:
                return call
            future = self._Future()

        def done(_: Any) -> None:
            if future.done():
                return
            if call.cancelled():
                future.cancel()
            elif call.exception() is not None:
                future.set_exception(call.exception())
            else:
                future.set_result(call.result())

        if call.done():
            done(call)
        else:
            call.add_done_callback(done)
            future.add_done_callback(lambda _: call.done() or call.cancel())
        return future

    # -- The loop ----------------------------------------------------------------------------------

    def _handle_events(self, fd: Any = 0, events: int = 0) -> None:
        """Resume the waiters for which the socket is ready."""
        if not self._address:
            return
        ready = self._shadow_sock.get(SocketOption.EVENTS)
        if ready & POLLIN:
            self._handle_recv()
        if ready & POLLOUT and self._address:
            self._handle_send()
        if self._address:
            self._schedule_remaining_events()

    def _handle_recv(self) -> None:
        """Resume the first waiting receive."""
        self._serve(POLLIN)

    def _handle_send(self) -> None:
        """Resume the first waiting send."""
        self._serve(POLLOUT)

    def _serve(self, event: int) -> None:
        edge = self._edge
        if edge is None or not self._shadow_sock.get(SocketOption.EVENTS) & event:
            return
        line = edge.lines[event]
        if line and line[0].loose():
            line[0].run()
        elif line:
            line[0].wake()
        for poll, wanted in tuple(edge.observers):
            if wanted & event:
                poll.wake()

    def _schedule_remaining_events(self, events: int | None = None) -> None:
        """Have `_handle_events` called soon if the socket is ready for what is waited for."""
        state = self._state
        if not state:
            return
        if events is None:
            events = self._shadow_sock.get(SocketOption.EVENTS)
        if events & state:
            self._call_later(0, self._handle_events)

    def _add_io_state(self, state: int) -> None:
        """Watch the socket; the waiters determine for which events."""
        self._update_handler(self._state | state)

    def _drop_io_state(self, state: int) -> None:
        """Resume whoever can go on; the waiters determine for which events."""
        self._update_handler(self._state & ~state)

    def _update_handler(self, state: int) -> None:
        """Watch the socket if anything waits for it, and resume the waiters that can go on."""
        if state:
            self._get_loop()
        self._schedule_remaining_events()

    def _init_io_state(self, loop: Any = None) -> None:
        """Have the loop that runs watch the socket."""
        self._join()

    def _clear_io_state(self) -> None:
        """Stop watching the socket, unless something waits for it."""
        edge = self._edge
        if edge is None or edge.busy():
            return
        for sharer in self._sharers.living():
            if isinstance(sharer, EdgeSocket):
                sharer._edge = None
        edge.close(moved=True)

    def _call_later(self, delay: float, callback: Callable[[], Any]) -> Any:
        """Call a function after some seconds; return the timer."""
        return self._get_loop().call_later(delay, callback)

    def _add_timeout(self, future: Any, timeout: float) -> Any:
        """Have a Future fail with `Again` after some seconds; return the timer."""
        return self._call_later(timeout, lambda: future.done() or future.set_exception(Again()))

    @staticmethod
    def _remove_finished_future(future: Any, event_list: Any, event: Any = None) -> None:
        """Remove an entry from a list, if it is there."""
        if event_list and event in event_list:
            event_list.remove(event)

    def _get_selector(self, io_loop: Any = None) -> Any:
        """Return the loop that watches the socket."""
        return self._get_loop() if io_loop is None else io_loop


_INNER = ("_shadow_sock", "_fd", "_current_loop", "_recv_futures", "_send_futures", "_state")
replaceable(Events, *_INNER)
# What a class has unless it overrides it.
HANDLERS: list[tuple[str, Any]] = [
    ("_handle_events", Events._handle_events),
    ("_handle_recv", Events._handle_recv),
    ("_handle_send", Events._handle_send),
]
OWN: list[tuple[str, Any]] = [
    *HANDLERS,
    ("_Future", Future),
    ("_add_recv_event", Events._add_recv_event),
    ("_add_send_event", Events._add_send_event),
    ("_shadow_sock", Events._shadow_sock),
]
Events._passed_by = PASSED_BY.union(name for name, _ in OWN)


def _method(blocking: Any, kind: str, kinds: tuple[str, ...]) -> Any:
    if kind not in kinds:
        raise ValueError(f"no kind of call: {kind!r}; there are {', '.join(kinds)} and poll")
    return getattr(blocking, kind)


def given(**kwargs: Any) -> dict[str, Any]:
    """Return the arguments that were given."""
    return {name: value for name, value in kwargs.items() if value is not None}
