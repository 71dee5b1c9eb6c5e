"""A socket's options as attributes, and what may be set on a socket besides."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Callable

from ..libzmq import numbers
from .descriptors import Option, Topic
from .lifecycle import Lifecycle
from .replaceable import UnknownAttribute, put, takes
from .sockopts import SocketOptions

if TYPE_CHECKING:
    from .descriptors import SecretKey

#: The interpreters on which a `__getattr__` does not slow down other attributes. On CPython 3.11
#: and older it would make each message take a quarter longer.
ASKING_IS_FREE = sys.version_info >= (3, 12) or sys.implementation.name == "pypy"

#: The methods that the fast path of a message or a poll bypasses.
PASSED_BY = frozenset(
    (
        "_poller_class",
        "get",
        "getsockopt",
        "recv",
        "recv_into",
        "recv_multipart",
        "send",
        "send_multipart",
    )
)
#: Attributes that are set too often to ask the class about them.
INNER = frozenset(Lifecycle.__slots__)


class SocketAttributes(SocketOptions):
    """The options of a socket, each as an attribute of the option's type.

    Attributes go by several spellings of their name: `rcvhwm`, `RCVHWM`, `Rcvhwm`.
    """

    __slots__ = ()

    _replaced: bool
    #: The attributes that make a socket `_replaced` when they are set on it.
    _passed_by: frozenset[str] = PASSED_BY
    #: The names of options whose attributes were deleted.
    _deleted: frozenset[str] = frozenset()
    _tell_sharers: Callable[[], None]

    if TYPE_CHECKING:
        # `_spell` below makes these from `SOCKET_OPTIONS`; spellings such as `Rcvhwm` exist too.
        affinity: Option[int]
        AFFINITY: Option[int]
        backlog: Option[int]
        BACKLOG: Option[int]
        bindtodevice: Option[bytes]
        BINDTODEVICE: Option[bytes]
        blocky: Option[int]
        BLOCKY: Option[int]
        busy_poll: Option[int]
        BUSY_POLL: Option[int]
        conflate: Option[int]
        CONFLATE: Option[int]
        connect_rid: Option[bytes]
        CONNECT_RID: Option[bytes]
        connect_routing_id: Option[bytes]
        CONNECT_ROUTING_ID: Option[bytes]
        connect_timeout: Option[int]
        CONNECT_TIMEOUT: Option[int]
        curve_publickey: Option[bytes]
        CURVE_PUBLICKEY: Option[bytes]
        curve_secretkey: SecretKey
        CURVE_SECRETKEY: SecretKey
        curve_server: Option[int]
        CURVE_SERVER: Option[int]
        curve_serverkey: Option[bytes]
        CURVE_SERVERKEY: Option[bytes]
        delay_attach_on_connect: Option[int]
        DELAY_ATTACH_ON_CONNECT: Option[int]
        disconnect_msg: Option[bytes]
        DISCONNECT_MSG: Option[bytes]
        events: Option[int]
        EVENTS: Option[int]
        fail_unroutable: Option[int]
        FAIL_UNROUTABLE: Option[int]
        fd: Option[int]
        FD: Option[int]
        gssapi_plaintext: Option[int]
        GSSAPI_PLAINTEXT: Option[int]
        gssapi_principal: Option[bytes]
        GSSAPI_PRINCIPAL: Option[bytes]
        gssapi_principal_nametype: Option[int]
        GSSAPI_PRINCIPAL_NAMETYPE: Option[int]
        gssapi_server: Option[int]
        GSSAPI_SERVER: Option[int]
        gssapi_service_principal: Option[bytes]
        GSSAPI_SERVICE_PRINCIPAL: Option[bytes]
        gssapi_service_principal_nametype: Option[int]
        GSSAPI_SERVICE_PRINCIPAL_NAMETYPE: Option[int]
        handshake_ivl: Option[int]
        HANDSHAKE_IVL: Option[int]
        heartbeat_ivl: Option[int]
        HEARTBEAT_IVL: Option[int]
        heartbeat_timeout: Option[int]
        HEARTBEAT_TIMEOUT: Option[int]
        heartbeat_ttl: Option[int]
        HEARTBEAT_TTL: Option[int]
        hello_msg: Option[bytes]
        HELLO_MSG: Option[bytes]
        hiccup_msg: Option[bytes]
        HICCUP_MSG: Option[bytes]
        identity: Option[bytes]
        IDENTITY: Option[bytes]
        immediate: Option[int]
        IMMEDIATE: Option[int]
        invert_matching: Option[int]
        INVERT_MATCHING: Option[int]
        in_batch_size: Option[int]
        IN_BATCH_SIZE: Option[int]
        ipc_filter_gid: Option[int]
        IPC_FILTER_GID: Option[int]
        ipc_filter_pid: Option[int]
        IPC_FILTER_PID: Option[int]
        ipc_filter_uid: Option[int]
        IPC_FILTER_UID: Option[int]
        ipv4only: Option[int]
        IPV4ONLY: Option[int]
        ipv6: Option[int]
        IPV6: Option[int]
        last_endpoint: Option[bytes]
        LAST_ENDPOINT: Option[bytes]
        linger: Option[int]
        LINGER: Option[int]
        loopback_fastpath: Option[int]
        LOOPBACK_FASTPATH: Option[int]
        maxmsgsize: Option[int]
        MAXMSGSIZE: Option[int]
        mechanism: Option[int]
        MECHANISM: Option[int]
        metadata: Option[bytes]
        METADATA: Option[bytes]
        multicast_hops: Option[int]
        MULTICAST_HOPS: Option[int]
        multicast_loop: Option[int]
        MULTICAST_LOOP: Option[int]
        multicast_maxtpdu: Option[int]
        MULTICAST_MAXTPDU: Option[int]
        norm_block_size: Option[int]
        NORM_BLOCK_SIZE: Option[int]
        norm_buffer_size: Option[int]
        NORM_BUFFER_SIZE: Option[int]
        norm_mode: Option[int]
        NORM_MODE: Option[int]
        norm_num_autoparity: Option[int]
        NORM_NUM_AUTOPARITY: Option[int]
        norm_num_parity: Option[int]
        NORM_NUM_PARITY: Option[int]
        norm_push: Option[int]
        NORM_PUSH: Option[int]
        norm_segment_size: Option[int]
        NORM_SEGMENT_SIZE: Option[int]
        norm_unicast_nack: Option[int]
        NORM_UNICAST_NACK: Option[int]
        only_first_subscribe: Option[int]
        ONLY_FIRST_SUBSCRIBE: Option[int]
        out_batch_size: Option[int]
        OUT_BATCH_SIZE: Option[int]
        plain_password: Option[bytes]
        PLAIN_PASSWORD: Option[bytes]
        plain_server: Option[int]
        PLAIN_SERVER: Option[int]
        plain_username: Option[bytes]
        PLAIN_USERNAME: Option[bytes]
        priority: Option[int]
        PRIORITY: Option[int]
        probe_router: Option[int]
        PROBE_ROUTER: Option[int]
        rate: Option[int]
        RATE: Option[int]
        rcvbuf: Option[int]
        RCVBUF: Option[int]
        rcvhwm: Option[int]
        RCVHWM: Option[int]
        rcvmore: Option[int]
        RCVMORE: Option[int]
        rcvtimeo: Option[int]
        RCVTIMEO: Option[int]
        reconnect_ivl: Option[int]
        RECONNECT_IVL: Option[int]
        reconnect_ivl_max: Option[int]
        RECONNECT_IVL_MAX: Option[int]
        reconnect_stop: Option[int]
        RECONNECT_STOP: Option[int]
        recovery_ivl: Option[int]
        RECOVERY_IVL: Option[int]
        req_correlate: Option[int]
        REQ_CORRELATE: Option[int]
        req_relaxed: Option[int]
        REQ_RELAXED: Option[int]
        router_behavior: Option[int]
        ROUTER_BEHAVIOR: Option[int]
        router_handover: Option[int]
        ROUTER_HANDOVER: Option[int]
        router_mandatory: Option[int]
        ROUTER_MANDATORY: Option[int]
        router_notify: Option[int]
        ROUTER_NOTIFY: Option[int]
        router_raw: Option[int]
        ROUTER_RAW: Option[int]
        routing_id: Option[bytes]
        ROUTING_ID: Option[bytes]
        sndbuf: Option[int]
        SNDBUF: Option[int]
        sndhwm: Option[int]
        SNDHWM: Option[int]
        sndtimeo: Option[int]
        SNDTIMEO: Option[int]
        socks_password: Option[bytes]
        SOCKS_PASSWORD: Option[bytes]
        socks_proxy: Option[bytes]
        SOCKS_PROXY: Option[bytes]
        socks_username: Option[bytes]
        SOCKS_USERNAME: Option[bytes]
        stream_notify: Option[int]
        STREAM_NOTIFY: Option[int]
        tcp_accept_filter: Option[bytes]
        TCP_ACCEPT_FILTER: Option[bytes]
        tcp_keepalive: Option[int]
        TCP_KEEPALIVE: Option[int]
        tcp_keepalive_cnt: Option[int]
        TCP_KEEPALIVE_CNT: Option[int]
        tcp_keepalive_idle: Option[int]
        TCP_KEEPALIVE_IDLE: Option[int]
        tcp_keepalive_intvl: Option[int]
        TCP_KEEPALIVE_INTVL: Option[int]
        tcp_maxrt: Option[int]
        TCP_MAXRT: Option[int]
        thread_safe: Option[int]
        THREAD_SAFE: Option[int]
        topics_count: Option[int]
        TOPICS_COUNT: Option[int]
        tos: Option[int]
        TOS: Option[int]
        use_fd: Option[int]
        USE_FD: Option[int]
        vmci_buffer_max_size: Option[int]
        VMCI_BUFFER_MAX_SIZE: Option[int]
        vmci_buffer_min_size: Option[int]
        VMCI_BUFFER_MIN_SIZE: Option[int]
        vmci_buffer_size: Option[int]
        VMCI_BUFFER_SIZE: Option[int]
        vmci_connect_timeout: Option[int]
        VMCI_CONNECT_TIMEOUT: Option[int]
        wss_cert_pem: Option[bytes]
        WSS_CERT_PEM: Option[bytes]
        wss_hostname: Option[bytes]
        WSS_HOSTNAME: Option[bytes]
        wss_key_pem: Option[bytes]
        WSS_KEY_PEM: Option[bytes]
        wss_trust_pem: Option[bytes]
        WSS_TRUST_PEM: Option[bytes]
        wss_trust_system: Option[int]
        WSS_TRUST_SYSTEM: Option[int]
        xpub_manual: Option[int]
        XPUB_MANUAL: Option[int]
        xpub_manual_last_value: Option[int]
        XPUB_MANUAL_LAST_VALUE: Option[int]
        xpub_nodrop: Option[int]
        XPUB_NODROP: Option[int]
        xpub_verbose: Option[int]
        XPUB_VERBOSE: Option[int]
        xpub_verboser: Option[int]
        XPUB_VERBOSER: Option[int]
        xpub_welcome_msg: Option[bytes]
        XPUB_WELCOME_MSG: Option[bytes]
        xsub_verbose_unsubscribe: Option[int]
        XSUB_VERBOSE_UNSUBSCRIBE: Option[int]
        zap_domain: Option[bytes]
        ZAP_DOMAIN: Option[bytes]
        zap_enforce_domain: Option[int]
        ZAP_ENFORCE_DOMAIN: Option[int]
        HWM: Option[int]
        SUBSCRIBE: Topic
        TYPE: Option[int]
        UNSUBSCRIBE: Topic

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._passed_by:
            put(self, "_replaced", True)
            self._tell_sharers()
        elif name not in INNER and not takes(self, name):
            raise UnknownAttribute(type(self), name, numbers.SOCKET_OPTIONS)
        put(self, name, value)

    def _get_attr_opt(self, name: str, opt: int) -> Any:
        return self.get(opt)

    def _set_attr_opt(self, name: str, opt: int, value: Any) -> None:
        self.set(opt, value)

    def get_hwm(self) -> int:
        """Return the high-water mark, in messages.

        Source: pyzmq `Socket.get_hwm`.
        """
        value: int = self.get(numbers.SNDHWM)
        return value

    def set_hwm(self, value: int) -> None:
        """Set the high-water marks of both directions.

        Parameters
        ----------
        value : int
            The most messages that wait in each direction; 0 is no limit.

        Raises
        ------
        TypeError
            When it is no number.
        OverflowError
            When it has more than 32 bits.
        ZMQError
            EINVAL when it is less than 0, ENOTSOCK when the socket is closed.

        Source: pyzmq `Socket.set_hwm`.
        """
        self.sndhwm = value
        self.rcvhwm = value

    @property
    def hwm(self) -> int:
        """The high-water mark in messages: SNDHWM to get, both SNDHWM and RCVHWM to set.

        Source: pyzmq `Socket.hwm`.
        """
        if self._replaced and "HWM" in self._deleted:
            raise AttributeError("hwm was deleted: set it first")
        return SocketAttributes.get_hwm(self)

    @hwm.setter
    def hwm(self, value: int) -> None:
        SocketAttributes.set_hwm(self, value)
        self._deleted -= {"HWM"}

    @hwm.deleter
    def hwm(self) -> None:
        self._deleted |= {"HWM"}
        put(self, "_replaced", True)

    @Topic
    def subscribe(self, topic: str | bytes) -> None:
        """Receive the messages that begin with a topic.

        Parameters
        ----------
        topic : str or bytes
            How the messages begin; an empty one takes all.

        Raises
        ------
        ZMQError
            EINVAL when this is no SUB socket.
        TypeError
            When the topic is neither str nor bytes.

        Source: libzmq `zmq_setsockopt` (ZMQ_SUBSCRIBE), pyzmq `Socket.subscribe`.
        """
        self.set(numbers.SUBSCRIBE, topic.encode() if isinstance(topic, str) else topic)

    @Topic
    def unsubscribe(self, topic: str | bytes) -> None:
        """Undo one `subscribe` to a topic.

        Parameters
        ----------
        topic : str or bytes
            The topic as it was subscribed to.

        Raises
        ------
        ZMQError
            EINVAL when this is no SUB socket, or it was not subscribed to the topic.
        TypeError
            When the topic is neither str nor bytes.

        Source: libzmq `zmq_setsockopt` (ZMQ_UNSUBSCRIBE), pyzmq `Socket.unsubscribe`.
        """
        self.set(numbers.UNSUBSCRIBE, topic.encode() if isinstance(topic, str) else topic)


def _missing(self: SocketAttributes, name: str) -> Any:
    """Suggest the option that was perhaps meant, or repeat the error of an existing attribute."""
    attribute: Any = getattr(type(self), name, None)
    if hasattr(attribute, "__get__"):
        return attribute.__get__(self, type(self))
    raise UnknownAttribute(type(self), name, numbers.SOCKET_OPTIONS)


if ASKING_IS_FREE:
    setattr(SocketAttributes, "__getattr__", _missing)  # noqa: B010, type checkers must not see it


def _spell() -> None:
    """Make an attribute of each option, in every spelling."""
    for name, (option, _) in numbers.SOCKET_OPTIONS.items():
        attribute = vars(SocketAttributes).get(name.lower())
        if attribute is None:
            attribute = Option(name, option)
            if name != "TYPE":  # `type` is a property of its own
                setattr(SocketAttributes, name.lower(), attribute)
        for spelling in (name, name.capitalize()):
            setattr(SocketAttributes, spelling, attribute)


_spell()
