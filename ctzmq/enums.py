"""libzmq's numbers as enums: each option with its type, its direction and its first release.

The names, numbers and groups are pyzmq's; `constants` has them flat, `rare` has those that few
programs need.
"""

from __future__ import annotations

import errno
import sys
from enum import Enum, IntEnum, IntFlag

#: Where libzmq's own error numbers begin, so that they meet none of the system's.
_HAUSNUMERO = 156384712


class _OptType(Enum):
    """The C type of an option's value."""

    int = "int"
    int64 = "int64"
    bytes = "bytes"
    fd = "fd"


class Errno(IntEnum):
    """The error numbers of libzmq.

    Source: libzmq `zmq_errno`.
    """

    EAGAIN = errno.EAGAIN
    EFAULT = errno.EFAULT
    EINVAL = errno.EINVAL
    if sys.platform == "win32":
        # libzmq uses errno.h of the C runtime there, Python's errno the WSA numbers.
        ENOTSUP = 129
        EPROTONOSUPPORT = 135
        ENOBUFS = 119
        ENETDOWN = 116
        EADDRINUSE = 100
        EADDRNOTAVAIL = 101
        ECONNREFUSED = 107
        EINPROGRESS = 112
        ENOTSOCK = 128
        EMSGSIZE = 115
        EAFNOSUPPORT = 102
        ENETUNREACH = 118
        ECONNABORTED = 106
        ECONNRESET = 108
        ENOTCONN = 126
        ETIMEDOUT = 138
        EHOSTUNREACH = 110
        ENETRESET = 117
    else:
        ENOTSUP = getattr(errno, "ENOTSUP", _HAUSNUMERO + 1)
        EPROTONOSUPPORT = getattr(errno, "EPROTONOSUPPORT", _HAUSNUMERO + 2)
        ENOBUFS = getattr(errno, "ENOBUFS", _HAUSNUMERO + 3)
        ENETDOWN = getattr(errno, "ENETDOWN", _HAUSNUMERO + 4)
        EADDRINUSE = getattr(errno, "EADDRINUSE", _HAUSNUMERO + 5)
        EADDRNOTAVAIL = getattr(errno, "EADDRNOTAVAIL", _HAUSNUMERO + 6)
        ECONNREFUSED = getattr(errno, "ECONNREFUSED", _HAUSNUMERO + 7)
        EINPROGRESS = getattr(errno, "EINPROGRESS", _HAUSNUMERO + 8)
        ENOTSOCK = getattr(errno, "ENOTSOCK", _HAUSNUMERO + 9)
        EMSGSIZE = getattr(errno, "EMSGSIZE", _HAUSNUMERO + 10)
        EAFNOSUPPORT = getattr(errno, "EAFNOSUPPORT", _HAUSNUMERO + 11)
        ENETUNREACH = getattr(errno, "ENETUNREACH", _HAUSNUMERO + 12)
        ECONNABORTED = getattr(errno, "ECONNABORTED", _HAUSNUMERO + 13)
        ECONNRESET = getattr(errno, "ECONNRESET", _HAUSNUMERO + 14)
        ENOTCONN = getattr(errno, "ENOTCONN", _HAUSNUMERO + 15)
        ETIMEDOUT = getattr(errno, "ETIMEDOUT", _HAUSNUMERO + 16)
        EHOSTUNREACH = getattr(errno, "EHOSTUNREACH", _HAUSNUMERO + 17)
        ENETRESET = getattr(errno, "ENETRESET", _HAUSNUMERO + 18)
    # Errors that only libzmq has.
    EFSM = _HAUSNUMERO + 51
    ENOCOMPATPROTO = _HAUSNUMERO + 52
    ETERM = _HAUSNUMERO + 53
    EMTHREAD = _HAUSNUMERO + 54


class ContextOption(IntEnum):
    """Options of a context.

    Source: libzmq `zmq_ctx_set`.
    """

    IO_THREADS = 1  # 3.2.1
    MAX_SOCKETS = 2  # 3.2.1
    SOCKET_LIMIT = 3  # 4.1.0
    THREAD_SCHED_POLICY = 4  # 4.1.0
    MAX_MSGSZ = 5  # 4.2.0
    MSG_T_SIZE = 6  # 4.2.1
    THREAD_AFFINITY_CPU_ADD = 7  # 4.2.3
    THREAD_AFFINITY_CPU_REMOVE = 8  # 4.2.3
    THREAD_NAME_PREFIX = 9  # 4.2.3
    THREAD_PRIORITY = SOCKET_LIMIT


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


class SocketOption(IntEnum):
    """Options of a socket.

    Source: libzmq `zmq_setsockopt`.
    """

    # The type of the value, what can be done with it (r: get, w: set), the first libzmq release.
    _opt_type: _OptType
    readable: bool
    writable: bool
    since: str

    def __new__(
        cls, value: int, kind: _OptType = _OptType.int, access: str = "", since: str = ""
    ) -> SocketOption:
        option = int.__new__(cls, value)
        option._value_ = value
        option._opt_type = kind
        option.readable = "r" in access
        option.writable = "w" in access
        option.since = since
        return option

    HWM = 1, _OptType.int, "", ""
    AFFINITY = 4, _OptType.int64, "rw", "2.0"
    ROUTING_ID = 5, _OptType.bytes, "rw", "2.0"
    SUBSCRIBE = 6, _OptType.bytes, "w", "2.0"
    UNSUBSCRIBE = 7, _OptType.bytes, "w", "2.0"
    RATE = 8, _OptType.int, "rw", "2.0"
    RECOVERY_IVL = 9, _OptType.int, "rw", "2.0"
    SNDBUF = 11, _OptType.int, "rw", "2.0"
    RCVBUF = 12, _OptType.int, "rw", "2.0"
    RCVMORE = 13, _OptType.int, "r", "2.0.7"
    FD = 14, _OptType.fd, "r", "2.1.0"
    EVENTS = 15, _OptType.int, "r", "2.1.0"
    TYPE = 16, _OptType.int, "r", "2.1.0"
    LINGER = 17, _OptType.int, "rw", "2.1.0"
    RECONNECT_IVL = 18, _OptType.int, "rw", "2.1.0"
    BACKLOG = 19, _OptType.int, "rw", "2.1.0"
    RECONNECT_IVL_MAX = 21, _OptType.int, "rw", "2.1.1"
    MAXMSGSIZE = 22, _OptType.int64, "rw", "3.0.0"
    SNDHWM = 23, _OptType.int, "rw", "3.0.0"
    RCVHWM = 24, _OptType.int, "rw", "3.0.0"
    MULTICAST_HOPS = 25, _OptType.int, "rw", "3.0.0"
    RCVTIMEO = 27, _OptType.int, "rw", "3.0.0"
    SNDTIMEO = 28, _OptType.int, "rw", "3.0.0"
    IPV4ONLY = 31, _OptType.int, "rw", ""
    LAST_ENDPOINT = 32, _OptType.bytes, "r", "3.2.1"
    ROUTER_MANDATORY = 33, _OptType.int, "w", "3.2.1"
    TCP_KEEPALIVE = 34, _OptType.int, "rw", "3.2.1"
    TCP_KEEPALIVE_CNT = 35, _OptType.int, "rw", "3.2.1"
    TCP_KEEPALIVE_IDLE = 36, _OptType.int, "rw", "3.2.1"
    TCP_KEEPALIVE_INTVL = 37, _OptType.int, "rw", "3.2.1"
    TCP_ACCEPT_FILTER = 38, _OptType.bytes, "w", "3.2.0"
    IMMEDIATE = 39, _OptType.int, "rw", "4.0.0"
    XPUB_VERBOSE = 40, _OptType.int, "w", "3.2.1"
    ROUTER_RAW = 41, _OptType.int, "w", "4.0.0"
    IPV6 = 42, _OptType.int, "rw", "4.0.0"
    MECHANISM = 43, _OptType.int, "r", "4.0.0"
    PLAIN_SERVER = 44, _OptType.int, "rw", "4.0.0"
    PLAIN_USERNAME = 45, _OptType.bytes, "rw", "4.0.0"
    PLAIN_PASSWORD = 46, _OptType.bytes, "rw", "4.0.0"
    CURVE_SERVER = 47, _OptType.int, "w", "4.0.0"
    CURVE_PUBLICKEY = 48, _OptType.bytes, "rw", "4.0.0"
    CURVE_SECRETKEY = 49, _OptType.bytes, "rw", "4.0.0"
    CURVE_SERVERKEY = 50, _OptType.bytes, "rw", "4.0.0"
    PROBE_ROUTER = 51, _OptType.int, "w", "4.0.0"
    REQ_CORRELATE = 52, _OptType.int, "w", "4.0.0"
    REQ_RELAXED = 53, _OptType.int, "w", "4.0.0"
    CONFLATE = 54, _OptType.int, "w", "4.0.0"
    ZAP_DOMAIN = 55, _OptType.bytes, "rw", "4.0.0"
    ROUTER_HANDOVER = 56, _OptType.int, "w", "4.1.0"
    TOS = 57, _OptType.int, "rw", "4.1.0"
    IPC_FILTER_PID = 58, _OptType.int, "w", "4.1.0"
    IPC_FILTER_UID = 59, _OptType.int, "w", "4.1.0"
    IPC_FILTER_GID = 60, _OptType.int, "w", "4.1.0"
    CONNECT_ROUTING_ID = 61, _OptType.bytes, "w", "4.1.0"
    GSSAPI_SERVER = 62, _OptType.int, "rw", "4.1.0"
    GSSAPI_PRINCIPAL = 63, _OptType.bytes, "rw", "4.1.0"
    GSSAPI_SERVICE_PRINCIPAL = 64, _OptType.bytes, "rw", "4.1.0"
    GSSAPI_PLAINTEXT = 65, _OptType.int, "rw", "4.1.0"
    HANDSHAKE_IVL = 66, _OptType.int, "rw", "4.1.0"
    SOCKS_PROXY = 68, _OptType.bytes, "rw", "4.1.0"
    XPUB_NODROP = 69, _OptType.int, "w", "4.1.0"
    BLOCKY = 70, _OptType.int, "", "4.2.0"
    XPUB_MANUAL = 71, _OptType.int, "w", "4.2.0"
    XPUB_WELCOME_MSG = 72, _OptType.bytes, "w", "4.2.0"
    STREAM_NOTIFY = 73, _OptType.int, "w", "4.2.0"
    INVERT_MATCHING = 74, _OptType.int, "rw", "4.2.0"
    HEARTBEAT_IVL = 75, _OptType.int, "w", "4.2.0"
    HEARTBEAT_TTL = 76, _OptType.int, "w", "4.2.0"
    HEARTBEAT_TIMEOUT = 77, _OptType.int, "w", "4.2.0"
    XPUB_VERBOSER = 78, _OptType.int, "w", "4.2.0"
    CONNECT_TIMEOUT = 79, _OptType.int, "rw", "4.2.0"
    TCP_MAXRT = 80, _OptType.int, "rw", "4.2.0"
    THREAD_SAFE = 81, _OptType.int, "r", "4.2.0"
    MULTICAST_MAXTPDU = 84, _OptType.int, "rw", "4.2.0"
    VMCI_BUFFER_SIZE = 85, _OptType.int64, "rw", "4.2.0"
    VMCI_BUFFER_MIN_SIZE = 86, _OptType.int64, "rw", "4.2.0"
    VMCI_BUFFER_MAX_SIZE = 87, _OptType.int64, "rw", "4.2.0"
    VMCI_CONNECT_TIMEOUT = 88, _OptType.int, "rw", "4.2.0"
    USE_FD = 89, _OptType.int, "rw", "4.2.0"
    GSSAPI_PRINCIPAL_NAMETYPE = 90, _OptType.int, "rw", "4.2.3"
    GSSAPI_SERVICE_PRINCIPAL_NAMETYPE = 91, _OptType.int, "rw", "4.2.3"
    BINDTODEVICE = 92, _OptType.bytes, "rw", "4.2.3"
    ZAP_ENFORCE_DOMAIN = 93, _OptType.int, "rw", "4.2.3 draft"
    LOOPBACK_FASTPATH = 94, _OptType.int, "", "4.2.4 draft"
    METADATA = 95, _OptType.bytes, "w", "4.2.4 draft"
    MULTICAST_LOOP = 96, _OptType.int, "rw", "4.3.0 draft"
    ROUTER_NOTIFY = 97, _OptType.int, "rw", "4.3.0 draft"
    XPUB_MANUAL_LAST_VALUE = 98, _OptType.int, "w", "4.3.2 draft"
    SOCKS_USERNAME = 99, _OptType.bytes, "w", "4.3.2 draft"
    SOCKS_PASSWORD = 100, _OptType.bytes, "w", "4.3.2 draft"
    IN_BATCH_SIZE = 101, _OptType.int, "rw", "4.3.2 draft"
    OUT_BATCH_SIZE = 102, _OptType.int, "rw", "4.3.2 draft"
    WSS_KEY_PEM = 103, _OptType.bytes, "", "4.3.3 draft"
    WSS_CERT_PEM = 104, _OptType.bytes, "", "4.3.3 draft"
    WSS_TRUST_PEM = 105, _OptType.bytes, "", "4.3.3 draft"
    WSS_HOSTNAME = 106, _OptType.bytes, "", "4.3.3 draft"
    WSS_TRUST_SYSTEM = 107, _OptType.int, "", "4.3.3 draft"
    ONLY_FIRST_SUBSCRIBE = 108, _OptType.int, "w", "4.3.3 draft"
    RECONNECT_STOP = 109, _OptType.int, "rw", "4.3.3 draft"
    HELLO_MSG = 110, _OptType.bytes, "w", "4.3.3 draft"
    DISCONNECT_MSG = 111, _OptType.bytes, "w", "4.3.3 draft"
    PRIORITY = 112, _OptType.int, "rw", "4.3.4 draft"
    BUSY_POLL = 113, _OptType.int, "w", "4.3.5 draft"
    HICCUP_MSG = 114, _OptType.bytes, "w", "4.3.5 draft"
    XSUB_VERBOSE_UNSUBSCRIBE = 115, _OptType.int, "w", "4.3.5 draft"
    TOPICS_COUNT = 116, _OptType.int, "r", "4.3.5 draft"
    NORM_MODE = 117, _OptType.int, "rw", "4.3.5 draft"
    NORM_UNICAST_NACK = 118, _OptType.int, "rw", "4.3.5 draft"
    NORM_BUFFER_SIZE = 119, _OptType.int, "rw", "4.3.5 draft"
    NORM_SEGMENT_SIZE = 120, _OptType.int, "rw", "4.3.5 draft"
    NORM_BLOCK_SIZE = 121, _OptType.int, "rw", "4.3.5 draft"
    NORM_NUM_PARITY = 122, _OptType.int, "rw", "4.3.5 draft"
    NORM_NUM_AUTOPARITY = 123, _OptType.int, "rw", "4.3.5 draft"
    NORM_PUSH = 124, _OptType.int, "rw", "4.3.5 draft"

    CONNECT_RID = CONNECT_ROUTING_ID
    DELAY_ATTACH_ON_CONNECT = IMMEDIATE
    FAIL_UNROUTABLE = ROUTER_MANDATORY
    IDENTITY = ROUTING_ID
    ROUTER_BEHAVIOR = ROUTER_MANDATORY


class MessageOption(IntEnum):
    """Properties of a received message.

    Source: libzmq `zmq_msg_get`.
    """

    MORE = 1  # 2.0.6
    SRCFD = 2  # 4.1.0
    SHARED = 3  # 4.1.0


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
