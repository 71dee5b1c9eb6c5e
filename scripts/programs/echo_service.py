"""A tornado service echoes through ZMQStream what its clients send."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio

import zmq
from zmq.eventloop.zmqstream import ZMQStream

CLIENTS = 5
MESSAGES = 2000


async def client(context, endpoint, name):
    """Send numbered messages; return when each has come back, in order."""
    stream = ZMQStream(context.socket(zmq.DEALER))
    stream.connect(endpoint)
    done = asyncio.get_running_loop().create_future()
    answers = []

    def take(message):
        answers.append(message)
        if len(answers) == MESSAGES:
            done.set_result(None)

    stream.on_recv(take)
    expected = [[name, b"%d" % number] for number in range(MESSAGES)]
    for message in expected:
        stream.send_multipart(message)
    await asyncio.wait_for(done, 60)
    assert answers == expected
    stream.close()


async def main():
    """Serve all clients in one loop."""
    context = zmq.Context()
    service = ZMQStream(context.socket(zmq.ROUTER))
    port = service.bind_to_random_port("tcp://127.0.0.1")
    service.on_recv_stream(lambda stream, message: stream.send_multipart(message))
    clients = [
        client(context, f"tcp://127.0.0.1:{port}", b"client %d" % number)
        for number in range(CLIENTS)
    ]
    await asyncio.gather(*clients)
    service.close(linger=0)
    context.term()
    print(CLIENTS * MESSAGES, "messages came back")


if __name__ == "__main__":
    asyncio.run(main())
