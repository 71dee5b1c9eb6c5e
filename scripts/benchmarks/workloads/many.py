"""One socket that has many peers, in one thread.

Nothing limits the queues: whoever does everything in one thread must not wait for itself, and a
publisher drops what is above the limit.
"""

from __future__ import annotations

from benchmarks.workloads.setup import Loop, Setup, turns, workload


@workload
def fan_out(setup: Setup) -> Loop:
    """Publish a message, receive it in every subscriber."""
    setup.queued = 0
    publisher = setup.socket("PUB")
    endpoint = setup.bind(publisher)
    subscribers = [setup.socket("SUB") for _ in range(setup.args["subscribers"])]
    for subscriber in subscribers:
        subscriber.setsockopt(setup.zmq.SUBSCRIBE, b"")
        subscriber.connect(endpoint)
    send, recvs, payload = publisher.send, [s.recv for s in subscribers], setup.payload
    for subscriber in subscribers:
        while not subscriber.poll(1):  # until it has told the publisher that it subscribes
            send(payload)
    for subscriber in subscribers:
        while subscriber.poll(0):
            subscriber.recv()

    def loop(count: int) -> None:
        for _ in range(count):
            send(payload)
            for recv in recvs:
                recv()

    return loop


@workload
def clients(setup: Setup) -> Loop:
    """Let many DEALERs ask, a ROUTER answer, and each receive its answer."""
    setup.queued = 0
    router = setup.socket("ROUTER")
    endpoint = setup.bind(router)
    dealers = [setup.socket("DEALER") for _ in range(setup.args["clients"])]
    for dealer in dealers:
        dealer.connect(endpoint)
    payload = setup.payload

    def loop(count: int) -> None:
        for asking in turns(count, len(dealers)):
            for dealer in dealers[:asking]:
                dealer.send(payload)
            for _ in range(asking):
                router.send_multipart(router.recv_multipart())
            for dealer in dealers[:asking]:
                dealer.recv()

    return loop
