"""Logging handlers that publish each record on a PUB socket, under a topic.

    handler = PUBHandler("tcp://127.0.0.1:12345", root_topic="app")
    logging.getLogger().addHandler(handler)

A message has two parts: the topic, which is the root topic, the level's name and the record's own
topic, joined by dots; and the formatted text in UTF-8.

Logging never breaks the program that logs: whatever keeps a record from being published goes to
`logging.Handler.handleError`, which prints it if `logging.raiseExceptions` is set.
"""

from __future__ import annotations

import logging
from copy import copy
from typing import Any, Final

from ..constants import PUB
from ..core.context import Context
from ..core.socket import Socket

TOPIC_DELIM: Final = "::"

_PLAIN = "%(message)s\n"
_PLACED = "%(levelname)s %(filename)s:%(lineno)d - %(message)s\n"
_FAILED = "%(levelname)s %(filename)s:%(lineno)d - %(message)s - %(exc_info)s\n"


class PUBHandler(logging.Handler):
    """A logging handler that publishes records on a PUB socket.

    A record whose message reads `topic::text` is published under that topic, below root topic and
    level. Each level has a format of its own in `formatters`; a level without one gets the message
    alone.

    Parameters
    ----------
    interface_or_socket : str or Socket
        The endpoint to bind a new socket to, or a PUB socket that is bound or connected already.
    context : Context, optional
        The context for the new socket; a new one when left out.
    root_topic : str
        What every topic begins with; empty for none.

    Raises
    ------
    ZMQError
        The endpoint cannot be bound.

    Source: pyzmq `zmq.log.handlers.PUBHandler`.
    """

    ctx: Context[Any]
    socket: Socket[Any]
    formatters: dict[int, logging.Formatter | None]

    def __init__(
        self,
        interface_or_socket: str | Socket,
        context: Context[Any] | None = None,
        root_topic: str = "",
    ) -> None:
        super().__init__()
        self.root_topic = root_topic
        self.formatters = {
            logging.DEBUG: logging.Formatter(_PLACED),
            logging.INFO: logging.Formatter(_PLAIN),
            logging.WARNING: logging.Formatter(_PLACED),
            logging.ERROR: logging.Formatter(_FAILED),
            logging.CRITICAL: logging.Formatter(_PLACED),
        }
        self._fallback = logging.Formatter(_PLAIN)
        if isinstance(interface_or_socket, Socket):
            self.socket = interface_or_socket
            self.ctx = interface_or_socket.context
        else:
            if context is not None and not isinstance(context, Context):
                raise TypeError(f"PUBHandler needs a context, got {context!r:.60}")
            self.ctx = context or Context()
            self.socket = self.ctx.socket(PUB)
            try:
                self.socket.bind(interface_or_socket)
            except BaseException:
                self.socket.close(0)
                if context is None:
                    self.ctx.term()
                raise

    @property
    def root_topic(self) -> str:
        """What every topic begins with; bytes are taken for UTF-8."""
        return self._root_topic

    @root_topic.setter
    def root_topic(self, value: str | bytes) -> None:
        self.setRootTopic(value)

    def setRootTopic(self, root_topic: str | bytes) -> None:  # noqa: N802 - logging's style
        """Set what every topic begins with.

        A subscriber gets the records whose topic begins with its subscription, byte by byte.

        Parameters
        ----------
        root_topic : str or bytes
            The topic, bytes in UTF-8; empty for none, so that topics begin with the level's name.

        Source: pyzmq `PUBHandler.setRootTopic`.
        """
        self._root_topic = (
            root_topic.decode("utf8") if isinstance(root_topic, bytes) else root_topic
        )

    def setFormatter(  # noqa: N802 - logging's name
        self, fmt: logging.Formatter | None, level: int = logging.NOTSET
    ) -> None:
        """Set the format of one level, or of all that have one.

        Parameters
        ----------
        fmt : logging.Formatter or None
            The format; None for the message alone.
        level : int
            The level; `logging.NOTSET` for all of them.

        Source: pyzmq `PUBHandler.setFormatter`.
        """
        for each in list(self.formatters) if level == logging.NOTSET else [level]:
            self.formatters[each] = fmt

    def format(self, record: logging.LogRecord) -> str:
        """Format a record as its level demands.

        Parameters
        ----------
        record : logging.LogRecord
            The record, its message without topic.

        Returns
        -------
        str

        Source: pyzmq `PUBHandler.format`.
        """
        return (self.formatters.get(record.levelno) or self._fallback).format(record)

    def emit(self, record: logging.LogRecord) -> None:
        """Publish a record.

        A record that cannot be formatted or sent goes to `handleError`. In the child of a fork,
        where the socket does not work, records are dropped in silence.

        Parameters
        ----------
        record : logging.LogRecord
            The record; a topic in front of its message goes into the message's own topic.

        Source: pyzmq `PUBHandler.emit`.
        """
        try:
            self.socket.send_multipart(self._parts(record))
        except Exception:
            if not getattr(self.socket, "_left_by", 0):
                self.handleError(record)

    def _parts(self, record: logging.LogRecord) -> list[bytes]:
        """Return the topic and the text of a record."""
        topics = [self.root_topic, record.levelname]
        topic, delimiter, text = str(record.msg).partition(TOPIC_DELIM)
        if delimiter:
            # Other handlers get the same record: theirs must keep its message.
            record = copy(record)
            record.msg = text
            topics.append(topic)
        message = self.format(record).encode("utf8")
        return [".".join(filter(None, topics)).encode("utf8", "replace"), message]


class TopicLogger(logging.Logger):
    """A logger whose methods take a topic in front of the message.

    `logger.info("topic.sub", "text")` logs `topic.sub::text`, which `PUBHandler` publishes under
    that topic.

    Source: pyzmq `zmq.log.handlers.TopicLogger`.
    """

    def log(  # type: ignore[override]
        self, level: int, topic: str, msg: str, *args: Any, **kwargs: Any
    ) -> None:
        """Log a message under a topic.

        Parameters
        ----------
        level : int
            The level.
        topic : str
            The topic.
        msg : str
            The message, with placeholders for `args`.
        *args, **kwargs
            As in `logging.Logger.log`.

        Source: pyzmq `TopicLogger.log`.
        """
        super().log(level, _joined(topic, msg), *args, **_from_caller(kwargs))

    def debug(  # type: ignore[override]
        self, topic: str, msg: str, *args: Any, **kwargs: Any
    ) -> None:
        """Log a message of level DEBUG under a topic.

        Parameters
        ----------
        topic, msg, *args, **kwargs
            As in `log`.

        Source: pyzmq `TopicLogger.debug`.
        """
        super().debug(_joined(topic, msg), *args, **_from_caller(kwargs))

    def info(  # type: ignore[override]
        self, topic: str, msg: str, *args: Any, **kwargs: Any
    ) -> None:
        """Log a message of level INFO under a topic.

        Parameters
        ----------
        topic, msg, *args, **kwargs
            As in `log`.

        Source: pyzmq `TopicLogger.info`.
        """
        super().info(_joined(topic, msg), *args, **_from_caller(kwargs))

    def warning(  # type: ignore[override]
        self, topic: str, msg: str, *args: Any, **kwargs: Any
    ) -> None:
        """Log a message of level WARNING under a topic.

        Parameters
        ----------
        topic, msg, *args, **kwargs
            As in `log`.

        Source: pyzmq `TopicLogger.warning`.
        """
        super().warning(_joined(topic, msg), *args, **_from_caller(kwargs))

    def error(  # type: ignore[override]
        self, topic: str, msg: str, *args: Any, **kwargs: Any
    ) -> None:
        """Log a message of level ERROR under a topic.

        Parameters
        ----------
        topic, msg, *args, **kwargs
            As in `log`.

        Source: pyzmq `TopicLogger.error`.
        """
        super().error(_joined(topic, msg), *args, **_from_caller(kwargs))

    def critical(  # type: ignore[override]
        self, topic: str, msg: str, *args: Any, **kwargs: Any
    ) -> None:
        """Log a message of level CRITICAL under a topic.

        Parameters
        ----------
        topic, msg, *args, **kwargs
            As in `log`.

        Source: pyzmq `TopicLogger.critical`.
        """
        super().critical(_joined(topic, msg), *args, **_from_caller(kwargs))

    def exception(  # type: ignore[override]
        self, topic: str, msg: str, *args: Any, **kwargs: Any
    ) -> None:
        """Log a message of level ERROR with the exception in hand.

        Parameters
        ----------
        topic, msg, *args, **kwargs
            As in `log`.

        Source: pyzmq `TopicLogger.exception`.
        """
        kwargs.setdefault("exc_info", True)
        super().error(_joined(topic, msg), *args, **_from_caller(kwargs))

    warn = warning  # type: ignore[assignment]
    fatal = critical  # type: ignore[assignment]


class _Joined:
    """A topic and a message that become text only when the record is handled."""

    def __init__(self, topic: object, msg: object) -> None:
        self._topic = topic
        self._msg = msg

    def __str__(self) -> str:
        return f"{self._topic}{TOPIC_DELIM}{self._msg}"


def _joined(topic: object, msg: object) -> Any:
    if isinstance(topic, str) and isinstance(msg, str):
        return f"{topic}{TOPIC_DELIM}{msg}"
    return _Joined(topic, msg)


def _from_caller(kwargs: dict[str, Any]) -> dict[str, Any]:
    """Let the record name the line that called `TopicLogger`, not one in this module."""
    return {**kwargs, "stacklevel": kwargs.get("stacklevel", 1) + 1}
