"""The options of sockets, made when the first of their names is asked for."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Final

from ..libzmq import numbers


class _OptType(Enum):
    """The C type of an option's value."""

    int = "int"
    int64 = "int64"
    bytes = "bytes"
    fd = "fd"


class SocketOption(IntEnum):
    """Options of a socket.

    Source: libzmq `zmq_setsockopt`.
    """

    # The type of the value; what can be done with it (r: get, w: set); the first libzmq release.
    _opt_type: _OptType
    readable: bool
    writable: bool
    since: str

    def __new__(cls, value: int, access: str = "", since: str = "") -> SocketOption:
        option = int.__new__(cls, value)
        option._value_ = value
        option._opt_type = _OptType(numbers.KINDS[value])
        option.readable = "r" in access
        option.writable = "w" in access
        option.since = since
        return option

    HWM = 1, "", ""
    AFFINITY = 4, "rw", "2.0"
    ROUTING_ID = 5, "rw", "2.0"
    SUBSCRIBE = 6, "w", "2.0"
    UNSUBSCRIBE = 7, "w", "2.0"
    RATE = 8, "rw", "2.0"
    RECOVERY_IVL = 9, "rw", "2.0"
    SNDBUF = 11, "rw", "2.0"
    RCVBUF = 12, "rw", "2.0"
    RCVMORE = 13, "r", "2.0.7"
    FD = 14, "r", "2.1.0"
    EVENTS = 15, "r", "2.1.0"
    TYPE = 16, "r", "2.1.0"
    LINGER = 17, "rw", "2.1.0"
    RECONNECT_IVL = 18, "rw", "2.1.0"
    BACKLOG = 19, "rw", "2.1.0"
    RECONNECT_IVL_MAX = 21, "rw", "2.1.1"
    MAXMSGSIZE = 22, "rw", "3.0.0"
    SNDHWM = 23, "rw", "3.0.0"
    RCVHWM = 24, "rw", "3.0.0"
    MULTICAST_HOPS = 25, "rw", "3.0.0"
    RCVTIMEO = 27, "rw", "3.0.0"
    SNDTIMEO = 28, "rw", "3.0.0"
    IPV4ONLY = 31, "rw", ""
    LAST_ENDPOINT = 32, "r", "3.2.1"
    ROUTER_MANDATORY = 33, "w", "3.2.1"
    TCP_KEEPALIVE = 34, "rw", "3.2.1"
    TCP_KEEPALIVE_CNT = 35, "rw", "3.2.1"
    TCP_KEEPALIVE_IDLE = 36, "rw", "3.2.1"
    TCP_KEEPALIVE_INTVL = 37, "rw", "3.2.1"
    TCP_ACCEPT_FILTER = 38, "w", "3.2.0"
    IMMEDIATE = 39, "rw", "4.0.0"
    XPUB_VERBOSE = 40, "w", "3.2.1"
    ROUTER_RAW = 41, "w", "4.0.0"
    IPV6 = 42, "rw", "4.0.0"
    MECHANISM = 43, "r", "4.0.0"
    PLAIN_SERVER = 44, "rw", "4.0.0"
    PLAIN_USERNAME = 45, "rw", "4.0.0"
    PLAIN_PASSWORD = 46, "rw", "4.0.0"
    CURVE_SERVER = 47, "w", "4.0.0"
    CURVE_PUBLICKEY = 48, "rw", "4.0.0"
    CURVE_SECRETKEY = 49, "rw", "4.0.0"
    CURVE_SERVERKEY = 50, "rw", "4.0.0"
    PROBE_ROUTER = 51, "w", "4.0.0"
    REQ_CORRELATE = 52, "w", "4.0.0"
    REQ_RELAXED = 53, "w", "4.0.0"
    CONFLATE = 54, "w", "4.0.0"
    ZAP_DOMAIN = 55, "rw", "4.0.0"
    ROUTER_HANDOVER = 56, "w", "4.1.0"
    TOS = 57, "rw", "4.1.0"
    IPC_FILTER_PID = 58, "w", "4.1.0"
    IPC_FILTER_UID = 59, "w", "4.1.0"
    IPC_FILTER_GID = 60, "w", "4.1.0"
    CONNECT_ROUTING_ID = 61, "w", "4.1.0"
    GSSAPI_SERVER = 62, "rw", "4.1.0"
    GSSAPI_PRINCIPAL = 63, "rw", "4.1.0"
    GSSAPI_SERVICE_PRINCIPAL = 64, "rw", "4.1.0"
    GSSAPI_PLAINTEXT = 65, "rw", "4.1.0"
    HANDSHAKE_IVL = 66, "rw", "4.1.0"
    SOCKS_PROXY = 68, "rw", "4.1.0"
    XPUB_NODROP = 69, "w", "4.1.0"
    BLOCKY = 70, "", "4.2.0"
    XPUB_MANUAL = 71, "w", "4.2.0"
    XPUB_WELCOME_MSG = 72, "w", "4.2.0"
    STREAM_NOTIFY = 73, "w", "4.2.0"
    INVERT_MATCHING = 74, "rw", "4.2.0"
    HEARTBEAT_IVL = 75, "w", "4.2.0"
    HEARTBEAT_TTL = 76, "w", "4.2.0"
    HEARTBEAT_TIMEOUT = 77, "w", "4.2.0"
    XPUB_VERBOSER = 78, "w", "4.2.0"
    CONNECT_TIMEOUT = 79, "rw", "4.2.0"
    TCP_MAXRT = 80, "rw", "4.2.0"
    THREAD_SAFE = 81, "r", "4.2.0"
    MULTICAST_MAXTPDU = 84, "rw", "4.2.0"
    VMCI_BUFFER_SIZE = 85, "rw", "4.2.0"
    VMCI_BUFFER_MIN_SIZE = 86, "rw", "4.2.0"
    VMCI_BUFFER_MAX_SIZE = 87, "rw", "4.2.0"
    VMCI_CONNECT_TIMEOUT = 88, "rw", "4.2.0"
    USE_FD = 89, "rw", "4.2.0"
    GSSAPI_PRINCIPAL_NAMETYPE = 90, "rw", "4.2.3"
    GSSAPI_SERVICE_PRINCIPAL_NAMETYPE = 91, "rw", "4.2.3"
    BINDTODEVICE = 92, "rw", "4.2.3"
    ZAP_ENFORCE_DOMAIN = 93, "rw", "4.2.3 draft"
    LOOPBACK_FASTPATH = 94, "", "4.2.4 draft"
    METADATA = 95, "w", "4.2.4 draft"
    MULTICAST_LOOP = 96, "rw", "4.3.0 draft"
    ROUTER_NOTIFY = 97, "rw", "4.3.0 draft"
    XPUB_MANUAL_LAST_VALUE = 98, "w", "4.3.2 draft"
    SOCKS_USERNAME = 99, "w", "4.3.2 draft"
    SOCKS_PASSWORD = 100, "w", "4.3.2 draft"
    IN_BATCH_SIZE = 101, "rw", "4.3.2 draft"
    OUT_BATCH_SIZE = 102, "rw", "4.3.2 draft"
    WSS_KEY_PEM = 103, "", "4.3.3 draft"
    WSS_CERT_PEM = 104, "", "4.3.3 draft"
    WSS_TRUST_PEM = 105, "", "4.3.3 draft"
    WSS_HOSTNAME = 106, "", "4.3.3 draft"
    WSS_TRUST_SYSTEM = 107, "", "4.3.3 draft"
    ONLY_FIRST_SUBSCRIBE = 108, "w", "4.3.3 draft"
    RECONNECT_STOP = 109, "rw", "4.3.3 draft"
    HELLO_MSG = 110, "w", "4.3.3 draft"
    DISCONNECT_MSG = 111, "w", "4.3.3 draft"
    PRIORITY = 112, "rw", "4.3.4 draft"
    BUSY_POLL = 113, "w", "4.3.5 draft"
    HICCUP_MSG = 114, "w", "4.3.5 draft"
    XSUB_VERBOSE_UNSUBSCRIBE = 115, "w", "4.3.5 draft"
    TOPICS_COUNT = 116, "r", "4.3.5 draft"
    NORM_MODE = 117, "rw", "4.3.5 draft"
    NORM_UNICAST_NACK = 118, "rw", "4.3.5 draft"
    NORM_BUFFER_SIZE = 119, "rw", "4.3.5 draft"
    NORM_SEGMENT_SIZE = 120, "rw", "4.3.5 draft"
    NORM_BLOCK_SIZE = 121, "rw", "4.3.5 draft"
    NORM_NUM_PARITY = 122, "rw", "4.3.5 draft"
    NORM_NUM_AUTOPARITY = 123, "rw", "4.3.5 draft"
    NORM_PUSH = 124, "rw", "4.3.5 draft"

    CONNECT_RID = CONNECT_ROUTING_ID
    DELAY_ATTACH_ON_CONNECT = IMMEDIATE
    FAIL_UNROUTABLE = ROUTER_MANDATORY
    IDENTITY = ROUTING_ID
    ROUTER_BEHAVIOR = ROUTER_MANDATORY


AFFINITY: Final = SocketOption.AFFINITY
BACKLOG: Final = SocketOption.BACKLOG
BINDTODEVICE: Final = SocketOption.BINDTODEVICE
BLOCKY: Final = SocketOption.BLOCKY
BUSY_POLL: Final = SocketOption.BUSY_POLL
CONFLATE: Final = SocketOption.CONFLATE
CONNECT_RID: Final = SocketOption.CONNECT_RID
CONNECT_ROUTING_ID: Final = SocketOption.CONNECT_ROUTING_ID
CONNECT_TIMEOUT: Final = SocketOption.CONNECT_TIMEOUT
CURVE_PUBLICKEY: Final = SocketOption.CURVE_PUBLICKEY
CURVE_SECRETKEY: Final = SocketOption.CURVE_SECRETKEY
CURVE_SERVER: Final = SocketOption.CURVE_SERVER
CURVE_SERVERKEY: Final = SocketOption.CURVE_SERVERKEY
DELAY_ATTACH_ON_CONNECT: Final = SocketOption.DELAY_ATTACH_ON_CONNECT
DISCONNECT_MSG: Final = SocketOption.DISCONNECT_MSG
EVENTS: Final = SocketOption.EVENTS
FAIL_UNROUTABLE: Final = SocketOption.FAIL_UNROUTABLE
FD: Final = SocketOption.FD
GSSAPI_PLAINTEXT: Final = SocketOption.GSSAPI_PLAINTEXT
GSSAPI_PRINCIPAL: Final = SocketOption.GSSAPI_PRINCIPAL
GSSAPI_PRINCIPAL_NAMETYPE: Final = SocketOption.GSSAPI_PRINCIPAL_NAMETYPE
GSSAPI_SERVER: Final = SocketOption.GSSAPI_SERVER
GSSAPI_SERVICE_PRINCIPAL: Final = SocketOption.GSSAPI_SERVICE_PRINCIPAL
GSSAPI_SERVICE_PRINCIPAL_NAMETYPE: Final = SocketOption.GSSAPI_SERVICE_PRINCIPAL_NAMETYPE
HANDSHAKE_IVL: Final = SocketOption.HANDSHAKE_IVL
HEARTBEAT_IVL: Final = SocketOption.HEARTBEAT_IVL
HEARTBEAT_TIMEOUT: Final = SocketOption.HEARTBEAT_TIMEOUT
HEARTBEAT_TTL: Final = SocketOption.HEARTBEAT_TTL
HELLO_MSG: Final = SocketOption.HELLO_MSG
HICCUP_MSG: Final = SocketOption.HICCUP_MSG
HWM: Final = SocketOption.HWM
IDENTITY: Final = SocketOption.IDENTITY
IMMEDIATE: Final = SocketOption.IMMEDIATE
INVERT_MATCHING: Final = SocketOption.INVERT_MATCHING
IN_BATCH_SIZE: Final = SocketOption.IN_BATCH_SIZE
IPC_FILTER_GID: Final = SocketOption.IPC_FILTER_GID
IPC_FILTER_PID: Final = SocketOption.IPC_FILTER_PID
IPC_FILTER_UID: Final = SocketOption.IPC_FILTER_UID
IPV4ONLY: Final = SocketOption.IPV4ONLY
IPV6: Final = SocketOption.IPV6
LAST_ENDPOINT: Final = SocketOption.LAST_ENDPOINT
LINGER: Final = SocketOption.LINGER
LOOPBACK_FASTPATH: Final = SocketOption.LOOPBACK_FASTPATH
MAXMSGSIZE: Final = SocketOption.MAXMSGSIZE
MECHANISM: Final = SocketOption.MECHANISM
METADATA: Final = SocketOption.METADATA
MULTICAST_HOPS: Final = SocketOption.MULTICAST_HOPS
MULTICAST_LOOP: Final = SocketOption.MULTICAST_LOOP
MULTICAST_MAXTPDU: Final = SocketOption.MULTICAST_MAXTPDU
NORM_BLOCK_SIZE: Final = SocketOption.NORM_BLOCK_SIZE
NORM_BUFFER_SIZE: Final = SocketOption.NORM_BUFFER_SIZE
NORM_MODE: Final = SocketOption.NORM_MODE
NORM_NUM_AUTOPARITY: Final = SocketOption.NORM_NUM_AUTOPARITY
NORM_NUM_PARITY: Final = SocketOption.NORM_NUM_PARITY
NORM_PUSH: Final = SocketOption.NORM_PUSH
NORM_SEGMENT_SIZE: Final = SocketOption.NORM_SEGMENT_SIZE
NORM_UNICAST_NACK: Final = SocketOption.NORM_UNICAST_NACK
ONLY_FIRST_SUBSCRIBE: Final = SocketOption.ONLY_FIRST_SUBSCRIBE
OUT_BATCH_SIZE: Final = SocketOption.OUT_BATCH_SIZE
PLAIN_PASSWORD: Final = SocketOption.PLAIN_PASSWORD
PLAIN_SERVER: Final = SocketOption.PLAIN_SERVER
PLAIN_USERNAME: Final = SocketOption.PLAIN_USERNAME
PRIORITY: Final = SocketOption.PRIORITY
PROBE_ROUTER: Final = SocketOption.PROBE_ROUTER
RATE: Final = SocketOption.RATE
RCVBUF: Final = SocketOption.RCVBUF
RCVHWM: Final = SocketOption.RCVHWM
RCVMORE: Final = SocketOption.RCVMORE
RCVTIMEO: Final = SocketOption.RCVTIMEO
RECONNECT_IVL: Final = SocketOption.RECONNECT_IVL
RECONNECT_IVL_MAX: Final = SocketOption.RECONNECT_IVL_MAX
RECONNECT_STOP: Final = SocketOption.RECONNECT_STOP
RECOVERY_IVL: Final = SocketOption.RECOVERY_IVL
REQ_CORRELATE: Final = SocketOption.REQ_CORRELATE
REQ_RELAXED: Final = SocketOption.REQ_RELAXED
ROUTER_BEHAVIOR: Final = SocketOption.ROUTER_BEHAVIOR
ROUTER_HANDOVER: Final = SocketOption.ROUTER_HANDOVER
ROUTER_MANDATORY: Final = SocketOption.ROUTER_MANDATORY
ROUTER_NOTIFY: Final = SocketOption.ROUTER_NOTIFY
ROUTER_RAW: Final = SocketOption.ROUTER_RAW
ROUTING_ID: Final = SocketOption.ROUTING_ID
SNDBUF: Final = SocketOption.SNDBUF
SNDHWM: Final = SocketOption.SNDHWM
SNDTIMEO: Final = SocketOption.SNDTIMEO
SOCKS_PASSWORD: Final = SocketOption.SOCKS_PASSWORD
SOCKS_PROXY: Final = SocketOption.SOCKS_PROXY
SOCKS_USERNAME: Final = SocketOption.SOCKS_USERNAME
STREAM_NOTIFY: Final = SocketOption.STREAM_NOTIFY
SUBSCRIBE: Final = SocketOption.SUBSCRIBE
TCP_ACCEPT_FILTER: Final = SocketOption.TCP_ACCEPT_FILTER
TCP_KEEPALIVE: Final = SocketOption.TCP_KEEPALIVE
TCP_KEEPALIVE_CNT: Final = SocketOption.TCP_KEEPALIVE_CNT
TCP_KEEPALIVE_IDLE: Final = SocketOption.TCP_KEEPALIVE_IDLE
TCP_KEEPALIVE_INTVL: Final = SocketOption.TCP_KEEPALIVE_INTVL
TCP_MAXRT: Final = SocketOption.TCP_MAXRT
THREAD_SAFE: Final = SocketOption.THREAD_SAFE
TOPICS_COUNT: Final = SocketOption.TOPICS_COUNT
TOS: Final = SocketOption.TOS
TYPE: Final = SocketOption.TYPE
UNSUBSCRIBE: Final = SocketOption.UNSUBSCRIBE
USE_FD: Final = SocketOption.USE_FD
VMCI_BUFFER_MAX_SIZE: Final = SocketOption.VMCI_BUFFER_MAX_SIZE
VMCI_BUFFER_MIN_SIZE: Final = SocketOption.VMCI_BUFFER_MIN_SIZE
VMCI_BUFFER_SIZE: Final = SocketOption.VMCI_BUFFER_SIZE
VMCI_CONNECT_TIMEOUT: Final = SocketOption.VMCI_CONNECT_TIMEOUT
WSS_CERT_PEM: Final = SocketOption.WSS_CERT_PEM
WSS_HOSTNAME: Final = SocketOption.WSS_HOSTNAME
WSS_KEY_PEM: Final = SocketOption.WSS_KEY_PEM
WSS_TRUST_PEM: Final = SocketOption.WSS_TRUST_PEM
WSS_TRUST_SYSTEM: Final = SocketOption.WSS_TRUST_SYSTEM
XPUB_MANUAL: Final = SocketOption.XPUB_MANUAL
XPUB_MANUAL_LAST_VALUE: Final = SocketOption.XPUB_MANUAL_LAST_VALUE
XPUB_NODROP: Final = SocketOption.XPUB_NODROP
XPUB_VERBOSE: Final = SocketOption.XPUB_VERBOSE
XPUB_VERBOSER: Final = SocketOption.XPUB_VERBOSER
XPUB_WELCOME_MSG: Final = SocketOption.XPUB_WELCOME_MSG
XSUB_VERBOSE_UNSUBSCRIBE: Final = SocketOption.XSUB_VERBOSE_UNSUBSCRIBE
ZAP_DOMAIN: Final = SocketOption.ZAP_DOMAIN
ZAP_ENFORCE_DOMAIN: Final = SocketOption.ZAP_ENFORCE_DOMAIN
