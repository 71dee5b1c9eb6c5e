"""Every mistake a caller makes must end in an exception, and leave no memory behind."""

from __future__ import annotations

import errno
import gc
from collections.abc import Callable
from types import ModuleType
from typing import Any


class UnpunishedError(Exception):
    """A mistake raised nothing, or not what it should."""


class Mistakes:
    """Makes one mistake after another."""

    def __init__(self, zmq: ModuleType, context: Any) -> None:
        self.zmq = zmq
        self.context = context
        self.lonely = context.socket(zmq.PUSH)
        self.idle = context.socket(zmq.PULL)
        self.idle.bind("inproc://idle")
        for socket in (self.lonely, self.idle):
            socket.linger = 0
        self.all: list[Callable[[], None]] = [
            getattr(self, name) for name in sorted(dir(self)) if name.startswith("try_")
        ]
        self._next = 0

    def make_one(self) -> None:
        """Make the next mistake; raise UnpunishedError when it does not end as it should."""
        self.all[self._next % len(self.all)]()
        self._next += 1

    def _expect(
        self, wanted: type[Exception] | tuple[type[Exception], ...], call: Callable[..., object],
        *args: object, **kwargs: object
    ) -> Exception:  # fmt: skip
        what = f"{getattr(call, '__qualname__', call)}{args!r:.80}"
        try:
            call(*args, **kwargs)
        except wanted as error:
            return error
        except Exception as error:
            raise UnpunishedError(f"{what} raised {error!r}") from error
        raise UnpunishedError(f"{what} raised nothing")

    def _expect_errno(self, code: int, call: Callable[..., object], *args: object) -> None:
        error = self._expect(self.zmq.ZMQError, call, *args)
        if getattr(error, "errno", None) != code:
            raise UnpunishedError(
                f"{call}{args!r:.80} raised {error!r}, not {errno.errorcode[code]}"
            )

    def try_nothing_to_receive(self) -> None:
        zmq, idle = self.zmq, self.idle
        self._expect(zmq.Again, idle.recv, zmq.NOBLOCK)
        self._expect(zmq.Again, idle.recv, zmq.NOBLOCK, copy=False)
        self._expect(zmq.Again, idle.recv_multipart, zmq.NOBLOCK)
        self._expect(zmq.Again, idle.recv_string, zmq.NOBLOCK)
        self._expect(zmq.Again, idle.recv_into, bytearray(10), flags=zmq.NOBLOCK)

    def try_nobody_to_send_to(self) -> None:
        zmq, lonely = self.zmq, self.lonely
        for size in (0, 100, 100_000):
            payload = bytes(size)
            self._expect(zmq.Again, lonely.send, payload, zmq.NOBLOCK)
            self._expect(zmq.Again, lonely.send, payload, zmq.NOBLOCK, copy=False)
            self._expect(zmq.Again, lonely.send, payload, zmq.NOBLOCK, copy=False, track=True)
            self._expect(zmq.Again, lonely.send, zmq.Frame(payload), zmq.NOBLOCK)
            self._expect(zmq.Again, lonely.send_multipart, [payload] * 3, zmq.NOBLOCK)

    def try_wrong_payload(self) -> None:
        send = self.lonely.send
        for payload in ("text", None, 5, object(), ["list"]):
            self._expect(TypeError, send, payload)
            self._expect(TypeError, send, payload, copy=False)
        self._expect(TypeError, self.lonely.send_multipart, [b"fine", 1.5])
        self._expect(TypeError, self.lonely.send_string, b"bytes")

    def try_wrong_buffer(self) -> None:
        wrong = (TypeError, ValueError, BufferError)
        self._expect(wrong, self.idle.recv_into, bytes(10), flags=self.zmq.NOBLOCK)
        self._expect(wrong, self.idle.recv_into, "text", flags=self.zmq.NOBLOCK)
        for size in (11, -1, 1 << 31, 1 << 64):
            self._expect(
                (*wrong, OverflowError),
                self.idle.recv_into,
                bytearray(10),
                nbytes=size,
                flags=self.zmq.NOBLOCK,
            )

    def try_closed_socket(self) -> None:
        zmq = self.zmq
        socket = self.context.socket(zmq.PAIR)
        socket.close()
        socket.close()
        for call, *args in (
            (socket.send, b"late"), (socket.recv,), (socket.recv_multipart,),
            (socket.bind, "inproc://late"), (socket.getsockopt, zmq.TYPE),
            (socket.setsockopt, zmq.LINGER, 0),
        ):  # fmt: skip
            self._expect_errno(errno.ENOTSOCK, call, *args)
        self._expect(zmq.ZMQError, socket.poll, 0)

    def try_wrong_option(self) -> None:
        zmq, socket = self.zmq, self.lonely
        self._expect(TypeError, socket.setsockopt, zmq.LINGER, b"bytes")
        self._expect(TypeError, socket.setsockopt, zmq.ROUTING_ID, 5)
        self._expect(TypeError, socket.setsockopt, zmq.ROUTING_ID, "text")
        self._expect_errno(errno.EINVAL, socket.setsockopt, zmq.ROUTING_ID, bytes(1000))
        self._expect_errno(errno.EINVAL, socket.setsockopt, 98_765, 1)
        self._expect_errno(errno.EINVAL, socket.getsockopt, 98_765)
        self._expect(AttributeError, getattr, socket, "no_such_option")

    def try_wrong_endpoint(self) -> None:
        error = self.zmq.ZMQError
        for endpoint in ("nonsense", "tcp://", "tcp://256.1.1.1:1", "inproc:/x", "udp://1.2.3.4:5"):
            self._expect(error, self.idle.bind, endpoint)
        for endpoint in ("nonsense", "tcp://", "tcp://127.0.0.1:port", "inproc:/x"):
            self._expect(error, self.lonely.connect, endpoint)
        self._expect(error, self.idle.unbind, "tcp://127.0.0.1:9")
        self._expect(error, self.lonely.disconnect, "tcp://127.0.0.1:9")
        self._expect(TypeError, self.idle.bind, 5)

    def try_address_in_use(self) -> None:
        other = self.context.socket(self.zmq.PULL)
        self._expect_errno(errno.EADDRINUSE, other.bind, "inproc://idle")
        other.close()

    def try_terminated_context(self) -> None:
        zmq = self.zmq
        context = zmq.Context()
        socket = context.socket(zmq.PULL)
        socket.close()
        context.term()
        context.term()
        self._expect(zmq.ZMQError, context.socket, zmq.PULL)
        self._expect((zmq.ZMQError, RuntimeError), context.set, zmq.IO_THREADS, 1)

    def try_wrong_socket_type(self) -> None:
        self._expect(self.zmq.ZMQError, self.context.socket, 98_765)
        self._expect((TypeError, ValueError), self.context.socket, "PULL")

    def try_queued_when_closed(self) -> None:
        zmq = self.zmq
        with zmq.Context() as context:
            receiver, sender = context.socket(zmq.PULL), context.socket(zmq.PUSH)
            sender.copy_threshold = 0
            port = receiver.bind_to_random_port("tcp://127.0.0.1")
            sender.connect(f"tcp://127.0.0.1:{port}")
            trackers = [
                sender.send(bytes(size), copy=False, track=True) for size in (1, 1000, 100_000)
            ]
            sender.send_multipart([b"never", b"received"])
            context.destroy(linger=0)
        for tracker in trackers:
            tracker.wait(timeout=20)

    def try_wrong_state(self) -> None:
        zmq = self.zmq
        request = self.context.socket(zmq.REQ)
        self._expect_errno(zmq.EFSM, request.recv)
        request.close()
        subscriber = self.context.socket(zmq.SUB)
        self._expect_errno(errno.ENOTSUP, subscriber.send, b"no")
        subscriber.close()

    def try_dropped_objects(self) -> None:
        zmq = self.zmq
        frame = zmq.Frame(bytes(70_000), track=True)
        view = memoryview(frame.buffer)
        del frame
        if bytes(view[:3]) != bytes(3):
            raise UnpunishedError("a view of a dropped frame changed")
        socket = self.context.socket(zmq.PAIR)
        socket.linger = 0
        del socket
        gc.collect()

    def try_poller(self) -> None:
        zmq = self.zmq
        poller = zmq.Poller()
        poller.register(self.idle, zmq.POLLIN)
        if poller.poll(0):
            raise UnpunishedError("poll saw a message that was never sent")
        poller.unregister(self.idle)
        self._expect(KeyError, poller.unregister, self.idle)
        poller.register(object(), zmq.POLLIN)
        self._expect((TypeError, ValueError, zmq.ZMQError), poller.poll, 0)

    def try_wrong_key(self) -> None:
        zmq = self.zmq
        if zmq.has("curve"):
            self._expect((zmq.ZMQError, ValueError), zmq.curve_public, b"short")
