"""A hundred mistakes that beginners make, and what they are told: the one cause, and the cure."""

from __future__ import annotations

import pickle
import re
from typing import Any, Callable

import pytest

import ctzmq as zmq
import ctzmq.auth
from ctzmq import decorators, devices
from ctzmq.log.handlers import PUBHandler
from ctzmq.utils import jsonapi, z85
from ctzmq.utils.monitor import parse_monitor_message

#: Each mistake, and below it a part of what it is told. A socket goes by the name of its type.
MISTAKES = r"""
# Endpoints
REP.bind("127.0.0.1:5555")
    it names no transport; expected one
REP.connect("tcp//127.0.0.1:5555")
    it names no transport
REP.bind("tcp:/127.0.0.1:5555")
    it names no transport
REP.bind("")
    it names no transport
REP.bind("TCP://127.0.0.1:*")
    no transport 'TCP': write it 'tcp'
REP.bind("http://*:80")
    this libzmq has no transport 'http'
REP.bind("tcp://127.0.0.1")
    the port is missing
REP.bind("tcp://127.0.0.1:")
    the port is missing
REQ.connect("tcp://127.0.0.1:http")
    'http' is no number
REP.bind("tcp://127.0.0.1:70000")
    a port is 0 to 65535
REP.bind("tcp://127.0.0.1:-1")
    a port is 0 to 65535
REP.bind("tcp://:5555")
    the address is missing: '*' is every
REP.bind("tcp://")
    the address and the port are missing
REQ.connect("tcp://127.0.0.1 :5555")
    it has a space in it
REQ.connect("tcp://127.0.0.1:5555\n")
    it has a space in it
REQ.connect("tcp://127.0.0.1:5555\0")
    an endpoint cannot have a NUL
REQ.connect("tcp://*:5555")
    '*' is for bind: connect to an address
REQ.connect("tcp://127.0.0.1:*")
    '*' is for bind
REP.bind("tcp://192.0.2.1:5555")
    has no such address
REP.bind("tcp://[::1]:*")
    set the option IPV6 first
REP.bind(5555)
    an endpoint is str, such as 'tcp://127.0.0.1:5555'
REP.bind(("127.0.0.1", 5555))
    an endpoint is str, such as
REP.bind("inproc://")
    the name is missing
REP.bind("ipc://")
    the path is missing
REP.bind("ipc:///no/such/folder/x")
    folder of '/no/such/folder/x'
REP.bind("ipc:///tmp/" + "x" * 200)
    is longer than the
REP.bind("inproc://here"); REP.bind("inproc://here")
    another socket is bound
SUB.bind("udp://*:5555")
    udp
REP.unbind("tcp://127.0.0.1:1")
    no such endpoint to unbind
REP.disconnect("tcp://127.0.0.1:1")
    endpoint to disconnect
REP.bind_to_random_port("tcp://*:5555")
    has a port already
REP.bind_to_random_port("tcp://*", "1", "9")
    a port is a number
REP.bind_to_random_port("tcp://*", 9, 5)
    not within 1 to
REP.monitor("tcp://*:5555")
    such as 'inproc://monitor'

# Messages
PUSH.send("text")
    got str 'text': use send_string
PUSH.send(5)
    got int: 5: send_json and send_pyobj take objects
PUSH.send({})
    send_json and send_pyobj take objects
PUSH.send([b"1"])
    got list: [b'1']: send_multipart takes lists
PUSH.send(None)
    a message is bytes-like, got NoneType
PUSH.send_multipart([b"1", "2"])
    part 1 of 2: a message is bytes-like
PUSH.send_multipart("one")
    got one str: use send_string
PUSH.send_multipart(b"one")
    got one bytes: use send, or put it into
PUSH.send_multipart(None)
    send_multipart takes a list of parts, got
PUSH.send_multipart([])
    a message has one part at least
PUSH.send_string(b"1")
    send_string takes str, got bytes b'1': use send
PUSH.send_string({})
    use send_json
PUSH.send_json(object())
    object is not JSON serializable
PUSH.send(b"", "DONTWAIT")
    such as zmq.DONTWAIT, got 'DONTWAIT'
PUSH.send_multipart([b""], "SNDMORE")
    such as zmq.SNDMORE
PULL.recv_string("utf-8")
    a flag is a number, such as zmq.DONTWAIT
PULL.recv_string(encoding="utf8000")
    unknown encoding: utf8000
PULL.recv_serialized(None)
    deserialize is a function of the list
PUSH.send_serialized(1, 2)
    serialize is a function of the object
PUSH.recv()
    a PUSH socket cannot receive
PUB.recv_json()
    a PUB socket cannot receive
PULL.send(b"")
    a PULL socket cannot send
SUB.send_string("")
    a SUB socket cannot send
REP.send(b"")
    a REP socket cannot do this now: receive a question
REQ.recv()
    a REQ socket cannot do this now: send a question first
PUSH.send(b"")
    or nobody to send to, within 5 ms (SNDTIMEO)
PULL.recv()
    no message within 5 ms (RCVTIMEO)
PULL.recv(zmq.NOBLOCK)
    no message now (DONTWAIT)
PULL.recv_into(b"123")
    recv_into needs writable memory
zmq.Frame("text")
    got str 'text': use send_string
zmq.Frame(b"", moer=True)
    no argument 'moer'
zmq.Frame(b"").get("User")
    this message has no property 'User'
zmq.MessageTracker(zmq.Frame(b""))
    make the frame with track=True
pickle.dumps(zmq.Frame(b""))
    pickle its bytes

# Options
REP.set("LINGER", 0)
    an option is a number, such as zmq.LINGER
REP.get("RCVHWM")
    such as zmq.RCVHWM, got 'RCVHWM'
REP.lingre = 0
    option 'lingre': did you mean 'linger'?
REP.set(zmq.LINGER, "0")
    LINGER takes an int, got '0'
REP.rcvtimeo = 0.5
    RCVTIMEO takes an int, got 0.5
REP.set(zmq.SNDTIMEO, -5)
    milliseconds; -1 is for ever
REP.set_hwm(-1)
    a high-water mark is a number of messages; 0 is no limit
REP.get(zmq.HWM)
    there are two: SNDHWM and RCVHWM
REP.set(999, 1)
    option 999 to 1: this libzmq does not know it
REP.set(zmq.EVENTS, 1)
    cannot set EVENTS to 1: it is read-only
SUB.get(zmq.SUBSCRIBE)
    cannot get SUBSCRIBE: it is write-only
REP.identity = "me"
    got str 'me': use set_string
REP.set_string(zmq.IDENTITY, b"me")
    expected str, got b'me'
REP.get_string(zmq.LINGER)
    LINGER is a number, not text: use get
REQ.routing_id = b""
    has 1 to 255 bytes, got 0
REQ.routing_id = b"x" * 300
    1 to 255 bytes, got 300
PUB.subscribe("x")
    only a SUB socket subscribes
XSUB.subscribe("x")
    by sending b'\x01' and the topic
SUB.subscribe(5)
    SUBSCRIBE takes bytes, got 5
REQ.set(zmq.CURVE_SERVERKEY, b"x" * 10)
    a key has 40 letters of Z85, or 32
REQ.set(zmq.CURVE_PUBLICKEY, b'"' * 40)
    is text in Z85, and this is none
REQ.curve_secretkey = "x" * 40
    got str a secret: use set_string
zmq.curve_public(b"abc")
    a secret key has 40 bytes of Z85 text

# Contexts, and what is closed
context.socket("REP")
    such as zmq.REP, got 'REP'
context.socket(99)
    this libzmq has no socket type 99
zmq.Socket()
    a socket needs a context, got None: use context.socket
zmq.Context("tcp://*:5555")
    io_threads is a number, such as 1, got
context.bind("tcp://*:5555")
    Context has no 'bind': sockets have
context.setsockopt("LINGER", 0)
    such as zmq.LINGER, got
context.linger = "0"
    LINGER takes an int, got '0'
context.set(zmq.MAX_SOCKETS, 0)
    MAX_SOCKETS takes 1 to 65535 sockets
done()[1].socket(zmq.REP)
    is terminated and can make no socket
pickle.dumps(context)
    make a context in each process
done()[0].recv()
    a closed socket cannot be used
pickle.dumps(REP)
    send its endpoint and connect there
REP.close("0")
    LINGER takes an int, got '0'
done()[0].close("0")
    LINGER takes an int, got '0'
done()[1].destroy("0")
    LINGER takes an int, got '0'
zmq.PUBB
    module 'ctzmq' has no attribute 'PUBB'

# Waits
REP.poll("5")
    a time-out is a number of milliseconds, got '5'
poller.poll("5")
    a time-out is a number of milliseconds, got '5'
zmq.MessageTracker().wait("5")
    a number of seconds
poller.register(REP, "POLLIN")
    such as zmq.POLLIN
REP.poll(5, "POLLIN")
    what to wait for is a number, such as
poller.unregister(REP)
    is not registered
zmq.zmq_poll([(context, 1)], 5)
    expected a zmq socket, a descriptor
zmq.zmq_poll(REP, 5)
    zmq_poll takes a list of pairs, such as
zmq.zmq_poll([REP], 5)
    zmq_poll takes a list of pairs, such as
zmq.select(REP, [], [])
    select takes three lists of sockets
zmq.proxy(REP, None)
    a proxy needs a frontend and a backend
zmq.proxy(REP, "x")
    backend of a proxy is a zmq socket

# What is built on them
devices.Device(1, "ROUTER", -1)
    such as zmq.ROUTER
devices.Device(1, zmq.ROUTER)
    out_type must be given
devices.Device(1, 1, 1).bind_in(5)
    an endpoint is str
decorators.context(done)
    write @...() above done
auth.Authenticator(context).configure_plain(passwords=["x"])
    passwords is a dict by user name, got list
auth.Authenticator(REP)
    needs a context
REP.bind("inproc://zeromq.zap.01"); auth.Authenticator(context).start()
    this context has an authenticator already
auth.load_certificate("/no/such")
    no such certificate file
auth.create_certificates("/no/such", "x")
    there is no such folder
z85.decode(b"123")
    must be a multiple of 5, not 3
PUBHandler(5)
    an endpoint is str
parse_monitor_message([b"x"])
    not a monitor message
jsonapi.dumps(object())
    not JSON serializable
"""

TABLE = re.findall(r"^(\w.*)\n    (.*)$", MISTAKES, re.MULTILINE)


def done() -> tuple[zmq.Socket, zmq.Context]:
    """Make a socket and a context that are closed."""
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        return socket, context


class Names(dict[str, Any]):
    """What a mistake is made with; a socket is made when it is named."""

    def __init__(self, context: zmq.Context, socket: Callable[..., Any]) -> None:
        super().__init__(context=context, poller=zmq.Poller())
        self._socket = socket

    def __missing__(self, name: str) -> Any:
        if name in zmq.SocketType.__members__:
            return self._socket(zmq.SocketType[name], rcvtimeo=5, sndtimeo=5)
        return GIVEN[name]


GIVEN: dict[str, Any] = {
    "PUBHandler": PUBHandler,
    "auth": ctzmq.auth,
    "decorators": decorators,
    "devices": devices,
    "done": done,
    "jsonapi": jsonapi,
    "object": object,
    "parse_monitor_message": parse_monitor_message,
    "pickle": pickle,
    "z85": z85,
    "zmq": zmq,
}


def test_there_are_a_hundred() -> None:
    assert len(TABLE) >= 100
    assert len(TABLE) == MISTAKES.count("\n    ")


@pytest.mark.parametrize(("mistake", "told"), TABLE, ids=[mistake for mistake, _ in TABLE])
def test_a_mistake_is_explained(
    mistake: str, told: str, context: zmq.Context, socket: Callable[..., Any]
) -> None:
    with pytest.raises(Exception, match=re.escape(told)):
        exec(mistake, {}, Names(context, socket))
