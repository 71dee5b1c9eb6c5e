"""The numbers of zmq.h that the package itself needs, as plain ints.

The enums of `constants` have all numbers, with types and releases. Making those would add a sixth
to the time of the import, so they are made when a program asks for the first of them.
"""

from __future__ import annotations

import errno
import sys

# -- Errors ----------------------------------------------------------------------------------------

#: The first of libzmq's own error numbers, which are above all those of the system.
_HAUSNUMERO = 156384712

EAGAIN = errno.EAGAIN
EFAULT = errno.EFAULT
EINVAL = errno.EINVAL
if sys.platform == "win32":
    # On Windows libzmq uses the numbers of the C runtime's errno.h, Python's `errno` those of WSA.
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

# -- Context options -------------------------------------------------------------------------------

CONTEXT_OPTIONS: dict[str, int] = {
    "IO_THREADS": 1,
    "MAX_SOCKETS": 2,
    "SOCKET_LIMIT": 3,
    "THREAD_SCHED_POLICY": 4,
    "MAX_MSGSZ": 5,
    "MSG_T_SIZE": 6,
    "THREAD_AFFINITY_CPU_ADD": 7,
    "THREAD_AFFINITY_CPU_REMOVE": 8,
    "THREAD_NAME_PREFIX": 9,
    "THREAD_PRIORITY": 3,
}
IO_THREADS = 1
MAX_SOCKETS = 2
THREAD_PRIORITY = 3
THREAD_SCHED_POLICY = 4

# -- Socket types ----------------------------------------------------------------------------------

PAIR = 0
REP = 4
SERVER = 12
DGRAM = 18
CHANNEL = 20

# -- Socket options --------------------------------------------------------------------------------

INT, INT64, BYTES, DESCRIPTOR = "int", "int64", "bytes", "fd"

#: Name -> number, type of the value.
SOCKET_OPTIONS: dict[str, tuple[int, str]] = {
    "HWM": (1, INT),
    "AFFINITY": (4, INT64),
    "ROUTING_ID": (5, BYTES),
    "SUBSCRIBE": (6, BYTES),
    "UNSUBSCRIBE": (7, BYTES),
    "RATE": (8, INT),
    "RECOVERY_IVL": (9, INT),
    "SNDBUF": (11, INT),
    "RCVBUF": (12, INT),
    "RCVMORE": (13, INT),
    "FD": (14, DESCRIPTOR),
    "EVENTS": (15, INT),
    "TYPE": (16, INT),
    "LINGER": (17, INT),
    "RECONNECT_IVL": (18, INT),
    "BACKLOG": (19, INT),
    "RECONNECT_IVL_MAX": (21, INT),
    "MAXMSGSIZE": (22, INT64),
    "SNDHWM": (23, INT),
    "RCVHWM": (24, INT),
    "MULTICAST_HOPS": (25, INT),
    "RCVTIMEO": (27, INT),
    "SNDTIMEO": (28, INT),
    "IPV4ONLY": (31, INT),
    "LAST_ENDPOINT": (32, BYTES),
    "ROUTER_MANDATORY": (33, INT),
    "TCP_KEEPALIVE": (34, INT),
    "TCP_KEEPALIVE_CNT": (35, INT),
    "TCP_KEEPALIVE_IDLE": (36, INT),
    "TCP_KEEPALIVE_INTVL": (37, INT),
    "TCP_ACCEPT_FILTER": (38, BYTES),
    "IMMEDIATE": (39, INT),
    "XPUB_VERBOSE": (40, INT),
    "ROUTER_RAW": (41, INT),
    "IPV6": (42, INT),
    "MECHANISM": (43, INT),
    "PLAIN_SERVER": (44, INT),
    "PLAIN_USERNAME": (45, BYTES),
    "PLAIN_PASSWORD": (46, BYTES),
    "CURVE_SERVER": (47, INT),
    "CURVE_PUBLICKEY": (48, BYTES),
    "CURVE_SECRETKEY": (49, BYTES),
    "CURVE_SERVERKEY": (50, BYTES),
    "PROBE_ROUTER": (51, INT),
    "REQ_CORRELATE": (52, INT),
    "REQ_RELAXED": (53, INT),
    "CONFLATE": (54, INT),
    "ZAP_DOMAIN": (55, BYTES),
    "ROUTER_HANDOVER": (56, INT),
    "TOS": (57, INT),
    "IPC_FILTER_PID": (58, INT),
    "IPC_FILTER_UID": (59, INT),
    "IPC_FILTER_GID": (60, INT),
    "CONNECT_ROUTING_ID": (61, BYTES),
    "GSSAPI_SERVER": (62, INT),
    "GSSAPI_PRINCIPAL": (63, BYTES),
    "GSSAPI_SERVICE_PRINCIPAL": (64, BYTES),
    "GSSAPI_PLAINTEXT": (65, INT),
    "HANDSHAKE_IVL": (66, INT),
    "SOCKS_PROXY": (68, BYTES),
    "XPUB_NODROP": (69, INT),
    "BLOCKY": (70, INT),
    "XPUB_MANUAL": (71, INT),
    "XPUB_WELCOME_MSG": (72, BYTES),
    "STREAM_NOTIFY": (73, INT),
    "INVERT_MATCHING": (74, INT),
    "HEARTBEAT_IVL": (75, INT),
    "HEARTBEAT_TTL": (76, INT),
    "HEARTBEAT_TIMEOUT": (77, INT),
    "XPUB_VERBOSER": (78, INT),
    "CONNECT_TIMEOUT": (79, INT),
    "TCP_MAXRT": (80, INT),
    "THREAD_SAFE": (81, INT),
    "MULTICAST_MAXTPDU": (84, INT),
    "VMCI_BUFFER_SIZE": (85, INT64),
    "VMCI_BUFFER_MIN_SIZE": (86, INT64),
    "VMCI_BUFFER_MAX_SIZE": (87, INT64),
    "VMCI_CONNECT_TIMEOUT": (88, INT),
    "USE_FD": (89, INT),
    "GSSAPI_PRINCIPAL_NAMETYPE": (90, INT),
    "GSSAPI_SERVICE_PRINCIPAL_NAMETYPE": (91, INT),
    "BINDTODEVICE": (92, BYTES),
    "ZAP_ENFORCE_DOMAIN": (93, INT),
    "LOOPBACK_FASTPATH": (94, INT),
    "METADATA": (95, BYTES),
    "MULTICAST_LOOP": (96, INT),
    "ROUTER_NOTIFY": (97, INT),
    "XPUB_MANUAL_LAST_VALUE": (98, INT),
    "SOCKS_USERNAME": (99, BYTES),
    "SOCKS_PASSWORD": (100, BYTES),
    "IN_BATCH_SIZE": (101, INT),
    "OUT_BATCH_SIZE": (102, INT),
    "WSS_KEY_PEM": (103, BYTES),
    "WSS_CERT_PEM": (104, BYTES),
    "WSS_TRUST_PEM": (105, BYTES),
    "WSS_HOSTNAME": (106, BYTES),
    "WSS_TRUST_SYSTEM": (107, INT),
    "ONLY_FIRST_SUBSCRIBE": (108, INT),
    "RECONNECT_STOP": (109, INT),
    "HELLO_MSG": (110, BYTES),
    "DISCONNECT_MSG": (111, BYTES),
    "PRIORITY": (112, INT),
    "BUSY_POLL": (113, INT),
    "HICCUP_MSG": (114, BYTES),
    "XSUB_VERBOSE_UNSUBSCRIBE": (115, INT),
    "TOPICS_COUNT": (116, INT),
    "NORM_MODE": (117, INT),
    "NORM_UNICAST_NACK": (118, INT),
    "NORM_BUFFER_SIZE": (119, INT),
    "NORM_SEGMENT_SIZE": (120, INT),
    "NORM_BLOCK_SIZE": (121, INT),
    "NORM_NUM_PARITY": (122, INT),
    "NORM_NUM_AUTOPARITY": (123, INT),
    "NORM_PUSH": (124, INT),
    "CONNECT_RID": (61, BYTES),
    "DELAY_ATTACH_ON_CONNECT": (39, INT),
    "FAIL_UNROUTABLE": (33, INT),
    "IDENTITY": (5, BYTES),
    "ROUTER_BEHAVIOR": (33, INT),
}
#: Number -> type of the value.
KINDS: dict[int, str] = dict(SOCKET_OPTIONS.values())

AFFINITY = 4
ROUTING_ID = 5
SUBSCRIBE = 6
UNSUBSCRIBE = 7
RCVMORE = 13
FD = 14
EVENTS = 15
TYPE = 16
LINGER = 17
SNDHWM = 23
RCVHWM = 24
RCVTIMEO = 27
SNDTIMEO = 28
IPV6 = 42
CURVE_PUBLICKEY = 48
CURVE_SECRETKEY = 49
CURVE_SERVERKEY = 50
CONFLATE = 54
THREAD_SAFE = 81
VMCI_BUFFER_SIZE = 85
VMCI_BUFFER_MIN_SIZE = 86
VMCI_BUFFER_MAX_SIZE = 87
USE_FD = 89

# -- Messages --------------------------------------------------------------------------------------

SRCFD = 2
SHARED = 3

# -- Send, receive, poll ---------------------------------------------------------------------------

SNDMORE = 2
POLLIN = 1
POLLOUT = 2
POLLERR = 4
