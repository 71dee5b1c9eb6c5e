"""Sockets: connections, options, and the way of each message to libzmq.

A message goes `Socket.send` -> `calls.send` -> libzmq. When libzmq cannot take it at once, it goes
`Waits._persist` -> `calls.wait_send`, which waits; that is in `waits`.
"""

from __future__ import annotations

import sys
from _thread import get_ident
from collections.abc import Sequence
from operator import index
from typing import TYPE_CHECKING, Any, Generic

from ..error import again
from ..libzmq import memory, numbers
from ..libzmq.annotations import Buffer, TypeVar, like
from ..libzmq.contract import DONTWAIT, LARGE, Received
from ..libzmq.provider import calls
from ..utils import jsonapi as jsonapi
from . import causes, messaging, payload, poll
from .buffers import contiguous, fill
from .causes import flag
from .content import Content
from .frame import Frame
from .lifecycle import shown
from .messaging import DEFAULT_PROTOCOL, SNDMORE, Messaging
from .pollitems import milliseconds
from .tracker import _FINISHED_TRACKER, MessageTracker
from .waits import Waits

S = TypeVar("S", bound="Socket[Any]")
# For type checkers only: what `recv` gives, bytes or something to wait for.
R = TypeVar("R", default=bytes)

__all__ = ["DEFAULT_PROTOCOL", "Socket", "SyncSocket"]

POLLIN = poll.POLLIN
POLLOUT = poll.POLLOUT

# Bound here, because a lookup of two steps costs as much as a tenth of the call.
FLAGS = DONTWAIT | SNDMORE
try_send = calls.send
try_send_all = calls.send_all
try_receive: Any = calls.receive
try_receive_all = calls.receive_all
receive_message = calls.receive_message
new_message = calls.new_message

#: The methods that messages of several parts go past, because they do the same with less.
OWN: set[Any] = set()


class Socket(Messaging, Waits, Generic[R]):
    """A ZeroMQ socket.

    It is not thread-safe: use it in one thread at a time. What can be set are its options, and what
    a class of it defines or annotates: a subclass declares the attributes that it adds.

    Parameters
    ----------
    ctx_or_socket : Context or Socket
        The context, or a socket whose libzmq socket this one shares.
    socket_type : int
        A `SocketType`.
    shadow : int or Socket
        A libzmq socket to share, or its address.
    copy_threshold : int, optional
        From how many bytes on `copy=False` shares memory; `COPY_THRESHOLD` when left out.

    Raises
    ------
    ZMQError
        EMFILE when the context has as many sockets as MAX_SOCKETS allows, or the process as many
        open files; EINVAL for a type that this libzmq does not have.
    TypeError
        When there is no context or the type is no int.

    Source: libzmq `zmq_socket`, pyzmq `zmq.Socket`.
    """

    __slots__ = ()

    _repr_cls = "zmq.Socket"

    def __repr__(self) -> str:
        closed = " closed" if self._closed else ""
        return f"<{shown(type(self))}(zmq.{self._type_name}) at {id(self):#x}{closed}>"

    def __enter__(self: S) -> S:
        return self

    def __exit__(self, *args: object, **kwargs: object) -> None:
        self.close()

    def __copy__(self: S, memo: Any = None) -> S:
        return type(self).shadow(self.underlying)

    __deepcopy__ = __copy__

    @classmethod
    def shadow(cls: type[S], address: Any) -> S:
        """Make a socket that shares the libzmq socket of another; closing one closes both.

        Parameters
        ----------
        address : int or Socket
            The other socket, or the address of a libzmq socket.

        Returns
        -------
        Socket

        Raises
        ------
        ZMQError
            ENOTSOCK when the other is closed.
        TypeError
            When `address` is neither.

        Source: pyzmq `Socket.shadow`.
        """
        return cls(shadow=address)

    def _overrides(self) -> bool:
        cls = self.__class__
        return cls._poller_class is not cls._plain_poller or cls.getsockopt not in OWN

    def _hears_send(self) -> bool:
        """Tell whether each part of a message has to go through the `send` of this socket."""
        return self._replaced or self.__class__.send not in OWN or Socket.send is not SEND

    def _hears_recv(self) -> bool:
        """Tell whether parts have to go through `recv` and `getsockopt` of this socket."""
        cls = self.__class__
        return (
            self._replaced
            or cls.recv not in OWN
            or cls.getsockopt not in OWN
            or Socket.recv is not RECV
            or Socket.getsockopt is not GETSOCKOPT
        )

    # -- Sending -----------------------------------------------------------------------------------

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
            The tracker of a tracked message; a tracker that is done already where `copy=False`
            came to a copy all the same.

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
            When a frame is to be tracked that was not made with `track=True`.

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
        """Send one part that a quick call did not send, and what that returned."""
        size = len(data)
        if size >= LARGE:
            if size > memory.prepared:
                memory.prepare(size)
            if self._handle:
                # A large one that need not wait.
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
        """Wait until a DGRAM socket is bound, without which libzmq aborts the process."""
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
            As in `send`; SNDMORE here says that yet more parts follow.
        **kwargs
            `routing_id` and `group`, as in `send`.

        Returns
        -------
        MessageTracker or None
            That of the last part, as `send` does.

        Raises
        ------
        TypeError
            When a part is str or has no buffer, or what is given is no list; the message names the
            part, and nothing was sent.
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
        """Send the parts of a message from a number on, after those that quick calls could send."""
        last = len(parts) - 1
        for part in parts[number:]:
            more = flags | SNDMORE if number < last else flags
            # The handle is read for each part: a signal handler may close the socket between two.
            failed = try_send(self._handle, part, more)
            if failed:
                self._send_bytes(part, more, failed)
            number += 1

    def _send_parts(
        self, parts: Sequence[Any], flags: int, copy: bool, track: bool, **kwargs: Any
    ) -> MessageTracker | None:
        if not parts:
            raise ValueError("a message has one part at least")
        for number, part in enumerate(parts):
            if not isinstance(part, Frame):
                try:
                    contiguous(part)
                except (TypeError, BufferError) as error:
                    raise type(error)(f"part {number} of {len(parts)}: {error}") from None
        for part in parts[:-1]:
            self.send(part, SNDMORE | flags, copy=copy, track=track, **kwargs)
        return self.send(parts[-1], flags, copy=copy, track=track, **kwargs)

    # -- Receiving ---------------------------------------------------------------------------------

    @like(lambda: Messaging.recv)
    def recv(self, flags: int = 0, copy: bool = True, track: bool = False) -> bytes | Frame:
        """Receive one part.

        Parameters
        ----------
        flags : int
            DONTWAIT raises `Again` where the call would have to wait.
        copy : bool
            False returns a `Frame` that holds the message's own memory.
        track : bool
            With `copy=False`: whether the frame has a tracker, which is done already.

        Returns
        -------
        bytes or Frame

        Raises
        ------
        Again
            When there is no message now (DONTWAIT) or within RCVTIMEO.
        ContextTerminated
            When the context is terminated.
        ZMQError
            ENOTSUP when such sockets do not receive; EFSM when it is not its turn (REQ, REP);
            ENOTSOCK when the socket is closed.
        TypeError
            When a flag is no number.

        Source: libzmq `zmq_msg_recv`, pyzmq `Socket.recv`.
        """
        if flags != 0:
            try:
                flags = index(flags)
            except TypeError:
                raise causes.no_flag(flags) from None
        if copy:
            data: bytes = try_receive(self._handle)
            if data.__class__ is bytes:
                return data
            return self._received(data, flags)
        return self._recv_frame(flags, track)

    #: The same for those who do not want to hear what a class overrides.
    _receive: Any = recv

    def _received(self, received: Received, flags: int) -> bytes:
        """Return a large part that a quick call received, or wait for one that it did not."""
        if isinstance(received, int):
            received = self._persist(
                lambda flags: calls.wait_receive(self._pointer, flags),
                flags & DONTWAIT,
                POLLIN,
                received,
            )
        if isinstance(received, tuple):
            (received,) = received
            if len(received) > memory.prepared:
                memory.prepare(len(received))
        assert isinstance(received, bytes)
        return received

    def _recv_frame(self, flags: int, track: bool) -> Frame:
        message = new_message()
        try:
            size = receive_message(self._handle, message)
            if size < 0:
                size = self._await_message(message, flags, size)
            if size > memory.prepared:
                memory.prepare(size)
            return Frame._received(message, track)
        except BaseException:
            calls.empty(message)
            raise

    def _await_message(self, message: Any, flags: int, failed: int) -> int:
        """Receive into a message what a quick call could not, and what that returned."""
        size: int = self._persist(
            lambda flags: calls.wait_receive_message(self._pointer, message, flags),
            flags & DONTWAIT,
            POLLIN,
            failed,
        )
        return size

    @like(lambda: Messaging.recv_multipart)
    def recv_multipart(
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> list[bytes] | list[Frame]:
        """Receive a message with all its parts.

        Parameters
        ----------
        flags, copy, track
            As in `recv`.

        Returns
        -------
        list of bytes or list of Frame

        Raises
        ------
        Again, ContextTerminated, ZMQError
            As `recv` does.

        Source: pyzmq `Socket.recv_multipart`.
        """
        cls = self.__class__
        if not copy or self._replaced or cls.recv is not RECV or cls.getsockopt is not GETSOCKOPT:
            if self._hears_recv():
                return self._recv_parts(flags, copy, track)
            if not copy:
                return self._recv_frames(flag(flags), track)
        parts: list[bytes] = []
        more = try_receive_all(self._handle, parts)
        if more:
            self._recv_rest(parts, more, flags)
        return parts

    def _recv_rest(self, parts: list[bytes], more: int, flags: int) -> None:
        """Receive what a quick call left of a message; `more` is what that returned."""
        while more:
            if more < 0:
                message = new_message()
                try:
                    self._await_message(message, flag(flags), more)
                    more = calls.message_more(message)
                    parts.append(calls.read(message))
                finally:
                    calls.close(message)
            else:
                # The handle is read for each: a signal handler may close the socket between two.
                more = try_receive_all(self._handle, parts)

    def _recv_parts(self, flags: int, copy: bool, track: bool) -> list[Any]:
        from ..constants.options import SocketOption

        parts = [self.recv(flags, copy=copy, track=track)]
        while self.getsockopt(SocketOption.RCVMORE):
            parts.append(self.recv(flags, copy=copy, track=track))
        return parts

    def _recv_frames(self, flags: int, track: bool) -> list[Frame]:
        frames: list[Frame] = []
        while not frames or frames[-1].more:
            frames.append(self._recv_frame(flags, track))
        return frames

    def recv_into(self, buffer: Buffer, /, *, nbytes: int = 0, flags: int = 0) -> int:
        """Receive one part into memory that is there already.

        Parameters
        ----------
        buffer : writable bytes-like
            Where to put the content; what does not fit is lost.
        nbytes : int
            How many bytes to use of it; 0 is all.
        flags : int
            As in `recv`.

        Returns
        -------
        int
            The size of the part, which is more than `nbytes` if its end was lost.

        Raises
        ------
        ValueError
            When `nbytes` is less than 0 or more than the buffer has.
        BufferError
            When the buffer is read-only or not contiguous; on PyPy also when it is of several
            dimensions in Fortran's order, or of structures.
        TypeError
            When it is no buffer, or one of Python objects.
        Again, ContextTerminated, ZMQError
            As `recv` does; the buffer is unchanged then.

        Source: libzmq `zmq_recv`, pyzmq `Socket.recv_into`.
        """
        view = contiguous(buffer)
        if view.readonly:
            raise BufferError(f"recv_into needs writable memory, got {buffer!r:.60}")
        target = memory.flat(view)
        if target is None:
            raise BufferError(f"recv_into cannot fill such memory here, got {buffer!r:.60}")
        capacity = view.nbytes
        if not 0 <= nbytes <= capacity:
            raise ValueError(f"nbytes={nbytes} is not between 0 and the buffer's {capacity} bytes")
        frame = self._receive(flags, copy=False)
        size = len(frame)
        count = min(size, nbytes or capacity)
        if count:
            target[:count] = frame.buffer[:count]
        return size


SyncSocket = Socket

# What the class has unless a program replaces it.
SEND: Any = Socket.send
RECV: Any = Socket.recv
SEND_MULTIPART: Any = Socket.send_multipart
RECV_MULTIPART: Any = Socket.recv_multipart
GETSOCKOPT: Any = Socket.getsockopt
GET: Any = Socket.get
OWN.update((SEND, RECV, GETSOCKOPT))

messaging.home = sys.modules[__name__]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import pickle when it is first needed; from then on it is a name like others."""
        if name != "pickle":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import pickle

        globals()[name] = pickle
        return pickle
