"""What may be set on one socket, context or frame, and the error for unknown names.

Programs, tests most of all, replace methods and settings of single objects. So whatever a class
defines or annotates can be set on its objects and deleted again. Any other name is most likely a
misspelt option, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MethodType
from typing import Any, Callable
from weakref import ref

#: Sets an attribute without going through the `__setattr__` of the class.
put: Callable[[Any, str, Any], None] = object.__setattr__


class UnknownAttribute(AttributeError):
    """An attribute that does not exist; the message suggests the one that was perhaps meant.

    Source: own.
    """

    def __init__(self, owner: type, name: str, options: Iterable[str]) -> None:
        super().__init__(f"{owner.__name__} has no attribute or option {name!r}")
        self._owner = owner
        self._wanted = name
        self._options = options

    def __str__(self) -> str:
        # Made on demand: most of these errors only answer a `hasattr` and are never shown.
        import difflib

        known = {option.lower() for option in self._options}
        known.update(name for name in dir(self._owner) if name[0] != "_" and name.islower())
        found = difflib.get_close_matches(self._wanted.lower(), sorted(known), 1, 0.75)
        text = str(self.args[0])
        return f"{text}: did you mean {found[0]!r}?" if found else text


def takes(owner: Any, name: str) -> bool:
    """Tell whether an attribute may be set on an object.

    Parameters
    ----------
    owner : object
        The object.
    name : str
        The attribute.

    Returns
    -------
    bool
        True for what a class of the hierarchy defines or annotates, and for what the object has in
        its `__dict__` already.
    """
    cls = type(owner)
    if hasattr(cls, name) or name in vars(owner):
        return True
    return any(name in getattr(base, "__annotations__", ()) for base in cls.__mro__[:-1])


class Reading:
    """A property that can be replaced on one object, because it defines no `__set__`.

    Parameters
    ----------
    read : callable
        Takes the object and returns the value.
    """

    def __init__(self, read: Callable[[Any], Any]) -> None:
        self.fget = read
        self.__doc__ = read.__doc__
        self.__name__ = read.__name__

    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else self.fget(instance)


class Method:
    """A method that can be replaced on one object, of a class whose objects have no `__dict__`.

    Parameters
    ----------
    function : callable
        The method.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.__doc__ = function.__doc__
        # By the id of the object, which a later object may reuse.
        self._replaced: dict[int, tuple[Any, Any]] = {}

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self._function
        if self._replaced and id(instance) in self._replaced:
            reference, value = self._replaced[id(instance)]
            if reference() is instance:
                return value
        return MethodType(self._function, instance)

    def __set__(self, instance: Any, value: Any) -> None:
        for number, (reference, _) in list(self._replaced.items()):
            if reference() is None:
                del self._replaced[number]
        self._replaced[id(instance)] = ref(instance), value

    def __delete__(self, instance: Any) -> None:
        reference, _ = self._replaced.pop(id(instance), (None, None))
        if reference is None or reference() is not instance:
            raise AttributeError(self._function.__name__)


def replaceable(owner: type, *names: str) -> None:
    """Let properties, or methods, of a class be replaced on one object.

    Parameters
    ----------
    owner : type
        The class.
    *names : str
        Its properties, if its objects have a `__dict__`; its methods, if they have none. The class
        defines them as usual, for the sake of type checkers.
    """
    for name in names:
        own: Any = vars(owner)[name]
        kind: Any = Reading if isinstance(own, property) else Method
        setattr(owner, name, kind(getattr(own, "fget", own)))
