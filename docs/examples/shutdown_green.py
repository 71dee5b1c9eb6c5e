"""A server of greenlets that ends on SIGTERM, when what it was asked is answered."""

import os
import signal

import eventlet

import ctzmq.green as zmq


def job(question):
    """Do the work. In this demonstration SIGTERM comes in the middle of it."""
    os.kill(os.getpid(), signal.SIGTERM)
    eventlet.sleep(0.05)
    return b"done: " + question


def stop_signals():
    """Return a descriptor that becomes readable when SIGTERM or Ctrl-C comes.

    A hub that waits in the system does not look at what a signal handler has set. A byte in a pipe
    wakes it, and it can be polled for beside sockets.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    return reading


def serve(server, stop):
    """Answer until `stop` can be read, and leave no question half done."""
    poller = zmq.Poller()
    poller.register(stop, zmq.POLLIN)
    poller.register(server, zmq.POLLIN)
    while True:
        ready = dict(poller.poll())
        if server in ready:
            server.send(job(server.recv()))
        elif stop in ready:
            return


def ask(context, endpoint):
    """Be a client."""
    with context.socket(zmq.REQ) as client:
        client.connect(endpoint)
        client.send(b"a long job")
        print(client.recv().decode())


stop = stop_signals()
with zmq.Context() as context, context.socket(zmq.REP) as server:
    server.linger = 1000  # answers have a second to leave
    port = server.bind_to_random_port("tcp://127.0.0.1")
    asking = eventlet.spawn(ask, context, f"tcp://127.0.0.1:{port}")
    serve(server, stop)
    asking.wait()
print("ended")
