"""The operations of the contract, composed of single libzmq calls, for ctypes and PyPy's FFI.

Each single call reads the socket's address itself, at a point after which no Python code runs: a
signal handler could close the socket, and its address could be that of another one by then.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from .contract import DONTWAIT, LARGE, SNDMORE, UNKNOWN, Received

__all__ = ["Operations", "compose"]


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
    send_message: Callable[[Any, Any, int], int]
    send_copy: Callable[[Any, Any, int], int]
    receive_message: Callable[[Any, Any], int]
    wait_send_message: Callable[[Any, Any, int], int]
    wait_receive_message: Callable[[Any, Any, int], int]
    read: Callable[[Any], bytes]
    keep_less: Callable[[int], None]


def compose(
    *,
    try_send: Callable[[Any, bytes, int, int], int],
    careful_send: Callable[[Any, bytes, int, int], int],
    try_receive: Callable[[Any, Any, int], int],
    asking_receive: Callable[[Any, Any, int], int],
    careful_receive: Callable[[Any, Any, int], int],
    try_send_message: Callable[[Any, Any, int], int],
    copy_message: Callable[[Any, Any], int],
    careful_send_message: Callable[[Any, Any, int], int],
    more_follows: Callable[[Any], int],
    size_of: Callable[[Any], int],
    data_of: Callable[[Any], Any],
    new_message: Callable[[], Any],
    empty: Callable[[Any], None],
    errno: Callable[[], int],
) -> Operations:
    """Compose the operations of single calls; a failed call returns less than 0.

    Parameters
    ----------
    try_send
        send(handle, data, size, flags | DONTWAIT) -> bytes sent, keeping the GIL.
    careful_send
        send(handle, data, size, flags) -> bytes sent.
    try_receive
        receive(message, handle, flags | DONTWAIT) -> bytes received, keeping the GIL.
    asking_receive
        The same, but errno is kept.
    careful_receive
        receive(message, handle, flags) -> bytes received.
    try_send_message
        send(message, handle, flags | DONTWAIT) -> bytes sent, keeping the GIL.
    copy_message
        copy(to, message) -> 0; both share the content then.
    careful_send_message
        send(message, handle, flags) -> bytes sent.
    more_follows
        more(message) -> 1 if parts of the same message follow, else 0.
    size_of
        size(message) -> bytes of its content, even if the int that a receive returned was too
        small.
    data_of
        data(message)[:size] -> the content.
    new_message
        new() -> an empty message.
    empty
        empty(message): release its content.
    errno
        errno() -> why a call failed, but of those that only try.
    """
    #: Messages that are not in use, each still with the content that was received last.
    spare: list[Any] = []
    #: Content of fewer bytes than this is kept until the message is received into again.
    keep = LARGE

    def send(handle: Any, data: bytes, flags: int) -> int:
        size = len(data)
        if size >= LARGE:
            return 1
        return 0 if try_send(handle, data, size, flags | DONTWAIT) >= 0 else UNKNOWN

    def send_all(handle: Any, parts: Any, flags: int) -> int:
        # A signal handler or another thread may change a list.
        parts = tuple(parts)
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
            message = spare.pop()
        except IndexError:
            message = new_message()
        try:
            size = try_receive(message, handle, DONTWAIT)
            if size < keep:
                data: Received = data_of(message)[:size] if size >= 0 else UNKNOWN
            else:
                data = take(message)
        except BaseException:
            empty(message)
            raise
        spare.append(message)
        return data

    def take(message: Any) -> bytes | tuple[bytes]:
        size = size_of(message)
        data: bytes = data_of(message)[:size]
        empty(message)
        return (data,) if size >= LARGE else data

    def receive_all(handle: Any, parts: list[bytes]) -> int:
        try:
            message = spare.pop()
        except IndexError:
            message = new_message()
        try:
            more = 1
            while more:
                size = try_receive(message, handle, DONTWAIT)
                if size < 0:
                    more = UNKNOWN
                    break
                more = more_follows(message)
                if size < keep:
                    parts.append(data_of(message)[:size])
                else:
                    parts.append(data_of(message)[: size_of(message)])
                    empty(message)
        except BaseException:
            empty(message)
            raise
        spare.append(message)
        return more

    def received_by(call: Callable[[Any, Any, int], int], handle: Any, flags: int) -> Received:
        message = new_message()
        try:
            size = call(message, handle, flags)
            return take(message) if size >= 0 else -errno()
        finally:
            empty(message)

    def ask_receive(handle: Any) -> Received:
        return received_by(asking_receive, handle, DONTWAIT)

    def wait_receive(handle: Any, flags: int) -> Received:
        return received_by(careful_receive, handle, flags)

    def ask_receive_all(handle: Any, parts: list[bytes]) -> int:
        message = new_message()
        try:
            size = asking_receive(message, handle, DONTWAIT)
            if size < 0:
                return -errno()
            parts.append(data_of(message)[: size_of(message)])
            return more_follows(message)
        finally:
            empty(message)

    def wait_send(handle: Any, data: bytes, flags: int) -> int:
        return 0 if careful_send(handle, data, len(data), flags) >= 0 else -errno()

    def send_message(handle: Any, message: Any, flags: int) -> int:
        return try_send_message(message, handle, flags | DONTWAIT)

    def send_copy(handle: Any, message: Any, flags: int) -> int:
        copy = new_message()
        try:
            size = copy_message(copy, message)
            if size >= 0:
                size = try_send_message(copy, handle, flags | DONTWAIT)
        except BaseException:
            empty(copy)
            raise
        if size < 0:
            empty(copy)
        return size

    def receive_message(handle: Any, message: Any) -> int:
        return try_receive(message, handle, DONTWAIT)

    def wait_send_message(handle: Any, message: Any, flags: int) -> int:
        size = careful_send_message(message, handle, flags)
        return size if size >= 0 else -errno()

    def wait_receive_message(handle: Any, message: Any, flags: int) -> int:
        size = careful_receive(message, handle, flags)
        return size if size >= 0 else -errno()

    def read(message: Any) -> bytes:
        data: bytes = data_of(message)[: size_of(message)]
        return data

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
        send_message,
        send_copy,
        receive_message,
        wait_send_message,
        wait_receive_message,
        read,
        keep_less,
    )
