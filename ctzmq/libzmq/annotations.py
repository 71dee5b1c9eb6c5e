"""Names for annotations that `typing` of older Pythons does not have."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Callable, Protocol, Union

__all__ = ["Buffer", "Event", "TypeVar", "like"]

if TYPE_CHECKING:
    from threading import Event

    import typing_extensions
    from typing_extensions import TypeVar

    class Array(Protocol):
        """numpy's arrays, which are buffers to type checkers only from Python 3.12 on."""

        @property
        def __array_interface__(self) -> Any: ...

    Buffer = Union[typing_extensions.Buffer, Array]

    F = TypeVar("F")

    def like(model: Callable[[], F]) -> Callable[[Callable[..., Any]], F]: ...
else:
    #: `threading.Event`; `threading` is imported only when there is something to wait for.
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
        """Give a method, for type checkers, the signatures of the one that `model` returns.

        `model` is never called, so the method that it returns need not exist at run time.
        """
        return lambda function: function
