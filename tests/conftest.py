"""What every test can use: a context that always ends, sockets that never wait long, children."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any, Callable

import pytest

import ctzmq as zmq
from ctzmq.green import engine
from ctzmq.green.flavour import GreenContext
from ctzmq.libzmq import loader
from ctzmq.libzmq.provider import calls

sys.path.insert(0, os.fspath(Path(__file__).resolve().parents[1] / "scripts"))

pytest_plugins = ["stress.loops"]

#: How long anything may take that should happen at once, in milliseconds.
PATIENCE = 10_000

#: Tests that are run only when their marker is asked for with `-m`.
OPTIONAL = {
    "large": "needs several GB of memory",
    "valgrind": "runs for a minute under valgrind, where that is installed",
}


def pytest_configure(config: pytest.Config) -> None:
    for name, reason in OPTIONAL.items():
        config.addinivalue_line("markers", f"{name}: {reason}; run only with -m {name}")
    config.addinivalue_line("markers", "blocking(reason): run with blocking sockets only")
    config.addinivalue_line(
        "markers", "libzmq(major, minor, ...): needs this libzmq or a newer one"
    )
    # Whoever starts a run may have Ctrl-C ignored; the programs that tests run must get it.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    asked = config.option.markexpr
    for item in items:
        for name, reason in OPTIONAL.items():
            if item.get_closest_marker(name) and name not in asked:
                item.add_marker(pytest.mark.skip(reason=f"{reason}: ask with -m {name}"))
        for needed in item.iter_markers("libzmq"):
            if loader.load().version < needed.args:
                version = ".".join(map(str, needed.args))
                item.add_marker(pytest.mark.skip(reason=f"needs libzmq {version}"))


def pytest_collection_finish() -> None:
    if hypothesis := sys.modules.get("hypothesis"):
        # An example takes long when others keep the processor busy.
        hypothesis.settings.register_profile("patient", deadline=None)
        hypothesis.settings.load_profile("patient")
    # Tests collect garbage again and again, which takes longer the more tests there are.
    if hasattr(gc, "freeze"):
        gc.collect()
        gc.freeze()


def pytest_report_header() -> str:
    library = loader.load()
    version = ".".join(map(str, library.version))
    return f"libzmq {version} at {library.path}, calls by {calls.NAME}"


@pytest.fixture(scope="session", autouse=True)
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have libzmq put the files of "ipc://*", which a killed process leaves behind, elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("ipc")))
        yield


@pytest.fixture(autouse=True)
def rested() -> None:
    """Let no greenlet of a short test rest because of the calls of those before."""
    engine._turns = repeat(None, engine.TURNS)


def end(context: zmq.Context) -> None:
    """Close all sockets of a context and terminate it; a context that does not end is an error."""
    if isinstance(context, GreenContext):
        # It ends in the hub of this thread, where the time limit of each test reaches it.
        context.destroy(0)
        return
    thread = threading.Thread(target=context.destroy, args=(0,), daemon=True)
    thread.start()
    thread.join(PATIENCE / 1000)
    if thread.is_alive():
        pytest.fail(f"{context!r} does not end: is a socket of it left open?")


@pytest.fixture
def flavour() -> Any:
    """The kind of sockets that a test is about; its `zmq` is the module that has them."""
    return SimpleNamespace(name="blocking", zmq=zmq, sleep=time.sleep)


@pytest.fixture
def context(flavour: Any) -> Iterator[zmq.Context]:
    """A context whose sockets are closed after the test, without linger, before it is ended."""
    context: zmq.Context = flavour.zmq.Context()
    yield context
    end(context)


@pytest.fixture
def socket(context: zmq.Context) -> Iterator[Callable[..., zmq.Socket]]:
    """Make a socket: `socket(type, **options)`. It gives up after 10 s unless told otherwise."""
    kept = []  # a test that ends lets go of its sockets, and an open one warns when it is collected

    def make(socket_type: int, **options: Any) -> zmq.Socket:
        socket = context.socket(socket_type)
        kept.append(socket)
        defaults = {"linger": 0, "rcvtimeo": PATIENCE, "sndtimeo": PATIENCE}
        for name, value in {**defaults, **options}.items():
            setattr(socket, name, value)
        return socket

    yield make
    for socket in kept:
        socket.close(0)


@pytest.fixture
def pair(
    socket: Callable[..., zmq.Socket], tmp_path: Path
) -> Callable[..., tuple[zmq.Socket, zmq.Socket]]:
    """Make two connected sockets: `pair(type_a, type_b, transport="inproc", **options)`.

    The first is bound, the second connects; the transport is "inproc", "ipc" or "tcp".
    """
    number = 0

    def make(
        type_a: int, type_b: int, transport: str = "inproc", **options: Any
    ) -> tuple[zmq.Socket, zmq.Socket]:
        nonlocal number
        number += 1
        endpoint = {
            "inproc": f"inproc://pair-{number}",
            "ipc": f"ipc://{tmp_path / str(number)}",
            "tcp": "tcp://127.0.0.1:*",
        }[transport]
        a, b = socket(type_a, **options), socket(type_b, **options)
        a.bind(endpoint)
        if transport == "inproc":
            b.connect(endpoint)
            return a, b
        with b.get_monitor_socket(zmq.Event.CONNECTED) as monitor:
            b.connect(a.last_endpoint.decode())
            assert monitor.poll(PATIENCE), "the sockets did not connect"
            b.disable_monitor()
        return a, b

    return make


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Wait until a condition holds, collecting garbage meanwhile: `eventually(condition)`."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE / 1000
        while not condition():
            assert time.monotonic() < deadline, "it did not happen"
            gc.collect()
            time.sleep(0.001)

    return wait


@pytest.fixture
def child() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program in another process: `child(source, *options, **environment)`.

    The options are Python's own, such as "-X", "dev". A program that takes 30 s has failed.
    """

    def run(source: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *options, "-c", textwrap.dedent(source)],
            capture_output=True,
            text=True,
            timeout=30,
            env={**os.environ, **environment},
            check=False,
        )

    return run


@pytest.fixture
def interruptions() -> Callable[..., bool]:
    """Do what a signal handler does, in the middle of a call: `interruptions(call, handler)`.

    The handler is called before one instruction of ctzmq's, the next one each time, or `stride`
    further on; False is returned once the call is over before that. An exception of the handler's
    leaves the call.
    """
    due = 0
    # PyPy tells of lines only.
    step = "opcode" if sys.implementation.name == "cpython" else "line"

    def interrupt(
        call: Callable[[], object], handler: Callable[[], object], stride: int = 1
    ) -> bool:
        nonlocal due
        due += stride
        passed = 0

        def trace(frame: FrameType, event: str, argument: object) -> Any:
            nonlocal passed
            if not frame.f_globals.get("__name__", "").startswith("ctzmq."):
                return None
            frame.f_trace_opcodes = True
            if event == step:
                passed += 1
                if passed == due:
                    handler()
            return trace

        before = sys.gettrace()
        # CPython 3.12 tells of opcodes only if a frame has asked for them before tracing begins.
        sys._getframe().f_trace_opcodes = True
        # The handler is not to interrupt a finalizer of what an earlier test has left.
        gc.disable()
        sys.settrace(trace)
        try:
            call()
        finally:
            sys.settrace(before)
            gc.enable()
        return passed >= due

    return interrupt
