"""What annotations need and `typing` of older Pythons does not have."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Callable, Protocol, Union

__all__ = ["Buffer", "Event", "TypeVar", "like"]

if TYPE_CHECKING:
    from threading import Event

    import typing_extensions
    from typing_extensions import TypeVar

    class Array(Protocol):
        """What numpy's arrays are, of which type checkers learn of a buffer in Python 3.12 only."""

        @property
        def __array_interface__(self) -> Any: ...

    Buffer = Union[typing_extensions.Buffer, Array]

    F = TypeVar("F")

    def like(model: Callable[[], F]) -> Callable[[Callable[..., Any]], F]: ...
else:
    #: threading's, which is not loaded before there is something to wait for.
    Event = Any

    if sys.version_info >= (3, 12):
        from collections.abc import Buffer
    else:
        Buffer = Union[bytes, bytearray, memoryview]

    if sys.version_info >= (3, 13):
        from typing import TypeVar
    else:
        import typing

        def TypeVar(name, *constraints, default=None, **options):  # noqa: N802 - as typing has it
            """Make a type variable, whose default only type checkers see."""
            return typing.TypeVar(name, *constraints, **options)

    def like(model):
        """Mark a method that has the signatures of the one that `model` returns.

        At run time `model` is not called, so that one need not exist.
        """
        return lambda function: function
