"""How a socket sends: without waiting if it can, parts one by one or whole messages.

A message passes from `Sending.send` through `calls.send` to libzmq. If libzmq cannot take it at
once, `Waits._persist` waits with `calls.wait_send`.
"""

from __future__ import annotations

from _thread import get_ident
from collections.abc import Sequence
from operator import index
from typing import Any, Callable

from ..error import again
from ..libzmq import memory, numbers
from ..libzmq.annotations import like
from ..libzmq.contract import DONTWAIT, LARGE
from ..libzmq.provider import calls
from . import causes, payload, poll
from .buffers import contiguous, fill
from .causes import flag
from .content import Content
from .frame import Frame
from .messaging import SNDMORE, Messaging
from .pollitems import milliseconds
from .tracker import _FINISHED_TRACKER, MessageTracker
from .waits import Waits

POLLOUT = poll.POLLOUT

# Globals of this module, because looking up `calls.send` would add a tenth to each call.
FLAGS = DONTWAIT | SNDMORE
try_send = calls.send
try_send_all = calls.send_all
send_copy = calls.send_copy
new_message = calls.new_message


class Sending(Messaging, Waits):
    """A socket's `send` and `send_multipart`."""

    __slots__ = ()

    _hears_send: Callable[[], bool]

    @like(lambda: Messaging.send)
    def send(
        self,
        data: Any,
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        routing_id: int | None = None,
        group: str | None = None,
    ) -> MessageTracker | None:
        """Send one part.

        Parameters
        ----------
        data : bytes-like or Frame
            The content.
        flags : int
            DONTWAIT raises `Again` where the call would have to wait; SNDMORE says that the next
            part belongs to the same message.
        copy : bool
            False shares the memory of `data` with libzmq, if it has `copy_threshold` bytes or
            more. It must not change until libzmq is done with it.
        track : bool
            With `copy=False`: return a tracker that tells when libzmq is done.
        routing_id : int, optional
            The peer, on a SERVER socket (draft).
        group : str, optional
            The group, on a RADIO socket (draft).

        Returns
        -------
        MessageTracker or None
            The tracker of a tracked message; one that is done already if the content was copied
            despite `copy=False`.

        Raises
        ------
        Again
            When the message cannot be queued now (DONTWAIT) or within SNDTIMEO.
        ContextTerminated
            When the context is terminated.
        ZMQError
            ENOTSUP when such sockets do not send; EFSM when it is not its turn (REQ, REP);
            EHOSTUNREACH when the peer of a ROUTER is not there (ROUTER_MANDATORY); ENOTSOCK when
            the socket is closed.
        TypeError
            When `data` is str or has no buffer, or a flag is no number.
        BufferError
            When its buffer is not contiguous.
        ValueError
            When a frame to be tracked was not made with `track=True`.

        Source: libzmq `zmq_send`, `zmq_msg_send`, pyzmq `Socket.send`.
        """
        if type(data) is bytes and copy and routing_id is None and group is None:
            if flags != 0:
                try:
                    flags = index(flags) & FLAGS
                except TypeError:
                    raise causes.no_flag(flags) from None
            failed = try_send(self._handle, data, flags)
            if failed:
                self._send_bytes(data, flags, failed)
            return None
        return self._send_object(data, flag(flags) & FLAGS, copy, track, routing_id, group)

    def _send_bytes(self, data: bytes, flags: int, failed: int) -> Any:
        """Send one part that a quick call did not send; `failed` is what that returned."""
        size = len(data)
        if size >= LARGE:
            if size > memory.prepared:
                memory.prepare(size)
            if self._handle:
                # Try a large part without waiting.
                token = object()
                try:
                    self._sharers.users[token] = get_ident()
                    failed = calls.wait_send(self._pointer, data, flags | DONTWAIT)
                    if not failed:
                        return
                finally:
                    self._leave(token)
        self._await_room(flags)
        return self._persist(
            lambda flags: calls.wait_send(self._pointer, data, flags), flags, POLLOUT, failed
        )

    def _send_content(self, content: Content, flags: int) -> Any:
        """Send a message, or close it when it cannot be sent."""
        message = content.message
        try:
            self._await_room(flags)
            return self._persist(
                lambda flags: calls.wait_send_message(self._pointer, message, flags), flags, POLLOUT
            )
        except BaseException:
            calls.close(message)
            raise

    def _await_room(self, flags: int) -> None:
        """Wait until a DGRAM socket is bound: sending before that aborts the process."""
        if self._type == numbers.DGRAM:
            timeout = 0 if flags & DONTWAIT else milliseconds(self.sndtimeo)
            if not self._ready(POLLOUT, timeout):
                raise again(POLLOUT, timeout or None)

    def _send_object(
        self,
        data: Any,
        flags: int,
        copy: bool,
        track: bool,
        routing_id: int | None,
        group: str | None,
    ) -> MessageTracker | None:
        if routing_id is not None or group is not None:
            data = self._framed(data, copy, track)
            if routing_id is not None:
                data.routing_id = routing_id
            if group is not None:
                data.group = group
        if isinstance(data, Frame):
            if track and data.tracker is None:
                raise ValueError("this frame is not tracked: make it with track=True")
            if send_copy(self._handle, data._content.message, flags) < 0:
                self._send_content(data._share(), flags)
            return data.tracker
        source = contiguous(data)
        size = source.nbytes
        share = not copy and size >= self._copy_threshold and size
        if size < LARGE and not share:
            copied = source.tobytes() if source.c_contiguous else bytes(memory.plain(source))
            failed = try_send(self._handle, copied, flags)
            if failed:
                self._send_bytes(copied, flags, failed)
            return None if copy else _FINISHED_TRACKER
        tracker = None if copy else _FINISHED_TRACKER
        content = Content(new_message())
        if share:
            tracker, _ = payload.lend(content.message, data, source, size, track)
        else:
            fill(content.message, source)
        self._send_content(content, flags)
        return tracker

    def _framed(self, data: Any, copy: bool, track: bool) -> Frame:
        if isinstance(data, Frame):
            return data
        return Frame(data, track, copy=copy or None, copy_threshold=self._copy_threshold)

    @like(lambda: Messaging.send_multipart)
    def send_multipart(
        self,
        msg_parts: Any,
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        **kwargs: Any,
    ) -> MessageTracker | None:
        """Send a message of several parts, of which the peer gets all or none.

        Parameters
        ----------
        msg_parts : iterable of bytes-like or Frame
            The parts, at least one. All are checked before the first is sent.
        flags, copy, track
            As in `send`; SNDMORE says that more parts follow these.
        **kwargs
            `routing_id` and `group`, as in `send`.

        Returns
        -------
        MessageTracker or None
            That of the last part, as `send` does.

        Raises
        ------
        TypeError
            When a part is str or has no buffer, or `msg_parts` is no list of parts; the message
            names the part, and nothing was sent.
        BufferError
            When the buffer of a part is not contiguous; nothing was sent.
        ValueError
            When there is no part.
        Again, ContextTerminated, ZMQError
            As `send` does.

        Source: pyzmq `Socket.send_multipart`.
        """
        parts = msg_parts if msg_parts.__class__ in (list, tuple) else causes.parts(msg_parts)
        if flags:
            flags = flag(flags) & FLAGS
        if not copy or kwargs:
            return self._send_parts(parts, flags, copy, track, **kwargs)
        if (self._replaced or self.__class__.send is not SEND) and self._hears_send():
            return self._send_parts(parts, flags, copy, track)
        left = try_send_all(self._handle, parts, flags)
        if left > 0:
            return self._send_parts(parts, flags, copy, track)
        if left < 0:
            self._send_rest(parts, -1 - left, flags)
        return None

    def _send_rest(self, parts: Sequence[bytes], number: int, flags: int) -> None:
        """Send the parts of a message from `number` on, where a quick call stopped."""
        # The program's list may change while a part waits.
        rest = parts[number:]
        for place, part in enumerate(rest, 1):
            more = flags | SNDMORE if place < len(rest) else flags
            # The handle is read anew for each part: a signal handler may close the socket between
            # two.
            failed = try_send(self._handle, part, more)
            if failed:
                self._send_bytes(part, more, failed)

    def _send_parts(
        self, parts: Sequence[Any], flags: int, copy: bool, track: bool, **kwargs: Any
    ) -> MessageTracker | None:
        if not parts:
            raise ValueError("a message has one part at least")
        # What is checked is what is sent, though code of the parts may change the program's list.
        parts = tuple(parts)
        for number, part in enumerate(parts):
            if not isinstance(part, Frame):
                try:
                    contiguous(part)
                except (TypeError, BufferError) as error:
                    raise type(error)(f"part {number} of {len(parts)}: {error}") from None
        for part in parts[:-1]:
            self.send(part, SNDMORE | flags, copy=copy, track=track, **kwargs)
        return self.send(parts[-1], flags, copy=copy, track=track, **kwargs)


# The methods of the class, to compare with in case a program replaces them.
SEND: Any = Sending.send
SEND_MULTIPART: Any = Sending.send_multipart
