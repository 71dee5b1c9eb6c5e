"""ZAP in the asyncio event loop."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any

from ..asyncio import Poller
from ..constants import POLLIN
from ..core.context import Context
from ..error import ContextTerminated
from .base import Authenticator

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

    async def __handle_zap(self) -> None:
        zap_socket = self.zap_socket
        poller = Poller()
        poller.register(zap_socket, POLLIN)
        try:
            while not zap_socket.closed:
                if await poller.poll():
                    await self.handle_zap_message(zap_socket.recv_multipart())
        except ContextTerminated:
            self.log.debug("ended with the context")

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
        self.__task = loop.create_task(self.__handle_zap())

    def stop(self) -> None:
        """Stop to answer.

        Source: pyzmq `AsyncioAuthenticator.stop`.
        """
        if self.__task is not None:
            self.__task.cancel()
            self.__task = None
        super().stop()
