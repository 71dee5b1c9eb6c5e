"""Projects that use pyzmq, whose own tests run with ctzmq in its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

ASYNCIO = ("-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function")


class Project(NamedTuple):
    """A project, and how its own tests are run."""

    tests: tuple[str, ...]
    """What pytest is to run: files and folders."""

    taken: tuple[str, ...] = ()
    """What the tests need of the source distribution; nothing if the wheel has them."""

    options: tuple[str, ...] = ()
    """Options of pytest."""

    needs: tuple[str, ...] = ()
    """Packages that the tests need beside the project."""

    where: str = ""
    """On which interpreters: a marker as in requirements."""

    timeout: float = 300
    """Seconds until it is stopped."""

    deselected: Mapping[str, str] = {}
    """Tests that are not run, and why."""


PROJECTS: dict[str, Project] = {
    "aiozmq": Project(
        tests=("tests",),
        taken=("tests/",),
        options=("-p", "no:asyncio", "-o", "python_files=*_test.py"),
        needs=("msgpack",),
        deselected={"tests/rpc_test.py": "uses asyncio.coroutine, which Python 3.11 has no more"},
    ),
    "bluesky": Project(
        tests=("bluesky/tests/test_zmq.py", "bluesky/tests/test_zmq_proxy_cli.py"),
        needs=("matplotlib", "multiprocess", "ophyd", "pytest-mock"),
        where="python_version >= '3.10'",
    ),
    "eventlet": Project(tests=("tests/zmq_test.py",), taken=("tests/",), timeout=120),
    "ipyparallel": Project(
        tests=tuple(
            f"ipyparallel/tests/test_{name}.py"
            for name in (
                "async",
                "asyncresult",
                "client",
                "dependency",
                "executor",
                "lbview",
                "remotefunction",
                "serialize",
                "view",
            )
        ),
        options=ASYNCIO,
        needs=("testpath",),
        where="python_version >= '3.10'",
        timeout=900,
    ),
    "jupyter_server": Project(
        tests=tuple(
            f"tests/services/kernels/test_{name}.py"
            for name in ("api", "connection", "execution_state", "transport_encryption")
        ),
        taken=("tests/",),
        options=("-p", "no:asyncio"),
        needs=("flaky", "pytest-console-scripts", "pytest-jupyter[server]", "requests"),
        where="python_version >= '3.10'",
    ),
    "pyleco": Project(tests=("tests",), taken=("tests/",)),
    "zeroapi": Project(
        tests=("tests",), taken=("tests/",), options=ASYNCIO, needs=("pydantic", "pyjwt", "uvloop")
    ),
}
