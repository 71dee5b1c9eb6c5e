"""An asyncio service that works at a few jobs at once, and makes senders wait when it is full."""

import asyncio

import ctzmq as zmq
from ctzmq.asyncio import Context

AT_ONCE = 4  # jobs that are worked at
WAITING = 10  # jobs that wait in the service's socket; the rest waits with those who send


class Service:
    """Take a job only when there is a place for it."""

    def __init__(self, socket):
        self.socket = socket
        self.places = asyncio.Semaphore(AT_ONCE)
        self.running = set()
        self.most = self.done = 0

    async def run(self):
        """Serve until cancelled."""
        while True:
            await self.places.acquire()  # first a place, then a message
            job = await self.socket.recv()
            task = asyncio.create_task(self.work(job))
            self.running.add(task)
            task.add_done_callback(self.leave)
            self.most = max(self.most, len(self.running))

    def leave(self, task):
        """Make room; an error in a job is told of and does not end the service."""
        self.running.discard(task)
        self.places.release()
        self.done += 1
        if not task.cancelled() and task.exception():
            print("a job failed:", task.exception())

    async def work(self, job):
        """Do one job."""
        await asyncio.sleep(0.002)
        if job == b"13":
            raise ValueError("13 brings bad luck")


async def main():
    """Send a hundred jobs as fast as the service takes them."""
    with Context() as context, context.socket(zmq.PULL) as pull, context.socket(zmq.PUSH) as push:
        pull.rcvhwm = WAITING  # before the socket binds or connects
        push.sndhwm = WAITING
        port = pull.bind_to_random_port("tcp://127.0.0.1")
        push.connect(f"tcp://127.0.0.1:{port}")
        service = Service(pull)
        serving = asyncio.create_task(service.run())
        for number in range(100):
            await push.send(b"%d" % number)  # waits while both queues are full
        while service.done < 100:
            await asyncio.sleep(0.01)
        serving.cancel()
        print(f"{service.done} jobs, {service.most} at once")


asyncio.run(main())
