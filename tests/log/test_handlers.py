from __future__ import annotations

import itertools
import logging
import os
import threading
from collections.abc import Callable, Iterator
from logging.config import dictConfig
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import ctzmq as zmq
from ctzmq.log import handlers
from ctzmq.log.handlers import PUBHandler, TopicLogger

_numbers = itertools.count()


class Stage(NamedTuple):
    """A logger whose handler publishes to a subscriber that it knows already."""

    logger: logging.Logger
    handler: PUBHandler
    sub: zmq.Socket

    def received(self) -> list[bytes]:
        return self.sub.recv_multipart()

    def nothing_more(self) -> bool:
        self.handler.socket.send_multipart([b"", b"the end"])
        return self.received() == [b"", b"the end"]


@pytest.fixture
def context() -> Iterator[zmq.Context]:
    with zmq.Context() as context:
        yield context


@pytest.fixture
def stage(context: zmq.Context) -> Iterator[Stage]:
    pub, sub = context.socket(zmq.XPUB), context.socket(zmq.SUB)
    pub.linger = sub.linger = 0
    pub.rcvtimeo = sub.rcvtimeo = 20_000
    sub.subscribe(b"")
    pub.bind("inproc://log")
    sub.connect("inproc://log")
    assert pub.recv() == b"\x01"
    logger = logging.getLogger(f"test.{next(_numbers)}")
    logger.setLevel(1)
    logger.propagate = False
    handler = PUBHandler(pub)
    logger.addHandler(handler)
    yield Stage(logger, handler, sub)
    logger.removeHandler(handler)
    pub.close()
    sub.close()


def test_topics_are_root_level_and_the_records_own(stage: Stage) -> None:
    stage.logger.info("hello")
    assert stage.received() == [b"INFO", b"hello\n"]
    stage.logger.info("tøpic::héllo %s", "world")
    assert stage.received() == ["INFO.tøpic".encode(), "héllo world\n".encode()]
    stage.handler.root_topic = "app"
    stage.logger.info("hello")
    assert stage.received() == [b"app.INFO", b"hello\n"]
    stage.logger.info("sub.topic::a::b")
    assert stage.received() == [b"app.INFO.sub.topic", b"a::b\n"]
    stage.logger.info("::no topic")
    assert stage.received() == [b"app.INFO", b"no topic\n"]


def test_the_root_topic_may_be_bytes(stage: Stage) -> None:
    stage.handler.setRootTopic("é".encode())
    assert stage.handler.root_topic == "é"
    stage.handler.root_topic = b""
    stage.logger.info("x")
    assert stage.received() == [b"INFO", b"x\n"]


@pytest.mark.parametrize("level", ["DEBUG", "WARNING", "CRITICAL"])
def test_levels_with_a_place(stage: Stage, level: str) -> None:
    stage.logger.log(getattr(logging, level), "text")
    topic, message = stage.received()
    assert topic == level.encode()
    assert message.startswith(f"{level} test_handlers.py:".encode())
    assert message.endswith(b" - text\n")


def test_errors_show_the_exception(stage: Stage) -> None:
    try:
        1 / 0
    except ZeroDivisionError:
        stage.logger.exception("text")
    topic, message = stage.received()
    assert topic == b"ERROR"
    assert b"test_handlers.py" in message
    assert b"ZeroDivisionError" in message
    assert b"Traceback" in message


def test_a_level_of_the_programs_own_gets_the_message_alone(stage: Stage) -> None:
    stage.logger.log(7, "seven")
    assert stage.received() == [b"Level 7", b"seven\n"]


def test_one_format_for_all_levels(stage: Stage) -> None:
    stage.handler.setFormatter(logging.Formatter("<%(message)s>"))
    for method in (stage.logger.debug, stage.logger.critical):
        method("x")
        assert stage.received()[1] == b"<x>"


def test_a_format_for_one_level(stage: Stage) -> None:
    stage.handler.setFormatter(logging.Formatter("<%(message)s>"), logging.DEBUG)
    stage.handler.formatters[logging.WARNING] = logging.Formatter("(%(message)s)")
    stage.handler.setFormatter(None, logging.ERROR)
    for method, expected in (
        (stage.logger.debug, b"<x>"),
        (stage.logger.info, b"x\n"),
        (stage.logger.warning, b"(x)"),
        (stage.logger.error, b"x\n"),
    ):
        method("x")
        assert stage.received()[1] == expected


class Message:
    def __str__(self) -> str:
        return "topic::text"


def test_a_message_may_be_any_object(stage: Stage) -> None:
    stage.logger.info(Message())
    assert stage.received() == [b"INFO.topic", b"text\n"]


def test_other_handlers_see_the_record_unchanged(stage: Stage) -> None:
    seen: list[object] = []

    class Recorder(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record.msg)

    recorder = Recorder()
    stage.logger.addHandler(recorder)
    stage.logger.info("topic::text")
    assert stage.received() == [b"INFO.topic", b"text\n"]
    assert seen == ["topic::text"]


def test_a_record_that_cannot_be_formatted_is_reported_and_not_sent(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[logging.LogRecord] = []
    monkeypatch.setattr(stage.handler, "handleError", failed.append)
    stage.handler.handle(
        logging.LogRecord("name", logging.INFO, __file__, 1, "%d", ("not a number",), None)
    )
    assert [record.args for record in failed] == [("not a number",)]
    assert stage.nothing_more()


class Unspeakable:
    def __str__(self) -> str:
        raise ValueError("no words")


class Endless:
    def __str__(self) -> str:
        return str(self)


def alone(stage: Stage) -> logging.Logger:
    """Make a logger that has no handler but the stage's: that of pytest makes tests fail."""
    logger = logging.Logger("alone")
    logger.addHandler(stage.handler)
    return logger


@pytest.mark.parametrize(
    ("message", "arguments", "keywords"),
    [
        (Unspeakable(), (), {}),
        (Endless(), (), {}),
        ("%s", (Unspeakable(),), {}),
        ("%d", ("text",), {}),
        ("%s %s", (1,), {}),
        ("nothing to fill in", (1, 2), {}),
        ("%(name)s", ({},), {}),
        ("half a character \ud800", (), {}),
        ("text", (), {"exc_info": (ValueError, "no exception", None)}),
    ],
)
@pytest.mark.parametrize("told", [True, False])
def test_no_message_breaks_the_program_that_logs_it(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    message: Any,
    arguments: tuple[Any, ...],
    keywords: dict[str, Any],
    told: bool,
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", told)
    alone(stage).info(message, *arguments, **keywords)
    assert ("--- Logging error ---" in capsys.readouterr().err) is told
    assert stage.nothing_more()


def test_no_topic_or_format_breaks_the_program(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = alone(stage)
    stage.handler.root_topic = 5  # type: ignore[assignment]
    logger.info("text")
    assert "--- Logging error ---" in capsys.readouterr().err
    stage.handler.root_topic = ""
    stage.handler.formatters[logging.INFO] = logging.Formatter("%(unheard_of)s")
    logger.info("text")
    assert "--- Logging error ---" in capsys.readouterr().err
    logger.info("half a topic \ud800::text")
    assert "--- Logging error ---" in capsys.readouterr().err
    stage.handler.setFormatter(None)
    logger.info("half a topic \ud800::text")
    assert stage.received() == [b"INFO.half a topic ?", b"text\n"]


@pytest.mark.parametrize("level", ["debug", "error"])
def test_topics_and_messages_of_any_kind_break_no_program(
    stage: Stage, capsys: pytest.CaptureFixture[str], level: str
) -> None:
    logger = TopicLogger("topics", level=1)
    logger.addHandler(stage.handler)
    stage.handler.setFormatter(None)
    log: Any = getattr(logger, level)
    log("topic", 5)
    assert stage.received() == [f"{level.upper()}.topic".encode(), b"5\n"]
    log(7, "text %s", "x")
    assert stage.received() == [f"{level.upper()}.7".encode(), b"text x\n"]
    log("topic", Unspeakable())
    log(Unspeakable(), "text")
    assert capsys.readouterr().err.count("--- Logging error ---") == 2
    assert stage.nothing_more()


@pytest.mark.parametrize("end", ["socket", "context"])
def test_a_socket_that_cannot_send_breaks_no_program(
    capsys: pytest.CaptureFixture[str], end: str
) -> None:
    logger = logging.Logger("ended")
    handler = PUBHandler("inproc://ended")
    logger.addHandler(handler)
    if end == "context":
        shared = zmq.Context(shadow=handler.ctx)
        thread = threading.Thread(target=shared.term)
        thread.start()
        while not isinstance(_error_of(lambda: handler.socket.send(b"")), zmq.ContextTerminated):
            pass
        logger.info("text")
        handler.socket.close()
        thread.join(20)
        error = "ContextTerminated"
    else:
        handler.socket.close()
        handler.ctx.term()
        logger.info("text")
        error = "a closed socket cannot be used"
    printed = capsys.readouterr().err
    assert error in printed
    assert "Message: 'text'" in printed


def _error_of(call: Callable[[], object]) -> Exception | None:
    try:
        call()
    except zmq.ZMQError as error:
        return error
    return None


def test_a_socket_without_room_breaks_no_program(
    context: zmq.Context, capsys: pytest.CaptureFixture[str]
) -> None:
    pub, sub = context.socket(zmq.XPUB), context.socket(zmq.SUB)
    pub.xpub_nodrop, pub.sndtimeo, pub.sndhwm, sub.rcvhwm = True, 0, 1, 1
    pub.bind("inproc://full")
    sub.connect("inproc://full")
    sub.subscribe(b"")
    assert pub.recv() == b"\x01"
    logger = logging.Logger("full")
    logger.addHandler(PUBHandler(pub))
    for _ in range(4):
        logger.info("text")
    assert "Again" in capsys.readouterr().err
    assert sub.recv_multipart() == [b"INFO", b"text\n"]
    pub.close(0)
    sub.close(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_the_child_of_a_fork_logs_in_silence(child: Any) -> None:
    done = child(
        """
        import logging, os, sys
        from ctzmq.log.handlers import PUBHandler

        log = logging.getLogger()
        log.setLevel(logging.INFO)
        handler = PUBHandler("inproc://fork")
        log.addHandler(handler)
        log.info("parent")
        child = os.fork()
        if not child:
            log.info("first")
            log.info("second")
            logging.shutdown()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        log.info("parent again")
        """,
        # CPython 3.12 and newer warn of a fork beside libzmq's threads.
        *("-W", "ignore::DeprecationWarning"),
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_new_socket_is_bound_to_an_endpoint(context: zmq.Context) -> None:
    handler = PUBHandler("inproc://own", context, "root")
    assert handler.ctx is context
    assert handler.socket.type == zmq.PUB
    sub = context.socket(zmq.SUB)
    sub.rcvtimeo = 20_000
    sub.subscribe(b"")
    sub.connect("inproc://own")
    record = logging.LogRecord("name", logging.INFO, __file__, 1, "text", None, None)
    # A PUB socket learns of a subscription when it sends.
    while not sub.poll(20):
        handler.handle(record)
    assert sub.recv_multipart() == [b"root.INFO", b"text\n"]
    handler.socket.close()
    sub.close()


def test_a_new_context_when_none_is_given() -> None:
    handler = PUBHandler("inproc://own")
    assert handler.ctx is handler.socket.context
    assert handler.ctx is not zmq.Context.instance()
    handler.socket.close()
    handler.ctx.term()
    zmq.Context.instance().term()


def test_the_sockets_context_is_the_handlers(stage: Stage, context: zmq.Context) -> None:
    assert stage.handler.ctx is context
    assert stage.handler.socket.context is context


def test_configuration_from_a_dict(stage: Stage) -> None:
    name = stage.logger.name
    dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {
                "zmq": {
                    "class": "ctzmq.log.handlers.PUBHandler",
                    "level": logging.DEBUG,
                    "root_topic": "foo",
                    "interface_or_socket": stage.handler.socket,
                }
            },
            "loggers": {name: {"level": "DEBUG", "handlers": ["zmq"], "propagate": False}},
        }
    )
    stage.logger.info("text")
    assert stage.received() == [b"foo.INFO", b"text\n"]


METHODS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "exception": logging.ERROR,
    "critical": logging.CRITICAL,
    "fatal": logging.CRITICAL,
}


@pytest.fixture
def records() -> list[logging.LogRecord]:
    return []


@pytest.fixture
def topic_logger(records: list[logging.LogRecord]) -> TopicLogger:
    class Recorder(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    logger = TopicLogger("topics", level=1)
    logger.addHandler(Recorder())
    return logger


@pytest.mark.parametrize("method", sorted(METHODS))
def test_topic_logger_puts_the_topic_first(
    topic_logger: TopicLogger, records: list[logging.LogRecord], method: str
) -> None:
    log: Any = getattr(topic_logger, method)
    log("sub.topic", "text %d", 5)
    (record,) = records
    assert record.levelno == METHODS[method]
    assert record.getMessage() == f"sub.topic{handlers.TOPIC_DELIM}text 5"
    assert record.filename == Path(__file__).name
    assert record.funcName == "test_topic_logger_puts_the_topic_first"
    assert bool(record.exc_info) is (method == "exception")


def test_topic_logger_log(topic_logger: TopicLogger, records: list[logging.LogRecord]) -> None:
    topic_logger.log(33, "topic", "text", extra={"key": "value"})
    (record,) = records
    assert (record.levelno, record.getMessage()) == (33, "topic::text")
    assert record.__dict__["key"] == "value"
    assert record.funcName == "test_topic_logger_log"


def test_topic_logger_keeps_a_stacklevel_of_the_callers(
    topic_logger: TopicLogger, records: list[logging.LogRecord]
) -> None:
    def helper() -> None:
        topic_logger.info("topic", "text", stacklevel=2)

    helper()
    assert records[0].funcName == "test_topic_logger_keeps_a_stacklevel_of_the_callers"


def test_topic_logger_and_handler_together(stage: Stage) -> None:
    logger = TopicLogger("topics", level=1)
    logger.addHandler(stage.handler)
    logger.info("topic", "text")
    assert stage.received() == [b"INFO.topic", b"text\n"]
