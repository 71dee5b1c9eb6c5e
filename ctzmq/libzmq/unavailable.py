"""The error for features that the loaded libzmq lacks, and the stand-in for missing functions."""

from __future__ import annotations

from typing import Any, NoReturn

from . import loader


class ZMQVersionError(NotImplementedError):
    """A feature needs a newer libzmq than the one that is loaded, or one built otherwise.

    Parameters
    ----------
    min_version : str
        The first libzmq release that has the feature.
    msg : str
        What the feature is.

    Source: pyzmq `zmq.error.ZMQVersionError`.
    """

    min_version: str

    def __init__(self, min_version: str, msg: str = "Feature") -> None:
        self.msg = msg
        self.min_version = min_version
        self.version = ".".join(map(str, loader.load().version))
        super().__init__(str(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.min_version, self.msg)

    def __repr__(self) -> str:
        return f"ZMQVersionError('{self}')"

    def __str__(self) -> str:
        return f"{self.msg} requires libzmq >= {self.min_version}, have {self.version}"


class Missing:
    """Stands in for a function that the loaded library does not export.

    It is false, so that code can test for the function, and raises `ZMQVersionError` when called.
    """

    def __init__(self, name: str, since: str, draft: bool) -> None:
        self.name = name
        self.since = since
        self.draft = draft

    def __bool__(self) -> bool:
        return False

    def __call__(self, *args: Any) -> NoReturn:
        built = " built with its draft API" if self.draft else ""
        raise ZMQVersionError(self.since + built, self.name)
