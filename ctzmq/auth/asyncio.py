"""ZAP in the asyncio event loop."""

from __future__ import annotations

import asyncio
import contextlib
import warnings
from typing import Any

from ..core.context import Context
from .base import Authenticator
from .serving import serve

__all__ = ["AsyncioAuthenticator"]


class AsyncioAuthenticator(Authenticator):
    """An `Authenticator` that answers in the event loop, from `start` to `stop`.

    Parameters
    ----------
    context, encoding, log
        As for `Authenticator`.
    loop : asyncio loop, optional
        Deprecated and ignored: it runs in the loop in which `start` is called.

    Source: pyzmq `zmq.auth.asyncio.AsyncioAuthenticator`.
    """

    def __init__(
        self,
        context: Context[Any] | None = None,
        loop: Any = None,
        encoding: str = "utf-8",
        log: Any = None,
    ) -> None:
        super().__init__(context, encoding, log)
        if loop is not None:
            warnings.warn(
                f"{type(self).__name__}(loop) is deprecated and ignored",
                DeprecationWarning,
                stacklevel=2,
            )
        self.__task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to answer, in the event loop that runs or, before it runs, in this thread's.

        Raises
        ------
        ZMQError
            EADDRINUSE: the context has an authenticator already.
        RuntimeError
            This thread has no event loop.

        Source: pyzmq `AsyncioAuthenticator.start`.
        """
        loop = asyncio.get_event_loop()
        super().start()
        self.__task = loop.create_task(serve(self, self.zap_socket))

    def stop(self) -> None:
        """Stop to answer.

        Source: pyzmq `AsyncioAuthenticator.stop`.
        """
        if self.__task is not None:
            with contextlib.suppress(RuntimeError):  # its loop is closed
                self.__task.cancel()
            self.__task = None
        super().stop()
