"""Options as attributes, for classes of programs; ctzmq's sockets use descriptors instead."""

from __future__ import annotations

from typing import Any, TypeVar, Union

from ctzmq import constants
from ctzmq.error import ZMQError

__all__ = ["AttributeSetter"]

T = TypeVar("T")
OptValT = Union[str, bytes, int]


class AttributeSetter:
    """A base that turns attributes with the name of an option into calls of `get` and `set`.

    A subclass overrides `get` and `set`. What a class in the hierarchy defines or annotates, and
    what the object has already, stays an ordinary attribute.

    Source: pyzmq `zmq.sugar.attrsettr.AttributeSetter`.
    """

    def __getattr__(self, key: str) -> OptValT:
        name, option = self._option(key)
        try:
            return self._get_attr_opt(name, option)
        except ZMQError as error:
            if error.errno not in (constants.EINVAL, constants.EFAULT):
                raise
            # hasattr and mocks expect an AttributeError of what can't be read
            raise AttributeError(f"{key} can't be read, perhaps it can be set only") from error

    def __setattr__(self, key: str, value: Any) -> None:
        own = key in self.__dict__ or any(
            key in vars(cls) or key in vars(cls).get("__annotations__", ())
            for cls in type(self).__mro__
        )
        if own:
            object.__setattr__(self, key, value)
        else:
            self._set_attr_opt(*self._option(key), value)

    def _option(self, key: str) -> tuple[str, int]:
        name = key.upper()
        try:
            return name, getattr(constants, name)
        except AttributeError:
            message = f"{type(self).__name__} has no such option: {name}"
            raise AttributeError(message) from None

    def _get_attr_opt(self, name: str, opt: int) -> OptValT:
        return self.get(opt)

    def _set_attr_opt(self, name: str, opt: int, value: Any) -> None:
        self.set(opt, value)

    def get(self, option: int) -> OptValT:
        """Return an option's value; a subclass overrides it."""
        raise NotImplementedError(f"{type(self).__name__} does not override get")

    def set(self, option: int, value: Any) -> None:
        """Set an option; a subclass overrides it."""
        raise NotImplementedError(f"{type(self).__name__} does not override set")
