"""The descriptors behind a socket's attributes: options and subscriptions."""

from __future__ import annotations

from types import MethodType
from typing import TYPE_CHECKING, Any, Callable, Generic, Protocol, TypeVar, overload

from ..error import ZMQError
from ..libzmq import numbers
from .replaceable import put

if TYPE_CHECKING:

    class Subscribing(Protocol):
        """`subscribe` or `unsubscribe` of one socket."""

        def __call__(self, topic: str | bytes) -> None: ...


T = TypeVar("T", int, bytes)


class Meaning:
    """The docstring of an option, made on demand."""

    def __init__(self, of_the_class: str) -> None:
        self._of_the_class = of_the_class

    def __get__(self, option: Any, owner: Any) -> str:
        if option is None:
            return self._of_the_class
        from ..constants.meanings import meaning

        return meaning(option._name)


class Option(Generic[T]):
    # Not a docstring: each option has its own.
    __doc__ = Meaning(  # pyright: ignore[reportAssignmentType]
        "An attribute of sockets that gets and sets an option."
    )

    __slots__ = ("_name", "_option")

    def __init__(self, name: str, option: int) -> None:
        self._name = name
        self._option = option

    @overload
    def __get__(self, socket: None, owner: type[Any]) -> Option[T]: ...
    @overload
    def __get__(self, socket: Any, owner: type[Any]) -> T: ...
    def __get__(self, socket: Any, owner: type[Any]) -> Option[T] | T:
        if socket is None:
            return self
        if socket._replaced and self._name in socket._deleted:
            raise AttributeError(f"{self._name} was deleted from {socket!r}: set it first")
        try:
            value: T = socket._get_attr_opt(self._name, self._option)
        except ZMQError as error:
            if error.errno in (numbers.EINVAL, numbers.EFAULT):
                # Makes `hasattr` return False.
                raise AttributeError(str(error)) from error
            raise
        return value

    def __set__(self, socket: Any, value: T) -> None:
        socket._set_attr_opt(self._name, self._option, value)
        if socket._replaced:
            socket._deleted -= {self._name}

    def __delete__(self, socket: Any) -> None:
        """Hide the attribute until it is set again; the option stays as it is.

        Mocks delete an attribute that they have replaced, and set the old value if it is missing
        then.
        """
        socket._deleted |= {self._name}
        put(socket, "_replaced", True)


if TYPE_CHECKING:

    class SecretKey(Option[bytes]):
        """An option that takes the secret key of `auth.load_certificate`, which may be missing."""

        def __set__(self, socket: Any, value: bytes | None) -> None: ...


class Topic:
    """A method that can also be called by assignment: `socket.subscribe = "topic"`."""

    def __init__(self, method: Callable[[Any, str | bytes], None]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    @overload
    def __get__(self, socket: None, owner: type[Any]) -> Callable[[Any, str | bytes], None]: ...
    @overload
    def __get__(self, socket: Any, owner: type[Any]) -> Subscribing: ...
    def __get__(self, socket: Any, owner: type[Any]) -> Callable[..., None]:
        if socket is None:
            return self._method
        if socket._replaced:
            replaced: Callable[..., None] | None = vars(socket).get(self._method.__name__)
            if replaced is not None:
                return replaced
        return MethodType(self._method, socket)

    def __set__(self, socket: Any, topic: Any) -> None:
        if callable(topic):
            vars(socket)[self._method.__name__] = topic
            put(socket, "_replaced", True)
        else:
            self._method(socket, topic)

    def __delete__(self, socket: Any) -> None:
        if vars(socket).pop(self._method.__name__, None) is None:
            raise AttributeError(self._method.__name__)
