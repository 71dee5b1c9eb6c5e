"""A program whose greenlets talk through sockets, for either library."""

from __future__ import annotations

import subprocess
from typing import Callable

Child = Callable[..., "subprocess.CompletedProcess[str]"]

PROGRAM = """
import warnings
warnings.filterwarnings("ignore", r"\\s*Eventlet is deprecated")
import {library}
{first}
import {flavour} as zmq

context = zmq.Context()
a, b = context.socket(zmq.REP), context.socket(zmq.REQ)
a.bind("tcp://127.0.0.1:*")
b.connect(a.last_endpoint)

def serve():
    for _ in range(50):
        a.send(a.recv() * 2)

def beat():
    global beats
    while True:
        {library}.sleep(0.001)
        beats += 1

beats = 0
server, heart = {library}.spawn(serve), {library}.spawn(beat)
for number in range(50):
    b.send(b"%d" % number)
    assert b.recv() == b"%d" % number * 2
server.{wait}()
with {library}.Timeout(0.05, False):
    a.recv()
assert beats
heart.kill()
{last}
a.close(0)
b.close(0)
context.term()
print("done")
"""

NAMES = {
    "eventlet": {"flavour": "ctzmq.green", "wait": "wait"},
    "gevent": {"flavour": "ctzmq.green.gevent", "wait": "get"},
}


def run(child: Child, library: str, first: str = "", last: str = "", **environment: str) -> None:
    """Run it, with some lines before its sockets are imported and some before they are closed."""
    program = PROGRAM.format(first=first, last=last, library=library, **NAMES[library])
    done = child(program, **environment)
    assert done.stdout == "done\n", done.stderr
    assert done.stderr == ""
