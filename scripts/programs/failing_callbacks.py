"""A ZMQStream service goes on serving although callbacks of its raise, and one closes its stream.

pyzmq's stream does not pass: if a callback raises while another message is waiting, it takes none
any more.
"""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import logging

import zmq
from zmq.eventloop.zmqstream import ZMQStream

CLIENTS = 4
REQUESTS = 300
PATIENCE = 20


class Failure(Exception):
    """What a callback raises for a request that it does not understand."""


class Service:
    """Answers its clients; raises for every fifth request, and after some answers."""

    def __init__(self, context):
        self.stream = ZMQStream(context.socket(zmq.ROUTER))
        self.port = self.stream.bind_to_random_port("tcp://127.0.0.1")
        self.stream.on_recv(self.take)
        self.stream.on_send(self.sent)
        self.failures = 0

    def take(self, message):
        """Answer a request, or raise."""
        identity, request = message
        if request.endswith(b"0"):
            self.failures += 1
            raise Failure(request)
        self.stream.send_multipart([identity, request])
        if request.endswith(b"5"):
            self.failures += 1
            self.stream.on_recv(self.take)
            raise Failure(request)

    def sent(self, message, status):
        """Raise after some answers were sent."""
        if message[1].endswith(b"7"):
            self.failures += 1
            raise Failure(message[1])


async def client(context, port, name):
    """Send requests; return when all that the service understands have been answered, in order."""
    stream = ZMQStream(context.socket(zmq.DEALER))
    stream.connect(f"tcp://127.0.0.1:{port}")
    requests = [b"%s %d" % (name, number) for number in range(REQUESTS)]
    expected = [[request] for request in requests if not request.endswith(b"0")]
    answers = []
    done = asyncio.Event()

    def take(message):
        answers.append(message)
        if len(answers) == len(expected):
            done.set()
        if len(answers) % 10 == 0:
            raise Failure(message)

    stream.on_recv(take)
    for request in requests:
        stream.send(request)
    await done.wait()
    assert answers == expected
    stream.close()


async def closing(context):
    """A callback that closes its stream and then raises is not called again."""
    left, right = context.socket(zmq.PAIR), ZMQStream(context.socket(zmq.PAIR))
    port = left.bind_to_random_port("tcp://127.0.0.1")
    right.connect(f"tcp://127.0.0.1:{port}")
    messages = []
    done = asyncio.Event()

    def take(message):
        messages.append(message)
        done.set()
        right.close(linger=0)
        raise Failure(message)

    right.on_recv(take)
    left.send(b"first")
    left.send(b"second")
    await asyncio.wait_for(done.wait(), PATIENCE)
    await asyncio.sleep(0)
    assert messages == [[b"first"]]
    assert right.closed()
    left.close(linger=0)


async def main():
    """Serve clients in one loop."""
    for logger in ("tornado.general", "tornado.application", "asyncio"):
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    reported = []
    asyncio.get_running_loop().set_exception_handler(
        lambda loop, report: reported.append(report.get("exception"))
    )
    context = zmq.Context()
    service = Service(context)
    clients = [client(context, service.port, b"%d:" % number) for number in range(CLIENTS)]
    await asyncio.wait_for(asyncio.gather(*clients), PATIENCE)
    assert service.failures == CLIENTS * 3 * REQUESTS // 10, service.failures
    await closing(context)
    service.stream.close(linger=0)
    context.term()
    assert all(isinstance(problem, Failure) for problem in reported), reported
    print("served", CLIENTS * REQUESTS, "requests while", service.failures, "callbacks raised")


if __name__ == "__main__":
    asyncio.run(main())
