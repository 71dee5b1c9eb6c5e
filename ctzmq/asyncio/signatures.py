"""The signatures of sockets whose calls return Futures. Type checkers alone import this.

`sockets` has the methods themselves.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import Iterable
from typing import Any, Callable, Literal, TypeVar, overload

from ..core.frame import Frame
from ..core.tracker import MessageTracker
from ..libzmq.annotations import Buffer
from ..waiting.edge import EdgeSocket

T = TypeVar("T")


class Awaited(EdgeSocket["Future[Any]"]):
    """A socket whose sends and receives return Futures of what those of `ctzmq.Socket` return."""

    @overload  # type: ignore[override]
    def send(
        self,
        data: Buffer,
        flags: int = ...,
        copy: Literal[True] = ...,
        track: Literal[False] = ...,
        routing_id: int | None = ...,
        group: str | None = ...,
    ) -> Future[None]: ...
    @overload
    def send(
        self,
        data: Buffer,
        flags: int = ...,
        *,
        copy: Literal[False],
        track: Literal[True],
        routing_id: int | None = ...,
        group: str | None = ...,
    ) -> Future[MessageTracker]: ...
    @overload
    def send(
        self,
        data: Buffer,
        flags: int = ...,
        copy: bool = ...,
        track: bool = ...,
        routing_id: int | None = ...,
        group: str | None = ...,
    ) -> Future[MessageTracker] | Future[None]: ...
    def send(self, *args: Any, **kwargs: Any) -> Any: ...  # pyright: ignore

    @overload  # type: ignore[override]
    def send_multipart(
        self,
        msg_parts: Iterable[Buffer],
        flags: int = ...,
        copy: Literal[True] = ...,
        track: Literal[False] = ...,
        **kwargs: Any,
    ) -> Future[None]: ...
    @overload
    def send_multipart(
        self,
        msg_parts: Iterable[Buffer],
        flags: int = ...,
        *,
        copy: Literal[False],
        track: Literal[True],
        **kwargs: Any,
    ) -> Future[MessageTracker]: ...
    @overload
    def send_multipart(
        self,
        msg_parts: Iterable[Buffer],
        flags: int = ...,
        copy: bool = ...,
        track: bool = ...,
        **kwargs: Any,
    ) -> Future[MessageTracker] | Future[None]: ...
    def send_multipart(self, *args: Any, **kwargs: Any) -> Any: ...  # pyright: ignore

    def send_string(  # type: ignore[empty-body, override]
        self, u: str, flags: int = 0, copy: bool = True, encoding: str = "utf-8", **kwargs: Any
    ) -> Future[MessageTracker | None]: ...
    def send_unicode(  # type: ignore[empty-body, override]
        self, u: str, flags: int = 0, copy: bool = True, encoding: str = "utf-8", **kwargs: Any
    ) -> Future[MessageTracker | None]: ...
    def send_pyobj(  # type: ignore[empty-body, override]
        self, obj: Any, flags: int = 0, protocol: int = ..., **kwargs: Any
    ) -> Future[MessageTracker | None]: ...
    def send_json(  # type: ignore[empty-body, override]
        self, obj: Any, flags: int = 0, **kwargs: Any
    ) -> Future[MessageTracker | None]: ...
    def send_serialized(  # type: ignore[empty-body, override]
        self,
        msg: T,
        serialize: Callable[[T], Iterable[Buffer]],
        flags: int = 0,
        copy: bool = True,
        **kwargs: Any,
    ) -> Future[MessageTracker | None]: ...

    @overload  # type: ignore[override]
    def recv(
        self, flags: int = ..., copy: Literal[True] = ..., track: bool = ...
    ) -> Future[bytes]: ...
    @overload
    def recv(
        self, flags: int = ..., *, copy: Literal[False], track: bool = ...
    ) -> Future[Frame]: ...
    @overload
    def recv(self, flags: int, copy: Literal[False], track: bool = ...) -> Future[Frame]: ...
    @overload
    def recv(
        self, flags: int = ..., copy: bool = ..., track: bool = ...
    ) -> Future[bytes] | Future[Frame]: ...
    def recv(self, *args: Any, **kwargs: Any) -> Any: ...  # pyright: ignore

    @overload  # type: ignore[override]
    def recv_multipart(
        self, flags: int = ..., copy: Literal[True] = ..., track: bool = ...
    ) -> Future[list[bytes]]: ...
    @overload
    def recv_multipart(
        self, flags: int = ..., *, copy: Literal[False], track: bool = ...
    ) -> Future[list[Frame]]: ...
    @overload
    def recv_multipart(
        self, flags: int, copy: Literal[False], track: bool = ...
    ) -> Future[list[Frame]]: ...
    @overload
    def recv_multipart(
        self, flags: int = ..., copy: bool = ..., track: bool = ...
    ) -> Future[list[bytes]] | Future[list[Frame]]: ...
    def recv_multipart(self, *args: Any, **kwargs: Any) -> Any: ...  # pyright: ignore

    def recv_into(  # type: ignore[empty-body, override]
        self, buf: Buffer, /, *, nbytes: int = 0, flags: int = 0
    ) -> Future[int]: ...
    def recv_string(  # type: ignore[empty-body, override]
        self, flags: int = 0, encoding: str = "utf-8"
    ) -> Future[str]: ...
    def recv_unicode(  # type: ignore[empty-body, override]
        self, flags: int = 0, encoding: str = "utf-8"
    ) -> Future[str]: ...
    def recv_pyobj(  # type: ignore[empty-body]
        self, flags: int = 0
    ) -> Future[Any]: ...
    def recv_json(  # type: ignore[empty-body]
        self, flags: int = 0, **kwargs: Any
    ) -> Future[Any]: ...

    @overload  # type: ignore[override]
    def recv_serialized(
        self,
        deserialize: Callable[[list[bytes]], T],
        flags: int = ...,
        copy: Literal[True] = ...,
    ) -> Future[T]: ...
    @overload
    def recv_serialized(
        self,
        deserialize: Callable[[list[Frame]], T],
        flags: int = ...,
        *,
        copy: Literal[False],
    ) -> Future[T]: ...
    @overload
    def recv_serialized(
        self, deserialize: Callable[[Any], T], flags: int = ..., copy: bool = ...
    ) -> Future[T]: ...
    def recv_serialized(self, *args: Any, **kwargs: Any) -> Any: ...  # pyright: ignore

    def poll(  # type: ignore[empty-body, override]
        self, timeout: float | None = None, flags: int = ...
    ) -> Future[int]: ...
