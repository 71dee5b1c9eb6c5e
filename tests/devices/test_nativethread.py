"""Devices in programs where a library makes greenlets of threads."""

from __future__ import annotations

import subprocess
from typing import Callable

import pytest

PROGRAM = """
import warnings
warnings.simplefilter("ignore")
{patch}
from {flavour} import spawn
import {module} as zmq
from ctzmq.devices import ThreadProxy

device = ThreadProxy(zmq.PULL, zmq.PUSH)
ends = ["tcp://127.0.0.1:%d" % bind("tcp://127.0.0.1")
        for bind in (device.bind_in_to_random_port, device.bind_out_to_random_port)]
device.start()
with zmq.Context() as context:
    push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
    push.connect(ends[0])
    pull.connect(ends[1])
    push.send(b"through")
    print(pull.recv(), device.launcher.is_alive(), device.done)
    context.destroy(0)
device.join(0.001)
print(device.done)

def end():
    device.context_factory().term()

spawn(end)
device.join()
print(device.launcher.is_alive(), device.done)
"""

PATCHES = {
    "eventlet": ("import eventlet; eventlet.monkey_patch()", "ctzmq.green"),
    "gevent": ("import gevent.monkey; gevent.monkey.patch_all()", "ctzmq.green.gevent"),
}


@pytest.mark.parametrize("flavour", PATCHES)
def test_a_device_in_a_thread_leaves_the_greenlets_of_a_patched_program_alone(
    child: Callable[..., subprocess.CompletedProcess[str]], flavour: str
) -> None:
    pytest.importorskip(flavour)
    patch, module = PATCHES[flavour]
    done = child(PROGRAM.format(patch=patch, flavour=flavour, module=module))
    assert done.stdout == "b'through' True False\nFalse\nFalse True\n", done.stderr
    assert done.stderr == ""
