"""A supervisor that knows which workers are alive, by the heartbeats that they send."""

import threading
import time

import ctzmq as zmq

INTERVAL = 0.05  # seconds between two heartbeats; a second or more in earnest
PATIENCE = 4 * INTERVAL  # after such a silence a worker is taken for dead


def worker(context, endpoint, name, dies):
    """Send heartbeats from the loop that does the work, so that they stop if the work hangs."""
    with context.socket(zmq.DEALER) as socket:
        socket.routing_id = name.encode()
        socket.linger = 0
        socket.connect(endpoint)
        while not dies.wait(INTERVAL):
            socket.send(b"alive")


def supervise(socket):
    """Yield what changes: who is there, and who is there no more."""
    last_seen = {}
    while True:
        if socket.poll(1000 * INTERVAL):
            name = socket.recv_multipart()[0].decode()
            if name not in last_seen:
                yield f"{name} is there"
            last_seen[name] = time.monotonic()
        for name, seen in list(last_seen.items()):
            if time.monotonic() - seen > PATIENCE:
                del last_seen[name]
                yield f"{name} is gone"


with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
    port = socket.bind_to_random_port("tcp://127.0.0.1")
    dies = threading.Event()
    arguments = context, f"tcp://127.0.0.1:{port}", "worker-1", dies
    thread = threading.Thread(target=worker, args=arguments)
    thread.start()
    changes = supervise(socket)
    print(next(changes))
    dies.set()
    print(next(changes))
    thread.join()
