"""How a socket receives: without waiting if it can, parts one by one or whole messages.

A message passes from libzmq through `calls.receive` to `Receiving.recv`. If there is none yet,
`Waits._persist` waits for it with `calls.wait_receive`.
"""

from __future__ import annotations

from operator import index
from typing import Any, Callable

from ..libzmq import memory
from ..libzmq.annotations import Buffer, like
from ..libzmq.contract import DONTWAIT, Received
from ..libzmq.provider import calls
from . import causes, poll
from .buffers import writable
from .causes import flag
from .frame import Frame
from .messaging import Messaging
from .waits import Waits

POLLIN = poll.POLLIN

# Globals of this module, because looking up `calls.receive` would add a tenth to each call.
try_receive: Any = calls.receive
try_receive_all = calls.receive_all
receive_message = calls.receive_message
new_message = calls.new_message


class Receiving(Messaging, Waits):
    """A socket's `recv`, `recv_multipart` and `recv_into`."""

    __slots__ = ()

    _hears_recv: Callable[[], bool]

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

    #: The same method for callers that must bypass an overridden `recv`.
    _receive: Any = recv

    def _received(self, received: Received, flags: int) -> bytes:
        """Return the large part that a quick call received; wait for a part if there was none."""
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
        """Wait for a part and receive it into a message; `failed` is from the quick call."""
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
        """Receive the parts that a quick call left; `more` is what it returned."""
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
                # The handle is read anew each time: a signal handler may close the socket between
                # two calls.
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
        """Receive one part into an existing buffer.

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
            When the buffer is read-only or not contiguous; on PyPy also when it has several
            dimensions in Fortran order, or holds structures.
        TypeError
            When it is no buffer, or holds Python objects.
        Again, ContextTerminated, ZMQError
            As `recv` does; the buffer is unchanged then.

        Source: libzmq `zmq_recv`, pyzmq `Socket.recv_into`.
        """
        view = writable(buffer)
        target = memory.flat(view)
        if target is None:
            raise BufferError(f"recv_into cannot fill such memory here, got {buffer!r:.60}")
        capacity = view.nbytes
        if nbytes.__class__ is not int:
            nbytes = causes.number(nbytes, "nbytes", "1024")
        if not 0 <= nbytes <= capacity:
            raise ValueError(f"nbytes={nbytes} is not between 0 and the buffer's {capacity} bytes")
        frame = self._receive(flags, copy=False)
        size = len(frame)
        count = min(size, nbytes or capacity)
        if count:
            target[:count] = frame.buffer[:count]
        return size


# The methods of the class, to compare with in case a program replaces them.
RECV: Any = Receiving.recv
RECV_MULTIPART: Any = Receiving.recv_multipart
GETSOCKOPT: Any = Receiving.getsockopt
