"""The few names of `typing` that exist at run time, without the milliseconds that it takes to load.

Type checkers see the real ones.
"""

from __future__ import annotations

__all__ = ["Generic", "TypeVar", "overload"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Generic, TypeVar, overload
else:

    def overload(function):
        """Mark one of several signatures of a function."""
        return function

    def TypeVar(name, *constraints, bound=None):  # noqa: N802 - the name that typing gives it
        """Stand for a type."""
        return name

    class Generic:
        """The base of classes that take types as parameters."""

        __slots__ = ()

        def __class_getitem__(cls, types):
            """Give the class itself, whatever the types."""
            return cls
