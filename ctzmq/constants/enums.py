"""The enums that almost every program needs, and their members by their flat names.

The names, numbers and groups are pyzmq's. The options of sockets are in `options`, what is left in
`on_demand`; the package has all of them.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

from ..libzmq import numbers


class Errno(IntEnum):
    """The error numbers of libzmq.

    Source: libzmq `zmq_errno`.
    """

    EAGAIN = numbers.EAGAIN
    EFAULT = numbers.EFAULT
    EINVAL = numbers.EINVAL
    ENOTSUP = numbers.ENOTSUP
    EPROTONOSUPPORT = numbers.EPROTONOSUPPORT
    ENOBUFS = numbers.ENOBUFS
    ENETDOWN = numbers.ENETDOWN
    EADDRINUSE = numbers.EADDRINUSE
    EADDRNOTAVAIL = numbers.EADDRNOTAVAIL
    ECONNREFUSED = numbers.ECONNREFUSED
    EINPROGRESS = numbers.EINPROGRESS
    ENOTSOCK = numbers.ENOTSOCK
    EMSGSIZE = numbers.EMSGSIZE
    EAFNOSUPPORT = numbers.EAFNOSUPPORT
    ENETUNREACH = numbers.ENETUNREACH
    ECONNABORTED = numbers.ECONNABORTED
    ECONNRESET = numbers.ECONNRESET
    ENOTCONN = numbers.ENOTCONN
    ETIMEDOUT = numbers.ETIMEDOUT
    EHOSTUNREACH = numbers.EHOSTUNREACH
    ENETRESET = numbers.ENETRESET
    EFSM = numbers.EFSM
    ENOCOMPATPROTO = numbers.ENOCOMPATPROTO
    ETERM = numbers.ETERM
    EMTHREAD = numbers.EMTHREAD


class SocketType(IntEnum):
    """Types of socket.

    Source: libzmq `zmq_socket`.
    """

    PAIR = 0  # 2.0.7
    PUB = 1  # 2.0
    SUB = 2  # 2.0
    REQ = 3  # 2.0
    REP = 4  # 2.0
    DEALER = 5  # 2.1.3
    ROUTER = 6  # 2.1.3
    PULL = 7  # 2.0.7
    PUSH = 8  # 2.0.7
    XPUB = 9  # 2.1.0
    XSUB = 10  # 2.1.0
    STREAM = 11  # 4.0.0
    SERVER = 12  # 4.2.0, draft
    CLIENT = 13  # 4.2.0, draft
    RADIO = 14  # 4.2.0, draft
    DISH = 15  # 4.2.0, draft
    GATHER = 16  # 4.2.0, draft
    SCATTER = 17  # 4.2.0, draft
    DGRAM = 18  # 4.2.0, draft
    PEER = 19  # 4.3.3, draft
    CHANNEL = 20  # 4.3.3, draft
    XREP = ROUTER
    XREQ = DEALER


class Flag(IntFlag):
    """Flags of send and receive.

    Source: libzmq `zmq_send`.
    """

    DONTWAIT = 1  # 3.0.0
    SNDMORE = 2  # 2.0.7
    NOBLOCK = DONTWAIT


class PollEvent(IntFlag):
    """What a socket or descriptor is ready for.

    Source: libzmq `zmq_poll`.
    """

    POLLIN = 1  # 2.0
    POLLOUT = 2  # 2.0
    POLLERR = 4  # 2.0.6
    POLLPRI = 8  # 4.2.0


EADDRINUSE = Errno.EADDRINUSE
EADDRNOTAVAIL = Errno.EADDRNOTAVAIL
EAFNOSUPPORT = Errno.EAFNOSUPPORT
EAGAIN = Errno.EAGAIN
ECONNABORTED = Errno.ECONNABORTED
ECONNREFUSED = Errno.ECONNREFUSED
ECONNRESET = Errno.ECONNRESET
EFAULT = Errno.EFAULT
EFSM = Errno.EFSM
EHOSTUNREACH = Errno.EHOSTUNREACH
EINPROGRESS = Errno.EINPROGRESS
EINVAL = Errno.EINVAL
EMSGSIZE = Errno.EMSGSIZE
EMTHREAD = Errno.EMTHREAD
ENETDOWN = Errno.ENETDOWN
ENETRESET = Errno.ENETRESET
ENETUNREACH = Errno.ENETUNREACH
ENOBUFS = Errno.ENOBUFS
ENOCOMPATPROTO = Errno.ENOCOMPATPROTO
ENOTCONN = Errno.ENOTCONN
ENOTSOCK = Errno.ENOTSOCK
ENOTSUP = Errno.ENOTSUP
EPROTONOSUPPORT = Errno.EPROTONOSUPPORT
ETERM = Errno.ETERM
ETIMEDOUT = Errno.ETIMEDOUT

CHANNEL = SocketType.CHANNEL
CLIENT = SocketType.CLIENT
DEALER = SocketType.DEALER
DGRAM = SocketType.DGRAM
DISH = SocketType.DISH
GATHER = SocketType.GATHER
PAIR = SocketType.PAIR
PEER = SocketType.PEER
PUB = SocketType.PUB
PULL = SocketType.PULL
PUSH = SocketType.PUSH
RADIO = SocketType.RADIO
REP = SocketType.REP
REQ = SocketType.REQ
ROUTER = SocketType.ROUTER
SCATTER = SocketType.SCATTER
SERVER = SocketType.SERVER
STREAM = SocketType.STREAM
SUB = SocketType.SUB
XPUB = SocketType.XPUB
XREP = SocketType.XREP
XREQ = SocketType.XREQ
XSUB = SocketType.XSUB

DONTWAIT = Flag.DONTWAIT
NOBLOCK = Flag.NOBLOCK
SNDMORE = Flag.SNDMORE

POLLERR = PollEvent.POLLERR
POLLIN = PollEvent.POLLIN
POLLOUT = PollEvent.POLLOUT
POLLPRI = PollEvent.POLLPRI
