"""ZAP in a thread, for programs without an event loop."""

from __future__ import annotations

import asyncio
import sys
from threading import Event, Thread
from typing import Any

from ..asyncio import Poller
from ..constants import DONTWAIT, PAIR, POLLIN
from ..core.context import Context
from ..core.socket import Socket
from ..error import Again, ContextTerminated
from .base import Authenticator, close_bound

__all__ = ["ThreadAuthenticator"]

_TERMINATE = b"TERMINATE"
_START_SECONDS = 10


class AuthenticationThread(Thread):
    """The thread of a `ThreadAuthenticator`, with an event loop of its own.

    Parameters
    ----------
    authenticator : Authenticator
        Who decides; it is started already.
    pipe : Socket
        A PAIR socket for commands, which the thread closes.

    Source: pyzmq `zmq.auth.thread.AuthenticationThread`.
    """

    pipe: Any
    poller: Poller | None = None
    loop: asyncio.AbstractEventLoop

    def __init__(self, authenticator: Authenticator, pipe: Socket) -> None:
        super().__init__(daemon=True)
        self.authenticator = authenticator
        self.log = authenticator.log
        self.pipe = pipe
        self.started = Event()

    def run(self) -> None:
        """Answer requests until the command to end comes, or the context is terminated.

        Source: pyzmq `AuthenticationThread.run`.
        """
        # The only kind of loop that can watch descriptors on every system.
        self.loop = asyncio.SelectorEventLoop()
        try:
            self.loop.run_until_complete(self._run())
        except ContextTerminated:
            self.log.debug("ended with the context")
        finally:
            self.pipe.close()
            self.pipe = None
            self.loop.close()

    async def _run(self) -> None:
        zap_socket = self.authenticator.zap_socket
        self.poller = Poller()
        self.poller.register(self.pipe, POLLIN)
        self.poller.register(zap_socket, POLLIN)
        self.started.set()
        while True:
            ready = dict(await self.poller.poll())
            if self.pipe in ready and self._handle_pipe_message(self.pipe.recv_multipart()):
                return
            if zap_socket in ready:
                await self.authenticator.handle_zap_message(zap_socket.recv_multipart())

    def _handle_pipe_message(self, msg: list[bytes]) -> bool:
        """Obey a command; return whether it was the one to end."""
        if msg[0] == _TERMINATE:
            return True
        self.log.error("unknown command for the authenticator: %r", msg[0])
        self.pipe.send(b"ERROR")
        return False


class ThreadAuthenticator(Authenticator):
    """An `Authenticator` that answers in a thread of its own, from `start` to `stop`.

    Parameters
    ----------
    context, encoding, log
        As for `Authenticator`.

    Source: pyzmq `zmq.auth.thread.ThreadAuthenticator`.
    """

    pipe: Any = None
    pipe_endpoint: str = ""
    thread: Any = None

    def __init__(
        self, context: Context[Any] | None = None, encoding: str = "utf-8", log: Any = None
    ) -> None:
        super().__init__(context=context, encoding=encoding, log=log)
        self.pipe = None
        self.pipe_endpoint = f"inproc://{id(self)}.inproc"
        self.thread = None

    def start(self) -> None:
        """Start to answer, and return once the thread does.

        Raises
        ------
        ZMQError
            EADDRINUSE: the context has an authenticator already.
        RuntimeError
            The thread did not start within 10 seconds.

        Source: pyzmq `ThreadAuthenticator.start`.
        """
        super().start()
        self.pipe = self.context.socket(PAIR, socket_class=Socket)
        thread_pipe = self.context.socket(PAIR, socket_class=Socket)
        self.pipe.linger = thread_pipe.linger = 1
        self.pipe.bind(self.pipe_endpoint)
        thread_pipe.connect(self.pipe_endpoint)
        self.thread = AuthenticationThread(authenticator=self, pipe=thread_pipe)
        self.thread.start()
        if not self.thread.started.wait(timeout=_START_SECONDS):
            raise RuntimeError(f"the thread did not start within {_START_SECONDS} s")

    def stop(self) -> None:
        """End the thread, and wait until it has ended.

        Source: pyzmq `ThreadAuthenticator.stop`.
        """
        if self.pipe is not None:
            if self.is_alive():
                try:
                    self.pipe.send(_TERMINATE, DONTWAIT)
                except (Again, ContextTerminated):
                    self.log.debug("the thread is ending already")
                self.thread.join()
            self.thread = None
            close_bound(self.pipe, self.pipe_endpoint)
            self.pipe = None
        super().stop()

    def is_alive(self) -> bool:
        """Tell whether the thread runs.

        Returns
        -------
        bool

        Source: pyzmq `ThreadAuthenticator.is_alive`.
        """
        return self.thread is not None and self.thread.is_alive()

    def __del__(self) -> None:
        # A thread that the end of the interpreter has frozen never joins.
        if not sys.is_finalizing() and self.pipe is not None:
            self.stop()
