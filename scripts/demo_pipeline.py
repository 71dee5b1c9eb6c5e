"""A pipeline over TCP: files travel to worker processes, and what these find travels to a sink.

    ventilator --PUSH/PULL--> workers --PUSH/PULL--> sink

The ventilator sends the name and the content of every source file of Python's standard library.
A worker counts the lines and computes the SHA-256 of what it gets. The sink, which is this
process, collects the findings and compares each with a direct read of the file. A file that is
lost or that differs makes the exit code 1.

Nobody sleeps and nobody guesses ports. Every process reports to the sink with a REQ socket, the
workers with the random port they bound. When all have reported, the sink answers the ventilator
with the workers' endpoints, and that starts the work. It answers the workers when all is found,
and that lets them leave.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

import ctzmq as zmq
from ctzmq.libzmq import library_path

LOOPBACK = "tcp://127.0.0.1"


class PipelineError(Exception):
    """The pipeline stood still, or one of its processes failed."""


class Finding(NamedTuple):
    """What a worker, or a direct read, says of one file."""

    lines: int
    sha256: str


def examine(content: bytes) -> Finding:
    """Count the lines of a file's content and compute its SHA-256."""
    return Finding(len(content.splitlines()), hashlib.sha256(content).hexdigest())


# The two roles that run in processes of their own. Time-outs are in milliseconds.


@contextmanager
def impatient_sockets(timeout: int, *kinds: int) -> Iterator[list[zmq.Socket]]:
    """Give sockets of these types that raise zmq.Again rather than wait longer than `timeout`."""
    with zmq.Context() as context, ExitStack() as stack:
        context.linger = context.rcvtimeo = context.sndtimeo = timeout
        yield [stack.enter_context(context.socket(kind)) for kind in kinds]


def ventilator(reports_at: str, timeout: int, root: Path, names: list[str]) -> None:
    """Send each file as two parts, name and content, to the workers in turn."""
    with impatient_sockets(timeout, zmq.REQ, zmq.PUSH) as (report, tasks):
        report.connect(reports_at)
        report.send(b"ready")
        for endpoint in report.recv_multipart():
            tasks.connect(endpoint.decode())
        for name in names:
            tasks.send_multipart([os.fsencode(name), (root / name).read_bytes()])


def worker(reports_at: str, timeout: int, findings_at: str) -> None:
    """Examine files until the sink answers this worker's report."""
    with impatient_sockets(timeout, zmq.REQ, zmq.PULL, zmq.PUSH) as (report, tasks, findings):
        port = tasks.bind_to_random_port(LOOPBACK)
        findings.connect(findings_at)
        report.connect(reports_at)
        report.send_string(f"{LOOPBACK}:{port}")

        poller = zmq.Poller()
        poller.register(tasks, zmq.POLLIN)
        poller.register(report, zmq.POLLIN)
        while True:
            ready = dict(poller.poll(timeout))
            if tasks in ready:
                name, content = tasks.recv_multipart()
                lines, sha256 = examine(content)
                findings.send_multipart([name, str(lines).encode(), sha256.encode()])
            elif report in ready:
                return
            else:
                sys.exit(f"a worker got nothing to do for {timeout / 1000:g} s")


# The sink's side.


def start(role: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Run a role in a fresh process, which ends with this one at the latest."""
    process = multiprocessing.get_context("spawn").Process(
        target=role, args=arguments, name=role.__name__, daemon=True
    )
    process.start()
    return process


def run_pipeline(
    root: Path, names: list[str], workers: int, timeout: int, step: Callable[[], object]
) -> tuple[dict[str, Finding], float]:
    """Send all files through the pipeline; return the findings by name, and the seconds it took.

    `step` is called after each finding. Raises PipelineError when a process fails, or when
    nothing arrives for `timeout` milliseconds.
    """
    found: dict[str, Finding] = {}
    processes: list[BaseProcess] = []
    with impatient_sockets(timeout, zmq.ROUTER, zmq.PULL) as (reports, findings):
        reports_at = f"{LOOPBACK}:{reports.bind_to_random_port(LOOPBACK)}"
        findings_at = f"{LOOPBACK}:{findings.bind_to_random_port(LOOPBACK)}"
        try:
            for _ in range(workers):
                processes.append(start(worker, reports_at, timeout, findings_at))
            waiting = [reports.recv_multipart() for _ in range(workers)]
            endpoints = [endpoint for _, _, endpoint in waiting]

            processes.append(start(ventilator, reports_at, timeout, root, names))
            identity, empty, _ = reports.recv_multipart()
            began = time.perf_counter()
            reports.send_multipart([identity, empty, *endpoints])
            for _ in names:
                name, lines, sha256 = findings.recv_multipart()
                found[os.fsdecode(name)] = Finding(int(lines), sha256.decode())
                step()
            seconds = time.perf_counter() - began

            for identity, empty, _ in waiting:
                reports.send_multipart([identity, empty, b"done"])
            for process in processes:
                process.join(timeout / 1000)
                if process.exitcode != 0:
                    raise PipelineError(f"a {process.name} ended with {process.exitcode}")
        except zmq.Again:
            raise PipelineError(
                f"nothing arrived for {timeout / 1000:g} s; "
                f"{len(found)} of {len(names)} files were done"
            ) from None
        finally:
            for process in processes:
                process.terminate()
    return found, seconds


def verify(
    root: Path, names: list[str], found: dict[str, Finding], step: Callable[[], object]
) -> tuple[list[str], int]:
    """Compare the findings with a direct read; return the complaints and the bytes read."""
    complaints = [f"{name}: nobody asked for it" for name in sorted(found.keys() - set(names))]
    size = 0
    for name in names:
        content = (root / name).read_bytes()
        size += len(content)
        expected = examine(content)
        if name not in found:
            complaints.append(f"{name}: lost")
        elif found[name] != expected:
            complaints.append(f"{name}: a worker said {found[name]}, but it is {expected}")
        step()
    return complaints, size


def source_files(root: Path) -> list[str]:
    """Return the names, relative to `root`, of its .py files; installed packages don't count."""
    return sorted(
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if path.is_file() and not {"site-packages", "dist-packages"}.intersection(path.parts)
    )


def positive(text: str) -> int:
    """Read an option's value that has to be 1 or more."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Send Python's source files through a pipeline.")
    parser.add_argument("--workers", type=positive, default=2, help="worker processes (default 2)")
    parser.add_argument("--files", type=positive, help="at most so many files (default: all)")
    parser.add_argument(
        "--root",
        type=Path,
        default=Path(sysconfig.get_path("stdlib")),
        help="folder with the .py files (default: the standard library)",
    )
    parser.add_argument(
        "--timeout", type=positive, default=30, help="seconds until standstill is an error"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; return the exit code."""
    options = parse(arguments)
    console = Console()
    names = source_files(options.root)[: options.files]
    if not names:
        console.print(f"there are no .py files in {options.root}; name another folder with --root")
        return 1

    columns = (TextColumn("{task.description:10}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:

        def bar(title: str) -> Callable[[], object]:
            task = progress.add_task(title, total=len(names))
            return lambda: progress.advance(task)

        try:
            found, seconds = run_pipeline(
                options.root, names, options.workers, options.timeout * 1000, bar("travelling")
            )
        except PipelineError as error:
            progress.console.print(f"[red]failed:[/red] {error}")
            return 1
        complaints, size = verify(options.root, names, found, bar("verifying"))

    table = Table(show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    messages = 2 * len(names)
    verdict = f"[green]all {len(names):,} files verified"
    if complaints:
        verdict = f"[red]{len(complaints):,} of {len(names):,} files lost or different"
    for row in (
        ("library", library_path()),
        ("version", zmq.zmq_version()),
        ("workers", f"{options.workers}"),
        ("files", f"{len(names):,}"),
        ("bytes", f"{size:,}"),
        ("messages", f"{messages:,} in {seconds:.2f} s"),
        ("messages/s", f"{messages / seconds:,.0f}"),
        ("result", verdict),
    ):
        table.add_row(*row)
    console.print(table)
    for complaint in complaints[:10]:
        console.print(complaint, markup=False)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
