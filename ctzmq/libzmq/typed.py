"""The few names of `typing` that exist at run time, without the milliseconds that it takes to load.

Type checkers see the real ones.
"""

from __future__ import annotations

__all__ = ["Generic", "TypeVar", "like", "overload"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Generic, Protocol, Union, overload

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

    def overload(function):
        """Mark one of several signatures of a function."""
        return function

    def TypeVar(name, *constraints, bound=None, covariant=False, default=None):  # noqa: N802 - the name that typing gives it
        """Stand for a type."""
        return name

    def like(model):
        """Mark a method that has the signatures of the one that `model` returns.

        At run time `model` is not called, so that one need not exist.
        """
        return lambda function: function

    class Generic:
        """The base of classes that take types as parameters."""

        __slots__ = ()

        def __class_getitem__(cls, types):
            """Give the class itself, whatever the types."""
            return cls
