"""Type checkers see in programs what their authors mean, and what they got wrong.

The programs are checked by one run of mypy, and by one of pyright where that is installed, as for
`scripts/types`. In each, `assert_type` says what a type must be, and
`# error: TEXT` that mypy must complain on that line, with such a text.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from textwrap import dedent

import pytest

import ctzmq
from ctzmq.cli import shim

ROOT = Path(ctzmq.__file__).resolve().parents[1]

PROGRAMS = {
    "blocking": """
        from __future__ import annotations
        from typing import Any
        from typing_extensions import assert_type
        import zmq

        class Array:
            # as numpy's are
            @property
            def __array_interface__(self) -> dict[str, Any]:
                return {}

        with zmq.Context() as ctx, ctx.socket(zmq.PUSH) as push:
            assert_type(ctx, zmq.Context)
            assert_type(push, zmq.Socket)
        assert_type(ctx, zmq.Context[zmq.Socket[bytes]])
        assert_type(zmq.Context.instance(), zmq.Context)
        assert_type(zmq.Context.instance().socket(zmq.PULL), zmq.Socket[bytes])
        assert_type(zmq.Context.shadow(ctx), zmq.Context)
        assert_type(zmq.Socket.shadow(push), zmq.Socket)

        assert_type(push.recv(), bytes)
        assert_type(push.recv(zmq.NOBLOCK), bytes)
        assert_type(push.recv(copy=True), bytes)
        assert_type(push.recv(copy=False), zmq.Frame)
        assert_type(push.recv(0, False), zmq.Frame)
        assert_type(push.recv(copy=bool(input())), "bytes | zmq.Frame")
        assert_type(push.recv_multipart(), "list[bytes]")
        assert_type(push.recv_multipart(copy=False, track=True), "list[zmq.Frame]")
        assert_type(
            push.recv_multipart(copy=bool(input())), "list[bytes] | list[zmq.Frame]"
        )
        assert_type(push.recv_string(), str)
        assert_type(push.recv_json(), Any)
        assert_type(push.recv_pyobj(), Any)
        assert_type(push.recv_serialized(lambda parts: len(parts[0])), int)
        assert_type(push.recv_into(bytearray(10)), int)
        assert_type(push.poll(100), int)

        assert_type(push.send(b"1", copy=False, track=True), zmq.MessageTracker)
        assert_type(push.send(b"1", copy=bool(input())), "zmq.MessageTracker | None")
        assert_type(push.send_multipart([b"1"], copy=False, track=True), zmq.MessageTracker)
        push.send(b"1", zmq.SNDMORE)
        push.send(bytearray(1), flags=zmq.SNDMORE)
        push.send(memoryview(b"1"), copy=False)
        push.send(zmq.Frame(b"1"))
        push.send_multipart((b"1", zmq.Frame(b"2")))
        push.send(Array())
        push.recv_into(Array())
        push.send_serialized(5, lambda number: [bytes(number)])

        assert_type(push.linger, int)
        assert_type(push.RCVHWM, int)
        assert_type(push.hwm, int)
        assert_type(push.last_endpoint, bytes)
        assert_type(push.closed, bool)
        assert_type(push.type, zmq.SocketType)
        assert_type(push.get(zmq.LINGER), int)
        assert_type(push.get(zmq.ROUTING_ID), bytes)
        assert_type(push.getsockopt(zmq.EVENTS), int)
        assert_type(push.getsockopt(zmq.SocketOption.LAST_ENDPOINT), bytes)
        assert_type(push.get(17), Any)
        assert_type(push.get_string(zmq.LAST_ENDPOINT), str)
        assert_type(ctx.get(zmq.IO_THREADS), int)
        options = [zmq.SNDHWM, zmq.RCVHWM]
        assert_type(options, "list[zmq.SocketOption]")
        assert_type(push.get(options[0]), Any)

        frame = push.recv(copy=False)
        assert_type(frame.bytes, bytes)
        assert_type(frame.buffer, memoryview)
        assert_type(frame.more, bool)
        assert_type(frame.get(zmq.MORE), int)
        assert_type(frame.get("routing_id"), int)
        assert_type(frame.get("group"), str)
        assert_type(frame.get("Peer-Address"), "int | str")
        assert_type(frame.tracker, "zmq.MessageTracker | None")

        push.linger = 0
        push.IDENTITY = b"me"
        push.curve_server = True
        push.subscribe("topic")
        push.subscribe = b"topic"
        push.setsockopt(zmq.LINGER, 0)
        ctx.linger = 0
        ctx.io_threads = 2
        with push.bind("tcp://127.0.0.1:*") as bound:
            assert_type(bound, zmq.Socket)
        assert_type(push.get_monitor_socket(), zmq.Socket)

        poller = zmq.Poller()
        poller.register(push, zmq.POLLIN | zmq.POLLOUT)
        assert_type(poller.poll(1000), "list[tuple[Any, int]]")
        assert_type(zmq.curve_keypair(), "tuple[bytes, bytes]")
        """,
    "annotations": """
        from __future__ import annotations
        from typing import Any
        from typing_extensions import assert_type
        import zmq, zmq.asyncio

        class Names(zmq.Socket):
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                self.name = "mine"

        class Maker(zmq.Context[Names]):
            _socket_class = Names

        def blocking(ctx: zmq.Context[zmq.Socket[bytes]], socket: zmq.Socket[bytes]) -> None: ...
        def any_flavour(ctx: zmq.Context[Any], socket: zmq.Socket[Any]) -> None: ...
        def unsaid(ctx: zmq.Context, socket: zmq.Socket) -> None:
            blocking(ctx, socket)
            any_flavour(ctx, socket)
        def synchronous(ctx: zmq.SyncContext, socket: zmq.SyncSocket) -> None:
            unsaid(ctx, socket)

        names = Maker().socket(zmq.PUB)
        assert_type(names.name, str)
        assert_type(Maker.instance(), Maker)
        assert_type(zmq.Context().socket(zmq.PUB, Names), Names)
        assert_type(zmq.Context().socket(zmq.PUB, socket_class=Names), Names)
        unsaid(Maker(), names)
        awaited = zmq.asyncio.Context()
        any_flavour(awaited, awaited.socket(zmq.PUB))
        """,
    "modules": """
        from __future__ import annotations
        from typing_extensions import assert_type
        import ctzmq
        import ctzmq.auth
        import zmq
        import zmq.auth
        import zmq.devices
        from zmq.eventloop.zmqstream import ZMQStream
        from zmq.auth.thread import ThreadAuthenticator
        from zmq.constants import PUB
        from zmq.decorators import context, socket
        from zmq.error import Again
        from zmq.sugar.socket import Socket
        from zmq.utils.monitor import parse_monitor_message, recv_monitor_message

        @context()
        @socket(zmq.PUB)
        def count(ctx: zmq.Context, pub: Socket) -> int:
            pub.curve_publickey, pub.curve_secretkey = zmq.auth.load_certificate("me")
            recv_monitor_message(pub.get_monitor_socket())["endpoint"]
            ThreadAuthenticator(ctx).start()
            return zmq.constants.SUB

        assert_type(count(), int)
        assert_type(zmq.auth.load_certificate("me"), "tuple[bytes, bytes | None]")
        assert_type(ctzmq.auth.create_certificates(".", "me"), "tuple[str, str]")
        assert_type(ZMQStream(zmq.Context().socket(zmq.SUB)).socket, "zmq.Socket[bytes]")
        assert_type(parse_monitor_message([b"", b""])["value"], int)
        assert_type(zmq.has("curve"), bool)
        assert_type(zmq.zmq_version_info(), "tuple[int, int, int]")
        assert_type(zmq.curve_public(b""), bytes)
        assert_type(len(PUB.name), int)
        try:
            zmq.devices.ThreadDevice(zmq.QUEUE, zmq.ROUTER, zmq.DEALER).start()
        except Again as error:
            assert_type(error.strerror, str)
        """,
    "asynchronous": """
        from __future__ import annotations
        from typing import Any
        from typing_extensions import assert_type
        from asyncio import Future
        import zmq
        from zmq.asyncio import Context, Poller, Socket

        async def main() -> None:
            with Context() as ctx, ctx.socket(zmq.PULL) as pull:
                assert_type(ctx, Context)
                assert_type(pull, Socket)
            assert_type(Context.instance().socket(zmq.PULL), Socket)
            assert_type(Context.shadow(zmq.Context()), Context)
            assert_type(zmq.Context.shadow(ctx), zmq.Context)
            assert_type(Socket.shadow(zmq.Socket.shadow(pull)), Socket)
            assert_type(Socket.from_socket(zmq.Socket.shadow(pull)), Socket)
            with pull.bind("inproc://here") as bound:
                assert_type(bound, Socket)
            assert_type(pull.get_monitor_socket(), Socket)

            assert_type(await pull.recv(), bytes)
            assert_type(await pull.recv(zmq.NOBLOCK), bytes)
            assert_type(await pull.recv(copy=False), zmq.Frame)
            assert_type(await pull.recv_multipart(), "list[bytes]")
            assert_type(await pull.recv_multipart(copy=False), "list[zmq.Frame]")
            assert_type(await pull.recv(copy=bool(input())), "bytes | zmq.Frame")
            assert_type(
                await pull.recv_multipart(copy=bool(input())), "list[bytes] | list[zmq.Frame]"
            )
            assert_type(await pull.recv_string(), str)
            assert_type(await pull.recv_json(), Any)
            assert_type(await pull.recv_pyobj(), Any)
            assert_type(await pull.recv_serialized(lambda parts: len(parts[0])), int)
            assert_type(await pull.recv_into(bytearray(10)), int)
            assert_type(await pull.poll(10), int)
            assert_type(pull.recv().done(), bool)
            assert_type(pull.linger, int)

            assert_type(await pull.send(b"1", copy=False, track=True), zmq.MessageTracker)
            assert_type(pull.recv(), "Future[bytes]")
            assert_type(pull.recv_multipart(), "Future[list[bytes]]")
            assert_type(pull.poll(), "Future[int]")
            assert_type(pull.send(b"1"), "Future[None]")
            assert_type(pull.send_multipart([b"1"]), "Future[None]")
            tracking = bool(input())
            assert_type(
                await pull.send(b"1", copy=False, track=tracking), "zmq.MessageTracker | None"
            )
            assert_type(pull.get(zmq.LINGER), int)
            await pull.send(b"1")
            await pull.send_multipart([b"1"])
            await pull.send_string("1")
            await pull.send_json({})
            await pull.send_pyobj(pull)
            await pull.send_serialized("1", lambda text: [text.encode()])
            poller = Poller()
            poller.register(pull)
            assert_type(await poller.poll(10), "list[tuple[Any, int]]")
        """,
    "green": """
        from __future__ import annotations
        from typing_extensions import assert_type
        import ctzmq
        import ctzmq.green as eventlet_zmq
        import zmq.green as zmq
        from zmq.green import Context, Poller, Socket

        def unsaid(ctx: ctzmq.Context, socket: ctzmq.Socket) -> None: ...

        with Context() as ctx:
            assert_type(ctx.socket(zmq.REP), Socket)
        assert_type(zmq.Context.instance(), Context)
        rep = zmq.Context.instance().socket(zmq.REP)
        assert_type(rep, Socket)
        assert_type(rep.recv(), bytes)
        assert_type(rep.recv(copy=False), zmq.Frame)
        assert_type(rep.recv(copy=bool(input())), "bytes | zmq.Frame")
        assert_type(rep.get(zmq.ROUTING_ID), bytes)
        assert_type(rep.recv_multipart(), "list[bytes]")
        assert_type(rep.recv_string(), str)
        assert_type(rep.send(b"", copy=False, track=True), ctzmq.MessageTracker)
        assert_type(rep.poll(), int)
        assert_type(rep.linger, int)
        assert_type(len(zmq.REP.name), int)
        assert_type(zmq.proxy(rep, rep), int)
        unsaid(ctx, rep)
        assert_type(eventlet_zmq.Context().socket(eventlet_zmq.PUB), eventlet_zmq.Socket)
        assert_type(eventlet_zmq.zmq_version(), str)
        try:
            Poller().poll(1)
        except (zmq.Again, eventlet_zmq.ZMQError):
            pass
        """,
    "mistakes": """
        from __future__ import annotations
        import ctzmq.green
        import zmq
        import zmq.asyncio

        socket = zmq.Context().socket(zmq.PUSH)
        zmq.PUHS  # error: no attribute "PUHS"
        ctzmq.green.PUHS  # error: no attribute "PUHS"
        zmq.constants.PUHS  # error: no attribute "PUHS"
        socket.lingr  # error: no attribute "lingr"
        socket.linger = b"0"  # error: variable has type "int"
        socket.identity = "me"  # error: variable has type "bytes"
        socket.send("text")  # error: argument type "str"
        socket.send(5)  # error: argument type "int"
        socket.send(b"text").wait()  # error: "None" has no attribute "wait"
        socket.send_string(b"text")  # error: expected "str"
        socket.send_multipart(b"text")  # error: expected "Iterable[
        socket.send_multipart(["text"])  # error: expected "Buffer
        socket.recv().encode()  # error: "bytes" has no attribute "encode"
        socket.recv_into("text")  # error: expected "Buffer
        socket.bind(5555)  # error: expected "str | bytes"

        def blocking(ctx: zmq.Context, socket: zmq.Socket) -> bytes:
            return socket.recv()

        async def main() -> None:
            ctx = zmq.asyncio.Context()
            socket = ctx.socket(zmq.PULL)
            blocking(ctx, socket)  # error: expected "ctzmq.core.
            socket.recv().decode()  # error: "Future[bytes]" has no attribute "decode"
            await socket.send("text")  # error: argument type "str"
            blocking(zmq.Context(), zmq.Context().socket(zmq.PULL))
            await zmq.Context().socket(zmq.PULL).recv()  # error: Incompatible types in "await"
        """,
}

COMPLAINT = re.compile(r"(?P<program>\w+)\.py:(?P<line>\d+): error: (?P<text>.*)")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all the programs, and with `zmq`."""
    folder = tmp_path_factory.mktemp("types")
    for name, program in PROGRAMS.items():
        (folder / f"{name}.py").write_text(dedent(program), encoding="utf-8")
    with zipfile.ZipFile(shim.build(folder)) as wheel:
        wheel.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def output(folder: Path) -> str:
    """What mypy says of all the programs."""
    pytest.importorskip("mypy")
    # As if installed: nothing is said of ctzmq itself, nor of what it may find missing.
    sources = f",{ROOT}" if (ROOT / "pyproject.toml").exists() else ""
    settings = f"""
        [mypy]
        strict = True
        mypy_path = {folder}{sources}
        follow_imports = silent
        ignore_missing_imports = True
        cache_dir = {folder / "cache"}
        """
    (folder / "mypy.ini").write_text(dedent(settings), encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--hide-error-context"]
    done = subprocess.run(
        [*command, *(f"{name}.py" for name in PROGRAMS)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def faults(name: str) -> dict[int, str]:
    """Return, by line, what is to be said of a program."""
    return {
        number: line.partition("# error: ")[2]
        for number, line in enumerate(dedent(PROGRAMS[name]).splitlines(), 1)
        if "# error: " in line
    }


@pytest.mark.timeout(330)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_has_the_types_that_it_should(name: str, output: str) -> None:
    expected = faults(name)
    found = {
        int(match["line"]): match["text"]
        for match in map(COMPLAINT.match, output.splitlines())
        if match and match["program"] == name
    }
    assert found.keys() == expected.keys(), output
    for number, text in expected.items():
        assert text in found[number]


@pytest.mark.timeout(330)
def test_pyright_finds_fault_with_the_same_lines(folder: Path) -> None:
    pytest.importorskip("pyright")
    settings = {"extraPaths": [str(ROOT)], "include": [f"{name}.py" for name in PROGRAMS]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    said = json.loads(done.stdout)["generalDiagnostics"]
    found = {(Path(each["file"]).stem, each["range"]["start"]["line"] + 1) for each in said}
    assert found == {(name, line) for name in PROGRAMS for line in faults(name)}, done.stdout
