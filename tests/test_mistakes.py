"""Two hundred mistakes that beginners make, and what they are told: the one cause, and the cure."""

from __future__ import annotations

import asyncio
import pickle
import re
from typing import Any, Callable

import pytest

import ctzmq as zmq
import ctzmq.asyncio
import ctzmq.auth
from ctzmq import decorators, devices, ssh
from ctzmq.log.handlers import PUBHandler
from ctzmq.utils import jsonapi, z85
from ctzmq.utils.monitor import parse_monitor_message, recv_monitor_message

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
REP.bind_to_random_port("tcp://127.0.0.1:")
    has a port already, or its colon
REP.bind_to_random_port("tcp://*", 70000, 80000)
    not within 1 to 65535
REQ.connect("tcp://127.0.0.1:5555/path")
    it has a '/' in it, and is an address and a port alone
REQ.connect("tcp://me@127.0.0.1:5555")
    it has a '@' in it
REQ.connect("ipc:/tmp/x")
    it names no transport
REQ.connect(["tcp://127.0.0.1:5555"])
    an endpoint is str, such as
REQ.get_monitor_socket("EVENT_ALL")
    a mask of events is a number, such as zmq.EVENT_ALL
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

PULL.recv_into("text")
    recv_into needs writable memory, such as a bytearray, got 'text'
PULL.recv_into(1000)
    recv_into needs writable memory, such as a bytearray, got 1000
PULL.recv_into(bytearray(5), nbytes="x")
    nbytes is a number, such as 1024, got 'x'
PULL.recv_into(bytearray(5), nbytes=6)
    not between 0 and the buffer's 5 bytes
PULL.recv(None)
    a flag is a number, such as zmq.DONTWAIT, got None
PUSH.send(1.5)
    got float: 1.5: send_json and send_pyobj take objects
PUSH.send(memoryview(b"abcd")[::2])
    a message needs contiguous memory
PUSH.send_multipart({"a": 1})
    part 0 of 1: a message is bytes-like, got str 'a'
PUSH.send_multipart(5)
    send_multipart takes a list of parts, got int: 5
PUSH.send_serialized({}, lambda message: None)
    send_multipart takes a list of parts, got NoneType
jsonapi.loads(5)
    loads takes JSON text, str or bytes, got 5
zmq.MessageTracker(5)
    expected Event, MessageTracker or Frame, got 5

# Tasks
later(PUSH).send_multipart(None)
    send_multipart takes a list of parts, got NoneType
later(PUSH).send_multipart("one")
    got one str: use send_string
later(PUSH).send_multipart(b"one")
    got one bytes: use send, or put it into
later(PUSH).send_multipart([b"1", "2"])
    part 1 of 2: a message is bytes-like
later(PUSH).send("text")
    got str 'text': use send_string
later(PUSH).send(b"", "DONTWAIT")
    such as zmq.DONTWAIT, got 'DONTWAIT'
later(PULL).recv("NOBLOCK")
    such as zmq.NOBLOCK, got 'NOBLOCK'
later(PULL).recv_multipart("x")
    a flag is a number, such as zmq.DONTWAIT
later(PULL).recv_string("utf-8")
    a flag is a number, such as zmq.DONTWAIT
later(PULL).recv_into(bytearray(5), nbytes="x")
    nbytes is a number, such as 1024, got 'x'
later(PULL).recv_into(5)
    recv_into needs writable memory
later(PULL).send(b"")
    a PULL socket cannot send
later(PULL).poll("5")
    a time-out is a number of milliseconds, got '5'

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
REQ.set("x", zmq.LINGER)
    an option is a number, such as zmq.LINGER
REP.ipv6 = 5
    cannot set IPV6 to 5: it is 0 or 1
REP.conflate = 2
    it is 0 or 1
SUB.xpub_verbose = 1
    only an XPUB or PUB socket has this option
SUB.req_relaxed = 1
    only a REQ socket has this option
DEALER.router_mandatory = 1
    only a ROUTER socket has this option
SUB.probe_router = 1
    only a REQ, DEALER or ROUTER socket has this option
REP.heartbeat_ivl = -5
    it is a number of milliseconds
REP.heartbeat_ttl = 99999999
    6553599 at most
REP.reconnect_ivl = -5
    it is a number of milliseconds; -1 is none
REP.tcp_keepalive = 5
    it is 0 or 1; -1 leaves it to the system
REP.rate = 0
    it is a number above 0
REP.plain_username = b"x" * 300
    it has 255 bytes at most, got 300
REP.plain_password = b"x" * 300
    it has 255 bytes at most, got 300
REP.plain_username = "me"
    got str 'me': use set_string
REP.hwm = "5"
    SNDHWM takes an int, got '5'
REP.linger = None
    LINGER takes an int, got None
REP.rcvtimeo = 2**40
    RCVTIMEO takes -2147483648 to 2147483647
REP.curve_server = "yes"
    CURVE_SERVER takes an int, got 'yes'
REP.curve_publickey = None
    CURVE_PUBLICKEY takes bytes, got None
REP.copy_threshold = "x"
    copy_threshold is a number, such as 65536
REP.rcvmore = 1
    it is read-only

# Contexts, and what is closed
context.socket(zmq.REP, linger=0)
    set socket.linger afterwards, or context.linger before
context.socket(zmq.REP, zmq.REQ)
    socket_class is a class of sockets, got
context.socket(None)
    such as zmq.REP, got None
zmq.Context(-1)
    it is a number of threads, 0 or more
zmq.Context(None)
    io_threads is a number, such as 1
zmq.Context(shadow="x")
    expected an address as an integer
context.get(zmq.LINGER)
    cannot get LINGER: it is an option of sockets
context.set(zmq.LINGER, 0)
    cannot set LINGER: it is an option of sockets
context.sockt(zmq.REP)
    did you mean 'socket'?
context.lingre = 0
    did you mean 'linger'?
zmq.Socket(5)
    a socket needs a context, got 5
zmq.strerror("EAGAIN")
    an errno is a number, such as zmq.EAGAIN
zmq.has(5)
    a capability is a str such as 'curve'
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
zmq.select([None], [], [])
    expected a zmq socket, a descriptor or an object with fileno(), got None
zmq.select(["tcp://127.0.0.1:5555"], [], [])
    expected a zmq socket, a descriptor or an object with fileno()
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
decorators.socket(zmq.REP)(5)
    a decorator stands above a function, got 5
devices.ThreadProxy(zmq.PULL, zmq.PUSH, "PUB")
    such as zmq.PUB, got 'PUB'
devices.ThreadProxy("PULL", zmq.PUSH)
    such as zmq.PULL, got 'PULL'
devices.MonitoredQueue(zmq.PULL, zmq.PUSH, zmq.PUB, "in", "out")
    a prefix must be bytes-like, not 'in'
devices.monitored_queue(5, 5, 5)
    expected a Socket, not int: 5
devices.ThreadDevice(1, zmq.ROUTER, zmq.DEALER).join()
    call start() before join()
devices.Device(1, zmq.ROUTER, -1).setsockopt_in("LINGER", 0)
    such as zmq.LINGER, got 'LINGER'
auth.Authenticator(context).allow(["127.0.0.1"])
    allow takes IP addresses as text, one after the other
auth.Authenticator(context).deny(5)
    deny takes IP addresses as text
auth.Authenticator(context).configure_plain({"anne": "secret"})
    a domain is text, such as '*', got dict
auth.Authenticator(context).configure_curve("*", None)
    the location of certificates is a folder, got None
auth.Authenticator(context).configure_curve_callback(lambda domain, key: True)
    a domain is text
auth.create_certificates("/tmp", "a/b")
    the name of a certificate is that of a file
auth.create_certificates("/tmp", "x", "text")
    metadata is a dict of names and texts
auth.load_certificate(None)
    a certificate file is a path, got None
auth.load_certificates("/no/such")
    no such folder of certificates
ssh.tunnel_connection(5, "tcp://127.0.0.1:5", "server")
    tunnel_connection connects a zmq socket, got 5
ssh.tunnel_connection(REP, 5, "server")
    an endpoint is str, such as
ssh.tunnel_connection(REP, "ipc:///tmp/x", "server")
    expected an endpoint as tcp://host:port
ssh.tunnel_connection(REP, "tcp://127.0.0.1:5", None)
    an SSH server must be a str
ssh.tunnel_connection(REP, "tcp://127.0.0.1:5", "-oProxyCommand=x")
    the host begins with a dash
ssh.openssh_tunnel(5, 99999999, "server")
    a port is a number from 1 to 65535
PUBHandler(context)
    an endpoint is str
PUBHandler("inproc://log", context=5)
    PUBHandler needs a context, got 5
parse_monitor_message(None)
    not a monitor message
recv_monitor_message(5)
    a monitor socket comes from get_monitor_socket
z85.encode("text")
    z85 takes bytes, got 'text'
z85.encode(b"123")
    must be a multiple of 4, not 3
z85.decode(5)
    z85 takes text or bytes, got 5
jsonapi.dumps(object())
    not JSON serializable
"""

TABLE = re.findall(r"^(\w.*)\n    (.*)$", MISTAKES, re.MULTILINE)


def done() -> tuple[zmq.Socket, zmq.Context]:
    """Make a socket and a context that are closed."""
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        return socket, context


class Later:
    """Calls the methods of an asyncio socket, each in a loop of its own."""

    def __init__(self, socket: zmq.Socket) -> None:
        self._socket = socket

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def call(arguments: Any, options: Any) -> Any:
            with ctzmq.asyncio.Socket(shadow=self._socket) as socket:
                return await getattr(socket, name)(*arguments, **options)

        return lambda *arguments, **options: asyncio.run(call(arguments, options))


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
    "later": Later,
    "pickle": pickle,
    "recv_monitor_message": recv_monitor_message,
    "ssh": ssh,
    "z85": z85,
    "zmq": zmq,
}


def test_there_are_two_hundred() -> None:
    assert len(TABLE) >= 200
    assert len(TABLE) == MISTAKES.count("\n    ")


@pytest.mark.parametrize(("mistake", "told"), TABLE, ids=[mistake for mistake, _ in TABLE])
def test_a_mistake_is_explained(
    mistake: str, told: str, context: zmq.Context, socket: Callable[..., Any]
) -> None:
    with pytest.raises(Exception, match=re.escape(told)):
        exec(mistake, {}, Names(context, socket))
