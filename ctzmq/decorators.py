"""Contexts and sockets as arguments of a function, closed when it returns.

@context()
@socket(zmq.PUSH)
def work(ctx, push):
    ...
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from types import FunctionType
from typing import Any, Protocol, TypeVar

from .core.context import Context

__all__ = ("context", "socket")

_R = TypeVar("_R")
_Target = Callable[..., AbstractContextManager[Any]]


class _DecoratorCallable(Protocol):
    def __call__(self, func: Callable[..., _R]) -> Callable[..., _R]: ...


class _Decorator:
    """Makes decorators that enter `target(...)` around each call and pass what it yields on."""

    def __init__(self, target: _Target | None = None) -> None:
        self._target = target

    def __call__(self, *dec_args: Any, **dec_kwargs: Any) -> _DecoratorCallable:
        if dec_args and isinstance(dec_args[0], FunctionType):
            above = dec_args[0].__name__
            raise TypeError(f"this decorator has parentheses: write @...() above {above}")
        name, target_args, target_kwargs = self.process_decorator_args(*dec_args, **dec_kwargs)

        def decorator(func: Callable[..., _R]) -> Callable[..., _R]:
            if not callable(func):
                raise TypeError(f"a decorator stands above a function, got {func!r:.60}")

            @wraps(func)
            def wrapper(*args: Any, **kwargs: Any) -> _R:
                if name is not None and name in kwargs:
                    raise TypeError(
                        f"{func.__name__}() got multiple values for argument {name!r}: "
                        "the decorator provides it"
                    )
                target = self.get_target(*args, **kwargs)
                if target is None:
                    raise TypeError("this decorator has no target to call")
                with target(*target_args, **target_kwargs) as entered:
                    if name is None:
                        return func(*args, entered, **kwargs)
                    return func(*args, **kwargs, **{name: entered})

            return wrapper

        return decorator

    def get_target(self, *args: Any, **kwargs: Any) -> _Target | None:
        """Return what to call and enter, given the arguments of one call."""
        return self._target

    def process_decorator_args(
        self, *args: Any, **kwargs: Any
    ) -> tuple[str | None, tuple[Any, ...], dict[str, Any]]:
        """Split the decorator's arguments: the keyword to pass on by, and the target's own."""
        if isinstance(kwargs.get("name"), str):
            return kwargs.pop("name"), args, kwargs
        if args and isinstance(args[0], str):
            return args[0], args[1:], kwargs
        return None, args, kwargs


class _ContextDecorator(_Decorator):
    """Provides a new context."""

    def __init__(self) -> None:
        super().__init__(Context)


class _SocketDecorator(_Decorator):
    """Provides a new socket of a context that it finds among the call's arguments."""

    def process_decorator_args(
        self, *args: Any, **kwargs: Any
    ) -> tuple[str | None, tuple[Any, ...], dict[str, Any]]:
        """Take `context_name` out of the arguments, too."""
        self.context_name = kwargs.pop("context_name", "context")
        return super().process_decorator_args(*args, **kwargs)

    def get_target(self, *args: Any, **kwargs: Any) -> _Target:
        """Return the method that makes sockets of the context which this call should use."""
        return self._find_context(*args, **kwargs).socket

    def _find_context(self, *args: Any, **kwargs: Any) -> Context:
        for candidate in (kwargs.get(self.context_name), *args):
            if isinstance(candidate, Context):
                return candidate
        return Context.instance()


def context(*args: Any, **kwargs: Any) -> _DecoratorCallable:
    """Give each call of the decorated function a new context, terminated when it returns.

    Parameters
    ----------
    name : str, optional
        The keyword to pass the context by; also the first positional argument if it is a str.
        Without it, the context follows the call's positional arguments.
    *args, **kwargs
        Passed on to `Context`.

    Returns
    -------
    callable
        The decorator.

    Raises
    ------
    TypeError
        When it is written without parentheses, at once; when the function is called: the caller
        passes that keyword too.

    Source: pyzmq `zmq.decorators.context`.
    """
    return _ContextDecorator()(*args, **kwargs)


def socket(*args: Any, **kwargs: Any) -> _DecoratorCallable:
    """Give each call of the decorated function a new socket, closed when it returns.

    It is a socket of the context that the call has as an argument, by a `context` decorator further
    out or from the caller; else of `Context.instance()`.

    Parameters
    ----------
    name : str, optional
        The keyword to pass the socket by; also the first positional argument if it is a str.
        Without it, the socket follows the call's positional arguments.
    context_name : str
        The keyword argument that may hold the context, `context` when left out.
    *args, **kwargs
        Passed on to `Context.socket`, the socket type first.

    Returns
    -------
    callable
        The decorator.

    Raises
    ------
    TypeError
        When the function is called: the socket type is missing, or the caller passes that keyword
        too.

    Source: pyzmq `zmq.decorators.socket`.
    """
    return _SocketDecorator()(*args, **kwargs)
