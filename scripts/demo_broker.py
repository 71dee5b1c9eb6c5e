"""Hundreds of greenlets send files through a broker, to worker processes and back.

    500 clients --REQ/ROUTER--> broker --DEALER/REP--> workers

Each client is a greenlet with a socket of its own. It reads a source file of Python's standard
library, sends its name and content over TCP, waits for the answer, and takes the next. A worker,
which is a process with a blocking socket, answers with the number of lines and the SHA-256. The
broker is `zmq.proxy` in one more greenlet, and the greenlet that draws the progress bars shows
that all of them let others run while they wait.

In the end each answer is compared with a direct read of the file. One that is lost or that differs
makes the exit code 1.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, NamedTuple

from demo_options import FLAVOURS, parse
from demo_worker import examine
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ctzmq.libzmq import library_path

LOOPBACK = "tcp://127.0.0.1"
WORKER = Path(__file__).with_name("demo_worker.py")

#: How often the progress is drawn, in seconds.
TICK = 0.02

Findings = dict[str, list[tuple[int, str]]]


class DemoError(Exception):
    """The demo stood still, or something that it needs failed."""


class Outcome(NamedTuple):
    """What the clients were answered, and how long that took.

    How often the progress was drawn meanwhile, and the longest time in between; times in seconds.
    """

    found: Findings
    seconds: float
    drawn: int
    longest: float


# -- Worker processes ------------------------------------------------------------------------------


@contextmanager
def worker_processes(count: int, endpoint: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start workers; they leave at the end, at the latest when this process does."""
    command = [sys.executable, str(WORKER), endpoint]
    workers: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(count):
            # In a session of their own, so that Ctrl-C is this process's business only.
            workers.append(subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True))
        yield workers
    finally:
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.close()
        for worker in workers:
            try:
                worker.wait(5)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()


def see_that_all_work(workers: list[subprocess.Popen[bytes]]) -> None:
    """Raise DemoError when a worker has ended, which none does by itself."""
    for worker in workers:
        if worker.poll() is not None:
            raise DemoError(f"worker {worker.pid} ended with exit code {worker.returncode}")


# -- Greenlets -------------------------------------------------------------------------------------


class Demo:
    """The clients, the broker and the one that watches them, all of which are greenlets.

    Parameters
    ----------
    options : Namespace
        As `parse` returns it.
    names : list of str
        The files, relative to `options.root`.
    tell : callable
        Prints a line.
    """

    def __init__(
        self, options: argparse.Namespace, names: list[str], tell: Callable[[str], object]
    ) -> None:
        self.options, self.names, self.tell = options, names, tell
        self.library: Any = import_module(options.flavour)
        self.zmq: Any = import_module(FLAVOURS[options.flavour])
        self.found: Findings = {name: [] for name in names}
        self.answers = 0
        self.left = options.clients
        self.errors: list[Exception] = []
        self.interrupted = False

    def client(self, socket: Any, names: Iterator[str]) -> None:
        """Send one file after another, and note the answers."""
        try:
            for name in names:
                content = (self.options.root / name).read_bytes()
                socket.send_multipart([os.fsencode(name), content])
                answered, lines, sha256 = socket.recv_multipart()
                self.found[os.fsdecode(answered)].append((int(lines), sha256.decode()))
                self.answers += 1
        except Exception as error:
            self.errors.append(error)
        self.left -= 1

    def broker(self, frontend: Any, backend: Any) -> None:
        """Pass messages on until killed."""
        try:
            self.zmq.proxy(frontend, backend)
        except Exception as error:
            self.errors.append(error)

    def run(self, step: Callable[[int], object], draw: Callable[[], object]) -> Outcome:
        """Have all files travel, `options.rounds` times each.

        `step` is told the number of answers so far, and `draw` draws the progress. Raises DemoError
        when a worker or greenlet fails, or when nothing arrives for `options.timeout` seconds, and
        KeyboardInterrupt after Ctrl-C.
        """
        zmq, options = self.zmq, self.options
        with ExitStack() as stack:
            # Not an exception in whatever greenlet happens to run: `check` raises it. Who has
            # Ctrl-C ignored, such as a job in the background, goes on ignoring it.
            before = signal.getsignal(signal.SIGINT)
            if before is not signal.SIG_IGN:
                signal.signal(signal.SIGINT, self.interrupt)
                stack.callback(signal.signal, signal.SIGINT, before)
            context = stack.enter_context(zmq.Context())
            context.max_sockets = options.clients + 10
            context.linger = 0
            frontend = stack.enter_context(context.socket(zmq.ROUTER))
            backend = stack.enter_context(context.socket(zmq.DEALER))
            frontend.backlog = options.clients
            clients_at = f"{LOOPBACK}:{frontend.bind_to_random_port(LOOPBACK)}"
            arrivals = stack.enter_context(backend.get_monitor_socket(zmq.EVENT_ACCEPTED))
            stack.callback(backend.disable_monitor)
            workers_at = f"{LOOPBACK}:{backend.bind_to_random_port(LOOPBACK)}"
            workers = stack.enter_context(worker_processes(options.workers, workers_at))
            pids = ", ".join(str(worker.pid) for worker in workers)
            self.tell(f"{options.workers} worker processes: {pids}")
            self.await_workers(arrivals, workers)

            sockets = [stack.enter_context(context.socket(zmq.REQ)) for _ in range(options.clients)]
            for socket in sockets:
                socket.connect(clients_at)
            self.tell(
                f"{options.clients} greenlets of {options.flavour} send {len(self.names):,} files, "
                f"{options.rounds} times each"
            )
            greenlets: list[Any] = []
            stack.callback(lambda: [self.library.kill(greenlet) for greenlet in greenlets])
            names = (name for _ in range(options.rounds) for name in self.names)
            began = time.perf_counter()
            greenlets.append(self.library.spawn(self.broker, frontend, backend))
            greenlets += [self.library.spawn(self.client, socket, names) for socket in sockets]
            drawn, longest = self.watch(workers, step, draw)
            return Outcome(self.found, time.perf_counter() - began, drawn, longest)

    def await_workers(self, arrivals: Any, workers: list[subprocess.Popen[bytes]]) -> None:
        """Wait until all workers are connected, so that each gets its share from the start."""
        connected, began = 0, time.monotonic()
        while connected < len(workers):
            if arrivals.poll(100):
                arrivals.recv_multipart()
                connected += 1
            self.check(workers, began)

    def watch(
        self,
        workers: list[subprocess.Popen[bytes]],
        step: Callable[[int], object],
        draw: Callable[[], object],
    ) -> tuple[int, float]:
        """Draw the progress until all clients are done; return how often, and the longest gap."""
        drawn = moved = time.monotonic()
        answers, times, longest = 0, 0, 0.0
        while self.left:
            self.library.sleep(TICK)
            now = time.monotonic()
            longest, drawn, times = max(longest, now - drawn), now, times + 1
            if answers != self.answers:
                answers, moved = self.answers, now
            step(answers)
            draw()
            self.check(workers, moved)
        return times, longest

    def check(self, workers: list[subprocess.Popen[bytes]], moved: float) -> None:
        """Raise what went wrong elsewhere; `moved` is when something arrived for the last time."""
        if self.interrupted:
            raise KeyboardInterrupt
        for error in self.errors:
            raise DemoError(f"a greenlet failed: {error}") from error
        see_that_all_work(workers)
        if time.monotonic() > moved + self.options.timeout:
            raise DemoError(
                f"nothing arrived for {self.options.timeout} s; there were {self.answers:,} "
                f"of {self.options.rounds * len(self.names):,} answers"
            )

    def interrupt(self, *_: object) -> None:
        """Note that Ctrl-C was pressed."""
        self.interrupted = True


# -- The files -------------------------------------------------------------------------------------


def source_files(root: Path) -> list[str]:
    """Return the names, relative to `root`, of its .py files; installed packages don't count."""
    return sorted(
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if path.is_file() and not {"site-packages", "dist-packages"}.intersection(path.parts)
    )


def verify(
    root: Path, rounds: int, found: Findings, step: Callable[[], object]
) -> tuple[list[str], int]:
    """Compare the answers with a direct read; return the complaints and the bytes of all files."""
    complaints = []
    size = 0
    for name, findings in found.items():
        content = (root / name).read_bytes()
        size += len(content)
        expected = examine(content)
        wrong = [finding for finding in findings if finding != expected]
        if wrong:
            complaints.append(f"{name}: a worker said {wrong[0]}, but it is {expected}")
        elif len(findings) != rounds:
            complaints.append(f"{name}: {len(findings)} answers, not {rounds}")
        step()
    return complaints, size


# -- The command line ------------------------------------------------------------------------------


def allow_descriptors(count: int) -> None:
    """See that this process may open so many descriptors, or raise DemoError."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= count:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    except (ValueError, OSError):
        raise DemoError(
            f"so many clients need {count} descriptors, and this system allows {hard}; "
            "take fewer with --clients"
        ) from None


def demonstrate(options: argparse.Namespace, console: Console) -> int:
    """Run the demo; return the exit code."""
    names = source_files(options.root)[: options.files]
    if not names:
        raise DemoError(f"there are no .py files in {options.root}; name a folder with --root")
    # A client has a socket with one descriptor of its own, and both ends of its connection.
    allow_descriptors(3 * options.clients + 200)
    # eventlet warns of itself; who chose it knows.
    warnings.filterwarnings("ignore", r"\s*Eventlet is deprecated")

    columns = (TextColumn("{task.description:10}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console, auto_refresh=False) as progress:
        demo = Demo(options, names, lambda text: console.print(text, highlight=False))
        travelling = progress.add_task("travelling", total=options.rounds * len(names))
        outcome = demo.run(
            lambda answers: progress.update(travelling, completed=answers), progress.refresh
        )
        verifying = progress.add_task("verifying", total=len(names))
        complaints, size = verify(
            options.root, options.rounds, outcome.found, lambda: progress.advance(verifying)
        )
        progress.refresh()

    table = Table(show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    trips, longest = options.rounds * len(names), round(1000 * outcome.longest)
    verdict = f"[green]all {len(names):,} files verified"
    if complaints:
        verdict = f"[red]{len(complaints):,} of {len(names):,} files lost or different"
    for row in (
        ("library", f"libzmq {demo.zmq.zmq_version()}, {library_path()}"),
        ("flavour", f"{options.flavour} {metadata.version(options.flavour)}"),
        ("clients", f"{options.clients:,} greenlets, each with a TCP connection"),
        ("workers", f"{options.workers:,} processes"),
        ("files", f"{len(names):,}, {options.rounds} times each"),
        ("bytes", f"{options.rounds * size:,}"),
        ("answers", f"{trips:,} in {outcome.seconds:.2f} s, {trips / outcome.seconds:,.0f}/s"),
        ("progress", f"drawn {outcome.drawn:,} times meanwhile, at most {longest} ms apart"),
        ("result", verdict),
    ):
        table.add_row(*row)
    console.print(table)
    for complaint in complaints[:10]:
        console.print(complaint, markup=False)
    return 1 if complaints else 0


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; return the exit code."""
    options = parse(arguments)
    console = Console()
    try:
        return demonstrate(options, console)
    except DemoError as error:
        console.print(f"[red]failed:[/red] {error}")
        return 1
    except KeyboardInterrupt:
        console.print("[yellow]stopped[/yellow] by Ctrl-C; nothing is left running")
        return 130


if __name__ == "__main__":
    sys.exit(main())
