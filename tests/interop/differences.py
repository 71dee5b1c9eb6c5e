"""Where ctzmq answers otherwise than pyzmq on purpose: what it answers, and why.

An answer is an exception's class and errno, or a value as `peer.Describer` shows it.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Difference(NamedTuple):
    """What ctzmq answers, and why not what pyzmq does."""

    answer: Any
    why: str


CLOSED = Difference(["ZMQError", 88], "ENOTSOCK says what is wrong; pyzmq says ENOTSUP or EFAULT")
NEEDS_DRAFT = Difference(
    ["ZMQVersionError", None], "a RuntimeError too, of the class that says what libzmq lacks"
)
NAMED = "it says which number it is"
EQUAL = "frames are equal when their content is; in pyzmq a frame is equal to itself only"
NO_FLOAT = Difference(["TypeError", None], "pyzmq cuts a float off without a word")
PARTS = "pyzmq indexes what it gets, so that only lists and tuples will do"

DELIBERATE: dict[str, Difference] = {
    "zmq.has(b'curve')": Difference("bool True", "bytes do no harm where a name is expected"),
    "zmq.SyncSocket is zmq.Socket, zmq.SyncContext is zmq.Context": Difference(
        ["tuple", "bool True", "bool True"], "the classes are not generic, and need no alias"
    ),
    "zmq.Context(1.5)": NO_FLOAT,
    "context.setsockopt('x', 1)": Difference(
        ["TypeError", None], "told at once, not by the next socket that is made"
    ),
    "context.destroy(linger='x')": Difference(
        ["TypeError", None], "told even where there is no socket to set it of"
    ),
    "own = zmq.Context.shadow(context); own.term(); own.closed, context.closed": Difference(
        ["tuple", "bool True", "bool True"],
        "one libzmq context is terminated, so all that share it are; pyzmq's original dangles",
    ),
    "zmq.Socket.shadow(closed())": CLOSED,
    "'linger' in dir(socket()), 'send' in dir(socket())": Difference(
        ["tuple", "bool True", "bool True"], "options are attributes, and dir() tells of them"
    ),
    "closed().poll(0)": CLOSED,
    "poller = zmq.Poller(); poller.register(closed()); poller.poll(0)": CLOSED,
    "zmq.proxy(closed(), closed())": CLOSED,
    "control, hand = pair('PULL', 'PUSH'); hand.send(b'TERMINATE')\n"
    "zmq.proxy_steerable(socket('ROUTER'), socket('DEALER'), None, control)": Difference(
        "int 0", "a command needs no answer; libzmq 4.3.5 fails where it cannot give one"
    ),
    "control, hand = pair(); hand.send(b'PAUSE'); hand.send(b'TERMINATE')\n"
    "zmq.proxy_steerable(socket('ROUTER'), socket('DEALER'), None, control), hand.poll(0)": (
        Difference(
            ["tuple", "int 0", "int 0"],
            "only a REP has to answer; with libzmq 4.3.5 all do",
        )
    ),
    "poller = zmq.Poller(); one = socket(); poller.register(one); poller.sockets[0][1]": Difference(
        "int 3", "the default is a plain number, which spares the import of ctzmq an enum"
    ),
    "one = socket(); context.destroy(linger=0); one.poll(0)": CLOSED,
    "socket().bind('inproc://a\\0b')": Difference(
        ["ValueError", None], "C would take the NUL for the end, and bind another endpoint"
    ),
    "socket().bind('tcp://127.0.0.1:99999')": Difference(
        ["ZMQError", 22], "there is no such port; libzmq would bind to 34463"
    ),
    "del socket().linger": Difference(
        "NoneType None", "mocks delete what they have replaced, and set the former value then"
    ),
    "one = socket(); one.affinity = 2**63; one.affinity": Difference(
        "int 9223372036854775808", "a mask has 64 bits; pyzmq takes 63 of them"
    ),
    "one, two = pair(); one.send(b'x', flags=1.5)": NO_FLOAT,
    "one, two = pair(); one.send(b'x', routing_id=5)": NEEDS_DRAFT,
    "one, two = pair(); one.send(b'x', group='x')": NEEDS_DRAFT,
    "zmq.Frame(b'abc').group": NEEDS_DRAFT,
    "zmq.Frame(b'abc').routing_id": NEEDS_DRAFT,
    "zmq.Frame(b'abc').group = 'x'": NEEDS_DRAFT,
    "zmq.Frame(b'abc').routing_id = 5": NEEDS_DRAFT,
    "one, two = pair(); one.send_multipart(iter([b'a', b'b']))": Difference("NoneType None", PARTS),
    "one, two = pair(); one.send_multipart(part for part in (b'a', b'b'))": Difference(
        "NoneType None", PARTS
    ),
    "one, two = pair(); one.send_multipart([])": Difference(
        ["ValueError", None], "the list is at fault; pyzmq's IndexError is an accident"
    ),
    "zmq.Frame(b'abc') == zmq.Frame(b'abc'), zmq.Frame(b'abc') == zmq.Frame(b'abd')": Difference(
        ["tuple", "bool True", "bool False"], EQUAL
    ),
    "zmq.Frame(b'abc') == b'abc', b'abc' == zmq.Frame(b'abc'), zmq.Frame(b'abc') == 'abc'": (
        Difference(["tuple", "bool True", "bool True", "bool False"], EQUAL)
    ),
    "zmq.Frame(b'abc') != b'abc', zmq.Frame(b'abc') == None, zmq.Frame(b'5') == 5": Difference(
        ["tuple", "bool False", "bool False", "bool False"], EQUAL
    ),
    "zmq.Frame(b'abc') in {zmq.Frame(b'abc')}": Difference("bool True", EQUAL),
    "zmq.curve_public(bytearray(40))": Difference(
        ["TypeError", None], "a key is bytes; pyzmq's EINVAL comes of the zeros in it"
    ),
    "zmq.Frame(b'x', no_such=1)": Difference(["TypeError", None], "what means nothing is refused"),
    "error = zmq.ZMQError(zmq.EAGAIN); error.errno, error.strerror, str(error), repr(error)": (
        Difference(
            [
                "tuple",
                "Errno 11",
                "str 'Resource temporarily unavailable'",
                "str 'Resource temporarily unavailable'",
                "str \"ZMQError(EAGAIN, 'Resource temporarily unavailable')\"",
            ],
            NAMED,
        )
    ),
    "error = zmq.ZMQError(5, 'text'); error.errno, error.strerror, str(error), repr(error)": (
        Difference(
            ["tuple", "int 5", "str 'text'", "str 'text'", "str \"ZMQError(EIO, 'text')\""], NAMED
        )
    ),
    "error = zmq.Again(); error.errno, error.strerror, str(error), repr(error)": Difference(
        [
            "tuple",
            "Errno 11",
            "str 'Resource temporarily unavailable'",
            "str 'Resource temporarily unavailable'",
            "str \"Again(EAGAIN, 'Resource temporarily unavailable')\"",
        ],
        NAMED,
    ),
}
"""Snippets with another answer."""

OPTIONS: dict[str, str] = {
    "CURVE_PUBLICKEY": "pyzmq cannot read it: libzmq wants a buffer of exactly 32 or 41 bytes",
    "CURVE_SECRETKEY": "the same",
    "CURVE_SERVERKEY": "the same",
    "TYPE": "as an attribute it can be set in pyzmq, to no avail",
    "FD": "its value is another one each time",
    "USE_FD": "what is no descriptor is refused here; libzmq would abort the process at bind",
}
"""Socket options that are not swept."""

LIBRARY: dict[str, str] = {
    "zmq.zmq_version()": "it is the library's",
    "zmq.zmq_version_info()": "the same",
    "error = zmq.ZMQVersionError('4.1', 'thing'); str(error), repr(error)": "it tells the version",
}
"""Snippets whose answer depends on libzmq."""

PYPY: dict[str, str] = {
    "one, two = pair(); one.send(b'x'); two.recv_pyobj()": "its pickle raises KeyError",
    "frame = zmq.Frame(b'x' * 70000, copy=False, track=True); tracker = frame.tracker\n"
    "del frame; tracker.wait(5), tracker.done": "it frees a frame some time later",
}
"""Snippets whose answer depends on CPython."""
