"""ZAP in a thread, for programs without an event loop."""

from __future__ import annotations

import asyncio
import contextlib
from asyncio import FIRST_COMPLETED
from threading import Event, Thread, current_thread
from time import sleep
from typing import Any

from ..asyncio import Poller
from ..constants import DONTWAIT, PAIR, POLLIN
from ..core import registry
from ..core.context import Context
from ..core.socket import Socket
from ..error import Again, ContextTerminated, ZMQError
from .base import Authenticator, close_bound
from .serving import PAUSE_SECONDS, serve

__all__ = ["ThreadAuthenticator"]

_TERMINATE = b"TERMINATE"
_START_SECONDS = 10
_LEFTOVERS_SECONDS = 1


class AuthenticationThread(Thread):
    """The thread of a `ThreadAuthenticator`, with an event loop of its own.

    Parameters
    ----------
    authenticator : ThreadAuthenticator
        The authenticator that decides, already started.
    pipe : Socket
        A PAIR socket for commands, which the thread closes.

    Source: pyzmq `zmq.auth.thread.AuthenticationThread`.
    """

    pipe: Any
    poller: Poller | None = None
    loop: asyncio.AbstractEventLoop

    def __init__(self, authenticator: ThreadAuthenticator, pipe: Socket) -> None:
        super().__init__(daemon=True)
        self.authenticator = authenticator
        self.log = authenticator.log
        self.pipe = pipe
        self.started = Event()
        self.failure: BaseException | None = None
        self._zap_socket = authenticator.zap_socket
        self._task: asyncio.Task[None] | None = None
        self._ended = False

    def run(self) -> None:
        """Answer requests until the command to end comes, or the context is terminated.

        Source: pyzmq `AuthenticationThread.run`.
        """
        try:
            # The only kind of loop that can watch descriptors on all systems.
            self.loop = asyncio.SelectorEventLoop()
            try:
                self._serve()
                self._cancel_leftovers()
            finally:
                self.loop.close()
        except BaseException as error:
            self.failure = error
            if self.started.is_set():  # else `start` raises it
                raise
        finally:
            self.pipe.close()
            self.pipe = None
            other_end = self.authenticator.pipe
            if self._zap_socket.closed and other_end is not None:
                # Terminating the context waits for this socket.
                close_bound(other_end, self.authenticator.pipe_endpoint)
            self.started.set()

    def end(self) -> None:
        """End the thread when the pipe no longer works.

        Source: own.
        """
        self._ended = True
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            self.loop.call_soon_threadsafe(self._interrupt)

    def _interrupt(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _serve(self) -> None:
        """Run the loop until the end; restart it if user code has stopped it."""
        while not self._ended and not self._zap_socket.closed:
            if self._task is None or self._task.done():
                self._task = self.loop.create_task(self._run())
            try:
                self.loop.run_until_complete(self._task)
            except (Exception, SystemExit, KeyboardInterrupt, asyncio.CancelledError) as error:
                if self._ended:
                    return
                if self.loop.is_closed():
                    raise
                # User callbacks can start tasks that exit, stop the loop or cancel other tasks.
                self.authenticator._complain(
                    "the authenticator was interrupted, and goes on", error
                )
                sleep(PAUSE_SECONDS)

    async def _run(self) -> None:
        """Answer requests and execute commands, until either has ended."""
        self.poller = Poller()
        self.poller.register(self.pipe, POLLIN)
        serving = asyncio.ensure_future(serve(self.authenticator, self._zap_socket))
        commands = asyncio.ensure_future(self._obey(self.poller))
        self.started.set()
        try:
            done, _ = await asyncio.wait({serving, commands}, return_when=FIRST_COMPLETED)
        finally:
            serving.cancel()
            commands.cancel()
        try:
            for task in done:
                task.result()
        except ContextTerminated:
            self._zap_socket.close()
        except (ZMQError, asyncio.CancelledError):
            if not self.pipe.closed:
                raise
        self._ended = True

    async def _obey(self, poller: Poller) -> None:
        while not await poller.poll() or not self._handle_pipe_message(self.pipe.recv_multipart()):
            pass

    def _cancel_leftovers(self) -> None:
        """Cancel the tasks that callbacks have left behind."""
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            with contextlib.suppress(BaseException):
                self.loop.run_until_complete(asyncio.wait(tasks, timeout=_LEFTOVERS_SECONDS))

    def _handle_pipe_message(self, msg: list[bytes]) -> bool:
        """Execute a command; return whether it was the one to end."""
        if msg[0] == _TERMINATE:
            return True
        self.log.error("unknown command for the authenticator: %r", msg[0])
        with contextlib.suppress(Again):  # nobody reads them
            self.pipe.send(b"ERROR", DONTWAIT)
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
        if self.thread is not None and not self.is_alive():
            self.stop()  # it has ended with its context, or by a fault
        super().start()
        try:
            self.pipe = self.context.socket(PAIR, socket_class=Socket)
            self.pipe.linger = 1
            self.pipe.bind(self.pipe_endpoint)
            self.thread = self._start_thread()
            if not self.thread.started.wait(timeout=_START_SECONDS):
                raise RuntimeError(f"the thread did not start within {_START_SECONDS} s")
            if self.thread.failure is not None:
                raise RuntimeError("the thread cannot serve") from self.thread.failure
        except BaseException:
            self.stop()
            raise

    def _start_thread(self) -> AuthenticationThread:
        pipe = self.context.socket(PAIR, socket_class=Socket)
        try:
            pipe.linger = 1
            pipe.connect(self.pipe_endpoint)
            thread = AuthenticationThread(authenticator=self, pipe=pipe)
            thread.start()
        except BaseException:
            pipe.close()
            raise
        return thread

    def stop(self) -> None:
        """End the thread, and wait until it has ended.

        Source: pyzmq `ThreadAuthenticator.stop`.
        """
        pipe, thread = self.pipe, self.thread
        self.pipe = self.thread = None
        try:
            # Called from a callback in the thread itself, which ends once the callback returns.
            if thread is not None and thread is not current_thread():
                self._end(thread, pipe)
        finally:
            if pipe is not None:
                close_bound(pipe, self.pipe_endpoint)
            super().stop()

    def _end(self, thread: AuthenticationThread, pipe: Socket) -> None:
        while thread.is_alive():
            try:
                pipe.send(_TERMINATE, DONTWAIT)
            except Again:
                thread.join(PAUSE_SECONDS)  # it is ending already, or has many commands before
            except ZMQError:  # the context has ended, or somebody has closed the pipe
                thread.end()
                break
            else:
                break
        thread.join()

    def is_alive(self) -> bool:
        """Tell whether the thread runs.

        Returns
        -------
        bool

        Source: pyzmq `ThreadAuthenticator.is_alive`.
        """
        return self.thread is not None and self.thread.is_alive()

    def __del__(self, _finalizing: Any = registry.finalizing) -> None:
        # A thread that the interpreter's shutdown has frozen never ends.
        if not _finalizing() and self.pipe is not None:
            self.stop()
