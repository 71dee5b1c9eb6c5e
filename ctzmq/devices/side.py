"""The options and endpoints of one side of a device, applied when its socket is made."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..core import causes
from ..core.endpoint import encode
from ..core.socket import Socket

__all__ = ["Side"]


class Side(NamedTuple):
    """What to do with one socket of a device once it exists."""

    options: list[tuple[int, Any]]
    binds: list[str]
    connects: list[str]

    # Errors are raised here: once the device runs in the background nobody may see them.

    def bind(self, addr: str) -> None:
        encode(addr)
        self.binds.append(addr)

    def connect(self, addr: str) -> None:
        encode(addr)
        self.connects.append(addr)

    def set(self, opt: int, value: Any) -> None:
        self.options.append((causes.number(opt, "an option", "zmq.LINGER"), value))

    def configure(self, socket: Socket[Any]) -> None:
        """Set the options first, since some count only before connecting; then bind and connect.

        Parameters
        ----------
        socket : Socket
            The socket, new.

        Source: own.
        """
        for option, value in self.options:
            socket.setsockopt(option, value)
        for endpoint in self.binds:
            socket.bind(endpoint)
        for endpoint in self.connects:
            socket.connect(endpoint)
