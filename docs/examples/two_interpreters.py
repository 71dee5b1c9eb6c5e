"""Two interpreters of one process, each with a GIL of its own, talk over inproc.

It needs CPython 3.13 or newer. Both use one libzmq context: the second gets its address.
"""

from __future__ import annotations

import sys
import threading

import ctzmq as zmq

if sys.version_info >= (3, 14):
    from concurrent import interpreters
else:
    import _interpreters

WORKER = """
import ctzmq as zmq

context = zmq.Context.shadow({address})
with context.socket(zmq.REP) as server:
    server.connect("inproc://work")
    for _ in range(3):
        number = server.recv_json()
        server.send_json(sum(range(number)))
"""


def run_elsewhere(source: str) -> None:
    """Run Python source in a new interpreter with its own GIL."""
    if sys.version_info >= (3, 14):
        interpreter = interpreters.create()
        interpreter.exec(source)
        interpreter.close()
        return
    identity = _interpreters.create("isolated")
    error = _interpreters.run_string(identity, source)
    _interpreters.destroy(identity)
    if error is not None:
        raise RuntimeError(error.formatted)


def main() -> None:
    """Send three numbers to a worker in another interpreter, and print what it sends back."""
    with zmq.Context() as context, context.socket(zmq.REQ) as client:
        client.bind("inproc://work")
        source = WORKER.format(address=context.underlying)
        worker = threading.Thread(target=run_elsewhere, args=(source,))
        worker.start()
        for number in (10, 1000, 100_000):
            client.send_json(number)
            print(number, client.recv_json())
        worker.join()


if __name__ == "__main__":
    main()
