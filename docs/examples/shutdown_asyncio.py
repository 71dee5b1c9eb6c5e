"""An asyncio server that ends on SIGTERM, when what it was asked is answered."""

import asyncio
import os
import signal

import ctzmq as zmq
from ctzmq.asyncio import Context


async def job(question):
    """Do the work. In this demonstration SIGTERM comes in the middle of it."""
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(0.05)
    return b"done: " + question


async def serve(server, stop):
    """Answer until `stop` is set, and leave no question half done."""
    stopped = asyncio.ensure_future(stop.wait())
    while not stop.is_set():
        asked = server.recv()  # a Future
        await asyncio.wait([asked, stopped], return_when=asyncio.FIRST_COMPLETED)
        if not asked.done():
            asked.cancel()  # it has taken no message
            break
        await server.send(await job(asked.result()))
    stopped.cancel()


async def ask(endpoint):
    """Be a client."""
    with Context() as context, context.socket(zmq.REQ) as client:
        client.connect(endpoint)
        await client.send(b"a long job")
        print((await client.recv()).decode())


async def main():
    """Serve until SIGTERM or Ctrl-C."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with Context() as context, context.socket(zmq.REP) as server:
        server.linger = 1000  # answers have a second to leave
        port = server.bind_to_random_port("tcp://127.0.0.1")
        asking = asyncio.create_task(ask(f"tcp://127.0.0.1:{port}"))
        await serve(server, stop)
        await asking
    print("ended")


asyncio.run(main())
