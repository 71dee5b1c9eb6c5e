"""The memory that zero-copy messages still lend to libzmq, under the name that pyzmq has for it.

pyzmq collects such memory in a thread of its own. Here libzmq's callback lets go of it at once, so
that there is nothing to start or stop: only the register can be seen.
"""

from __future__ import annotations

from typing import Any, Final

from ..core.payload import payloads

__all__ = ["gc"]


class _Register:
    """Shows what libzmq has not let go of yet."""

    @property
    def refs(self) -> dict[int, tuple[object, Any]]:
        """The objects whose memory libzmq still reads, by number of the loan."""
        return payloads


gc: Final = _Register()
