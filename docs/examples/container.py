"""A service for a container: it needs no root, no home and no file of its own, and obeys SIGTERM.

`container.py serve` serves; `container.py check` asks the service if it is well, for a HEALTHCHECK.
"""

import os
import signal
import sys
import tempfile
import threading

import ctzmq as zmq

ENDPOINT = os.environ.get("ENDPOINT", "tcp://127.0.0.1:5555")


def stop_signals():
    """Return a descriptor that becomes readable when SIGTERM comes.

    The first process of a container gets no SIGTERM for which it has no handler.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    return reading


def serve(endpoint):
    """Answer until SIGTERM."""
    stop = stop_signals()
    with zmq.Context() as context, context.socket(zmq.REP) as server:
        server.linger = 1000
        server.bind(endpoint)
        poller = zmq.Poller()
        poller.register(stop, zmq.POLLIN)
        poller.register(server, zmq.POLLIN)
        while True:
            ready = dict(poller.poll())
            if server in ready:
                server.send(b"well: " + server.recv())
            elif stop in ready:
                break
    print("ended", flush=True)


def check(endpoint, patience=2000):
    """Return the exit code that a HEALTHCHECK wants."""
    with zmq.Context() as context, context.socket(zmq.REQ) as client:
        client.linger = 0
        client.rcvtimeo = patience
        client.connect(endpoint)
        client.send(b"are you?")
        try:
            print(client.recv().decode(), flush=True)
        except zmq.Again:
            return 1
    return 0


def demonstrate(endpoint):
    """Serve, be asked, and be ended, all in one process."""

    def ask_and_end():
        check(endpoint)
        os.kill(os.getpid(), signal.SIGTERM)

    asking = threading.Thread(target=ask_and_end)
    asking.start()
    serve(endpoint)
    asking.join()


if sys.argv[1:] == ["check"]:
    sys.exit(check(ENDPOINT))
if sys.argv[1:] == ["serve"]:
    serve(ENDPOINT)
else:
    with tempfile.TemporaryDirectory() as folder:
        demonstrate(f"ipc://{folder}/service")
