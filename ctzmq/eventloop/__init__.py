"""Sockets in tornado's event loop. tornado is imported only when it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tornado.ioloop import IOLoop

__all__ = ["IOLoop"]


if not TYPE_CHECKING:  # who would take every name for one that exists

    def __getattr__(name: str) -> Any:
        if name == "IOLoop":
            from tornado.ioloop import IOLoop

            return IOLoop
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
