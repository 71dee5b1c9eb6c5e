"""Every messaging pattern, with ctzmq at one end and pyzmq at the other."""

from __future__ import annotations

import time
from typing import Any

import pytest

import ctzmq as zmq

from .conftest import Link, address
from .sides import PATIENCE, SOCKET_PATIENCE, Side, failure


def join(publisher: Any, subscriber: Any) -> None:
    """Publish until the subscriber hears it: its subscription takes a while to arrive."""
    deadline = time.monotonic() + PATIENCE
    count = 0
    while not subscriber.poll(10):
        assert time.monotonic() < deadline, "the subscription never arrived"
        count += 1
        publisher.send(b"join %d" % count)
    last = b"join %d" % count
    while subscriber.recv() != last:
        pass


@pytest.mark.parametrize("who_replies", ["the bound", "the connected"])
def test_request_and_reply(link: Link, who_replies: str) -> None:
    if who_replies == "the bound":
        server, client = link.pair(zmq.REP, zmq.REQ)
    else:
        client, server = link.pair(zmq.REQ, zmq.REP)
    for number in range(3):
        client.send(b"question %d" % number)
        assert server.recv() == b"question %d" % number
        server.send_multipart([b"answer", b"%d" % number])
        assert client.recv_multipart() == [b"answer", b"%d" % number]


def test_a_request_out_of_turn_is_refused_alike(link: Link) -> None:
    server, client = link.pair(zmq.REP, zmq.REQ)
    assert failure(lambda: server.send(b"too soon")) == ("ZMQError", zmq.EFSM)
    client.send(b"question")
    assert failure(lambda: client.send(b"another")) == ("ZMQError", zmq.EFSM)
    assert server.recv() == b"question"
    server.send(b"")
    assert client.recv() == b""


@pytest.mark.parametrize("who_pushes", ["the bound", "the connected"])
def test_a_pipeline_keeps_the_order(link: Link, who_pushes: str) -> None:
    if who_pushes == "the bound":
        push, pull = link.pair(zmq.PUSH, zmq.PULL)
    else:
        pull, push = link.pair(zmq.PULL, zmq.PUSH)
    send, recv = push.send, pull.recv
    sent = [b"%d" % number for number in range(200)]
    for message in sent:
        send(message)
    assert [recv() for _ in sent] == sent
    assert failure(lambda: recv(zmq.DONTWAIT)) == ("Again", zmq.EAGAIN)
    assert failure(lambda: pull.send(b"")) == ("ZMQError", zmq.ENOTSUP)
    assert failure(lambda: push.recv()) == ("ZMQError", zmq.ENOTSUP)


@pytest.mark.libzmq(4, 3)
def test_a_pipeline_serves_workers_of_both_kinds(ours: Side, theirs: Side) -> None:
    ventilator = ours.socket(zmq.PUSH)
    monitor = ventilator.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
    monitor.set(zmq.RCVTIMEO, SOCKET_PATIENCE)
    ventilator.bind("tcp://127.0.0.1:*")
    workers = [side.socket(zmq.PULL) for side in (ours, theirs)]
    for worker in workers:
        worker.connect(address(ventilator))
        monitor.recv_multipart()
    ventilator.get(zmq.EVENTS)  # takes notice of new peers, which a hasty send may leave for later
    # Each message goes to the next worker in turn.
    for message in (b"first", b"second"):
        ventilator.send(message)
    assert {worker.recv() for worker in workers} == {b"first", b"second"}


@pytest.mark.parametrize("who_publishes", ["the bound", "the connected"])
def test_subscribers_get_their_topics_only(link: Link, who_publishes: str) -> None:
    if who_publishes == "the bound":
        publisher, subscriber = link.pair(zmq.PUB, zmq.SUB)
    else:
        subscriber, publisher = link.pair(zmq.SUB, zmq.PUB)
    subscriber.subscribe(b"sport")
    subscriber.subscribe("weather")
    subscriber.subscribe(b"join")
    join(publisher, subscriber)
    for topic in (b"sport", b"politics", b"weather in Rome", b"join"):
        publisher.send_multipart([topic, b"news"])
    assert subscriber.recv_multipart() == [b"sport", b"news"]
    assert subscriber.recv_multipart() == [b"weather in Rome", b"news"]
    assert subscriber.recv_multipart() == [b"join", b"news"]


def test_subscriptions_are_seen_by_xpub(link: Link) -> None:
    publisher, subscriber = link.pair(zmq.XPUB, zmq.SUB)
    subscriber.subscribe(b"topic")
    assert publisher.recv() == b"\x01topic"
    publisher.send(b"topic: news")
    assert subscriber.recv() == b"topic: news"
    subscriber.unsubscribe(b"topic")
    assert publisher.recv() == b"\x00topic"


def test_xsub_subscribes_by_messages_and_talks_back(link: Link) -> None:
    publisher, subscriber = link.pair(zmq.XPUB, zmq.XSUB)
    subscriber.send(b"\x01a")
    assert publisher.recv() == b"\x01a"
    subscriber.send(b"no subscription")
    assert publisher.recv() == b"no subscription"
    publisher.send_multipart([b"a", b"", b"b"])
    assert subscriber.recv_multipart() == [b"a", b"", b"b"]


def test_verbose_xpub_passes_every_subscription(link: Link) -> None:
    publisher = link.bind(zmq.XPUB, xpub_verbose=1)
    for _ in range(2):
        subscriber = link.connect(publisher, zmq.SUB)
        subscriber.subscribe(b"same")
        assert publisher.recv() == b"\x01same"


@pytest.mark.parametrize("who_routes", ["the bound", "the connected"])
def test_a_router_answers_whom_it_chooses(link: Link, who_routes: str) -> None:
    if who_routes == "the bound":
        router = link.bind(zmq.ROUTER)
        dealer = link.connect(router, zmq.DEALER, routing_id=b"\x01\xff dealer")
    else:
        dealer = link.bind(zmq.DEALER, routing_id=b"\x01\xff dealer")
        router = link.connect(dealer, zmq.ROUTER)
    dealer.send_multipart([b"", b"hello"])
    assert router.recv_multipart() == [b"\x01\xff dealer", b"", b"hello"]
    router.send_multipart([b"\x01\xff dealer", b"one"])
    router.send_multipart([b"\x01\xff dealer", b"two", b""])
    assert dealer.recv_multipart() == [b"one"]
    assert dealer.recv_multipart() == [b"two", b""]


def test_a_mandatory_router_refuses_an_unknown_peer(link: Link) -> None:
    router = link.bind(zmq.ROUTER, router_mandatory=1)
    dealer = link.connect(router, zmq.DEALER, routing_id=b"known")
    dealer.send(b"I am here")
    assert router.recv_multipart() == [b"known", b"I am here"]
    router.send_multipart([b"known", b"welcome"])
    assert dealer.recv() == b"welcome"
    error = failure(lambda: router.send_multipart([b"unknown", b"x"]))
    assert error == ("ZMQError", zmq.EHOSTUNREACH)


def test_requests_and_replies_pass_routers_and_dealers(link: Link) -> None:
    router, request = link.pair(zmq.ROUTER, zmq.REQ)
    request.send(b"question")
    envelope, empty, question = router.recv_multipart()
    assert (empty, question) == (b"", b"question")
    reply, dealer = link.pair(zmq.REP, zmq.DEALER)
    dealer.send_multipart([b"way", b"back", b"", question])
    assert reply.recv() == b"question"
    reply.send(b"answer")
    *back, empty, answer = dealer.recv_multipart()
    assert (back, empty) == ([b"way", b"back"], b"")
    router.send_multipart([envelope, b"", answer])
    assert request.recv() == b"answer"


def test_routers_name_each_other(link: Link) -> None:
    bound = link.bind(zmq.ROUTER, routing_id=b"bound", probe_router=1)
    connected = link.connect(bound, zmq.ROUTER, routing_id=b"connected", probe_router=1)
    assert bound.recv_multipart() == [b"connected", b""]
    assert connected.recv_multipart() == [b"bound", b""]
    bound.send_multipart([b"connected", b"ping"])
    assert connected.recv_multipart() == [b"bound", b"ping"]


def test_dealers_talk_freely(link: Link) -> None:
    first, second = link.pair(zmq.DEALER, zmq.DEALER)
    first.send(b"a")
    second.send(b"b")
    first.send(b"c")
    assert [second.recv(), second.recv(), first.recv()] == [b"a", b"c", b"b"]


def test_a_pair_talks_in_both_directions(link: Link) -> None:
    first, second = link.pair(zmq.PAIR, zmq.PAIR)
    second.send(b"from the connected")
    first.send_multipart([b"from", b"the bound"])
    assert first.recv() == b"from the connected"
    assert second.recv_multipart() == [b"from", b"the bound"]


def test_streams_carry_raw_bytes(ours: Side, theirs: Side) -> None:
    for binder, connector in ((ours, theirs), (theirs, ours)):
        server, client = binder.socket(zmq.STREAM), connector.socket(zmq.STREAM)
        server.bind("tcp://127.0.0.1:*")
        client.connect(address(server))
        peer, notice = client.recv_multipart()
        assert notice == b""
        client.send_multipart([peer, b"GET / HTTP/1.0\r\n\r\n"])
        caller, notice = server.recv_multipart()
        assert notice == b""
        assert server.recv_multipart() == [caller, b"GET / HTTP/1.0\r\n\r\n"]
        server.send_multipart([caller, b"HTTP/1.0 204\r\n\r\n"])
        assert client.recv_multipart() == [peer, b"HTTP/1.0 204\r\n\r\n"]
        client.close()
        assert server.recv_multipart() == [caller, b""]
