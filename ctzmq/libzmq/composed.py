"""The operations of the contract, composed of single calls of libzmq, for ctypes and PyPy's FFI.

Each single call reads the socket's address itself, when nothing of Python comes in between any
more: a signal handler that closes the socket would have it given to another one.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from .contract import DONTWAIT, LARGE, SNDMORE, UNKNOWN, Received

__all__ = ["Operations", "Primitives", "compose"]


class Primitives(NamedTuple):
    """The calls that operations are made of; what a failed one returns is less than 0."""

    #: send(handle, data, size, flags | DONTWAIT) -> bytes sent, keeping the GIL
    try_send: Callable[[Any, bytes, int, int], int]
    #: send(handle, data, size, flags) -> bytes sent
    wait_send: Callable[[Any, bytes, int, int], int]
    #: receive(message, handle, flags | DONTWAIT) -> bytes received, keeping the GIL
    try_receive: Callable[[Any, Any, int], int]
    #: the same, but errno is kept
    ask_receive: Callable[[Any, Any, int], int]
    #: receive(message, handle, flags) -> bytes received
    wait_receive: Callable[[Any, Any, int], int]
    #: more(message) -> 1 if parts of the same message follow, else 0
    more: Callable[[Any], int]
    #: size(message) -> bytes of its content, also where a call that received it cut the number
    size: Callable[[Any], int]
    #: data(message)[:size] -> the content
    data: Callable[[Any], Any]
    #: new() -> an empty message
    new: Callable[[], Any]
    #: empty(message): let go of its content
    empty: Callable[[Any], None]
    #: errno() -> why a call failed, but of those that only try
    errno: Callable[[], int]


class Operations(NamedTuple):
    """Functions of the contract."""

    send: Callable[[Any, bytes, int], int]
    send_all: Callable[[Any, Any, int], int]
    receive: Callable[[Any], Received]
    ask_receive: Callable[[Any], Received]
    receive_all: Callable[[Any, list[bytes]], int]
    ask_receive_all: Callable[[Any, list[bytes]], int]
    wait_send: Callable[[Any, bytes, int], int]
    wait_receive: Callable[[Any, int], Received]
    keep_less: Callable[[int], None]


def compose(primitives: Primitives) -> Operations:
    """Compose the operations.

    Parameters
    ----------
    primitives : Primitives
        The calls.
    """
    try_send, careful_send, try_receive, asking, careful = primitives[:5]
    more_follows, size_of, data_of, new_message, empty, errno = primitives[5:]
    #: Messages that nobody receives into just now, with what was received last, each as a tuple of
    #: arguments, which CPython need not make for each call.
    spare: list[tuple[Any]] = []
    pop, push = spare.pop, spare.append
    #: A message stays as it is until it is received into again, unless it has this many bytes.
    keep = LARGE

    def send(handle: Any, data: bytes, flags: int) -> int:
        size = len(data)
        if size >= LARGE:
            return 1
        return 0 if try_send(handle, data, size, flags | DONTWAIT) >= 0 else UNKNOWN

    def send_all(handle: Any, parts: Any, flags: int) -> int:
        for part in parts:
            if type(part) is not bytes:
                return 1
        if not parts:
            return 1
        last = len(parts) - 1
        flags |= DONTWAIT
        for number, part in enumerate(parts):
            size = len(part)
            more = flags | SNDMORE if number < last else flags
            if size >= LARGE or try_send(handle, part, size, more) < 0:
                return -1 - number
        return 0

    def receive(handle: Any) -> Received:
        try:
            message = pop()
        except IndexError:
            message = (new_message(),)
        try:
            size = try_receive(message[0], handle, DONTWAIT)
            if size < keep:
                data: Received = data_of(*message)[:size] if size >= 0 else UNKNOWN
            else:
                data = take(*message)
        except BaseException:
            empty(*message)
            raise
        push(message)
        return data

    def take(message: Any) -> bytes | tuple[bytes]:
        size = size_of(message)
        data: bytes = data_of(message)[:size]
        empty(message)
        return (data,) if size >= LARGE else data

    def receive_all(handle: Any, parts: list[bytes]) -> int:
        try:
            message = pop()
        except IndexError:
            message = (new_message(),)
        try:
            more = 1
            while more:
                size = try_receive(message[0], handle, DONTWAIT)
                if size < 0:
                    more = UNKNOWN
                    break
                more = more_follows(*message)
                if size < keep:
                    parts.append(data_of(*message)[:size])
                else:
                    parts.append(data_of(*message)[: size_of(*message)])
                    empty(*message)
        except BaseException:
            empty(*message)
            raise
        push(message)
        return more

    def careful_receive(call: Callable[[Any, Any, int], int], handle: Any, flags: int) -> Received:
        message = new_message()
        try:
            size = call(message, handle, flags)
            return take(message) if size >= 0 else -errno()
        finally:
            empty(message)

    def ask_receive(handle: Any) -> Received:
        return careful_receive(asking, handle, DONTWAIT)

    def wait_receive(handle: Any, flags: int) -> Received:
        return careful_receive(careful, handle, flags)

    def ask_receive_all(handle: Any, parts: list[bytes]) -> int:
        message = new_message()
        try:
            size = asking(message, handle, DONTWAIT)
            if size < 0:
                return -errno()
            parts.append(data_of(message)[: size_of(message)])
            return more_follows(message)
        finally:
            empty(message)

    def wait_send(handle: Any, data: bytes, flags: int) -> int:
        return 0 if careful_send(handle, data, len(data), flags) >= 0 else -errno()

    def keep_less(size: int) -> None:
        nonlocal keep
        keep = min(keep, size)

    return Operations(
        send,
        send_all,
        receive,
        ask_receive,
        receive_all,
        ask_receive_all,
        wait_send,
        wait_receive,
        keep_less,
    )
