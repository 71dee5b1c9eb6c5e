"""A socket's options as methods and as attributes."""

from __future__ import annotations

from operator import index
from types import MethodType

from ..enums import Errno, SocketOption, _OptType
from ..error import ZMQError
from ..libzmq.provider import calls
from ..libzmq.typed import Generic, TypeVar, overload
from .options import KINDS, describe, kind, read, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

T = TypeVar("T", int, bytes)


def attribute(socket: SocketAttributes, option: SocketOption) -> Any:
    """Read an option as an attribute.

    Raises
    ------
    AttributeError
        When the option cannot be read from this socket, so that `hasattr` is false.
    ZMQError
        For any other failure, such as a closed socket.
    """
    try:
        return socket.get(option)
    except ZMQError as error:
        if error.errno in (Errno.EINVAL, Errno.EFAULT):
            raise AttributeError(str(error)) from error
        raise


class Option(Generic[T]):
    """An attribute of sockets that gets and sets an option."""

    __slots__ = ("_option",)

    def __init__(self, option: SocketOption) -> None:
        self._option = option

    @overload
    def __get__(self, socket: None, owner: type) -> Option[T]: ...
    @overload
    def __get__(self, socket: SocketAttributes, owner: type) -> T: ...
    def __get__(self, socket: SocketAttributes | None, owner: type) -> Option[T] | T:
        if socket is None:
            return self
        value: T = attribute(socket, self._option)
        return value

    def __set__(self, socket: SocketAttributes, value: T) -> None:
        socket.set(self._option, value)


class Topic:
    """A method that does the same when it is assigned to: `socket.subscribe = "topic"`."""

    def __init__(self, method: Callable[[Any, str | bytes], None]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    def __get__(self, socket: Any, owner: type) -> Callable[..., None]:
        return self._method if socket is None else MethodType(self._method, socket)

    def __set__(self, socket: Any, topic: str | bytes) -> None:
        self._method(socket, topic)


class SocketAttributes:
    """The options of a socket: by number, and each as an attribute of the option's type.

    Attributes go by several spellings of their name: `rcvhwm`, `RCVHWM`, `Rcvhwm`.
    """

    __slots__ = ()

    _address: int
    _handle: Any
    _error: Callable[[int], ZMQError]
    _draft_fd: Callable[[], int]
    _slow_down: Callable[[], None]
    _thread_safe: Callable[[], bool]
    _draft_poller: Any

    if TYPE_CHECKING:
        # The other spellings of the options below, which are added to the class further down.
        def __getattr__(self, name: str) -> Any: ...

    def get(self, option: int) -> Any:
        """Read an option.

        Parameters
        ----------
        option : int
            A `SocketOption`, or the number of one that is not known here, which is read as an int.

        Returns
        -------
        int or bytes
            As the option's type has it; text without its final NUL.

        Raises
        ------
        ZMQError
            EINVAL when it cannot be read from this socket, ENOTSOCK when the socket is closed.

        Source: libzmq `zmq_getsockopt`, pyzmq `Socket.get`.
        """
        number = index(option)
        if KINDS.get(number) is _OptType.int:
            value = calls.try_get(self._handle, number)
            if value is not None:
                return value
        if not self._address:
            raise self._error(Errno.ENOTSOCK)
        if option == SocketOption.FD and not self._handle and self._thread_safe():
            return self._draft_fd()
        if option == SocketOption.EVENTS and self._draft_poller is not None:
            self._draft_poller.take_news()
        return read(self._address, number)

    getsockopt = get

    def set(self, option: int, optval: Any) -> None:
        """Set an option. Most matter only for the binds and connects that follow.

        Parameters
        ----------
        option : int
            A `SocketOption`, or the number of one that is not known here, which takes an int.
        optval : int or bytes
            As the option's type has it.

        Raises
        ------
        TypeError, OverflowError
            When the value is of another type or does not fit.
        ZMQError
            EINVAL when the option or value does not fit the socket, ENOTSOCK when it is closed.

        Source: libzmq `zmq_setsockopt`, pyzmq `Socket.set`.
        """
        if not self._address:
            raise self._error(Errno.ENOTSOCK)
        write(self._address, index(option), optval)
        if option == SocketOption.CONFLATE and optval:
            self._slow_down()

    setsockopt = set

    def get_string(self, option: int, encoding: str = "utf-8") -> str:
        """Read an option as text.

        Parameters
        ----------
        option : int
            A `SocketOption` whose value is bytes.
        encoding : str
            How its bytes become text.

        Returns
        -------
        str

        Raises
        ------
        TypeError
            When the option is a number.
        ZMQError
            As `get` does.

        Source: pyzmq `Socket.get_string`.
        """
        if kind(option) is not _OptType.bytes:
            raise TypeError(f"{describe(option)} is a number, not text: use get")
        value: bytes = self.get(option)
        return value.decode(encoding)

    getsockopt_string = getsockopt_unicode = get_string

    def set_string(self, option: int, optval: str, encoding: str = "utf-8") -> None:
        """Set an option to text.

        Parameters
        ----------
        option : int
            A `SocketOption` whose value is bytes.
        optval : str
            The text.
        encoding : str
            How it becomes bytes.

        Raises
        ------
        TypeError
            When `optval` is no str.
        ZMQError
            As `set` does.

        Source: pyzmq `Socket.set_string`.
        """
        if not isinstance(optval, str):
            raise TypeError(f"{describe(option)}: expected str, got {optval!r:.60}")
        self.set(option, optval.encode(encoding))

    setsockopt_string = setsockopt_unicode = set_string

    @property
    def hwm(self) -> int:
        """The high-water mark in messages: SNDHWM to get, both SNDHWM and RCVHWM to set.

        Source: pyzmq `Socket.hwm`.
        """
        return self.sndhwm

    @hwm.setter
    def hwm(self, value: int) -> None:
        self.sndhwm = value
        self.rcvhwm = value

    def get_hwm(self) -> int:
        """Return the high-water mark, in messages.

        Source: pyzmq `Socket.get_hwm`.
        """
        return self.hwm

    def set_hwm(self, value: int) -> None:
        """Set the high-water marks of both directions.

        Parameters
        ----------
        value : int
            The most messages that wait in each direction; 0 is no limit.

        Raises
        ------
        TypeError, OverflowError, ZMQError
            As `set` does.

        Source: pyzmq `Socket.set_hwm`.
        """
        self.hwm = value

    affinity = Option[int](SocketOption.AFFINITY)
    backlog = Option[int](SocketOption.BACKLOG)
    bindtodevice = Option[bytes](SocketOption.BINDTODEVICE)
    blocky = Option[int](SocketOption.BLOCKY)
    busy_poll = Option[int](SocketOption.BUSY_POLL)
    conflate = Option[int](SocketOption.CONFLATE)
    connect_rid = Option[bytes](SocketOption.CONNECT_RID)
    connect_routing_id = Option[bytes](SocketOption.CONNECT_ROUTING_ID)
    connect_timeout = Option[int](SocketOption.CONNECT_TIMEOUT)
    curve_publickey = Option[bytes](SocketOption.CURVE_PUBLICKEY)
    curve_secretkey = Option[bytes](SocketOption.CURVE_SECRETKEY)
    curve_server = Option[int](SocketOption.CURVE_SERVER)
    curve_serverkey = Option[bytes](SocketOption.CURVE_SERVERKEY)
    delay_attach_on_connect = Option[int](SocketOption.DELAY_ATTACH_ON_CONNECT)
    disconnect_msg = Option[bytes](SocketOption.DISCONNECT_MSG)
    events = Option[int](SocketOption.EVENTS)
    fail_unroutable = Option[int](SocketOption.FAIL_UNROUTABLE)
    fd = Option[int](SocketOption.FD)
    gssapi_plaintext = Option[int](SocketOption.GSSAPI_PLAINTEXT)
    gssapi_principal = Option[bytes](SocketOption.GSSAPI_PRINCIPAL)
    gssapi_principal_nametype = Option[int](SocketOption.GSSAPI_PRINCIPAL_NAMETYPE)
    gssapi_server = Option[int](SocketOption.GSSAPI_SERVER)
    gssapi_service_principal = Option[bytes](SocketOption.GSSAPI_SERVICE_PRINCIPAL)
    gssapi_service_principal_nametype = Option[int](SocketOption.GSSAPI_SERVICE_PRINCIPAL_NAMETYPE)
    handshake_ivl = Option[int](SocketOption.HANDSHAKE_IVL)
    heartbeat_ivl = Option[int](SocketOption.HEARTBEAT_IVL)
    heartbeat_timeout = Option[int](SocketOption.HEARTBEAT_TIMEOUT)
    heartbeat_ttl = Option[int](SocketOption.HEARTBEAT_TTL)
    hello_msg = Option[bytes](SocketOption.HELLO_MSG)
    hiccup_msg = Option[bytes](SocketOption.HICCUP_MSG)
    identity = Option[bytes](SocketOption.IDENTITY)
    immediate = Option[int](SocketOption.IMMEDIATE)
    invert_matching = Option[int](SocketOption.INVERT_MATCHING)
    in_batch_size = Option[int](SocketOption.IN_BATCH_SIZE)
    ipc_filter_gid = Option[int](SocketOption.IPC_FILTER_GID)
    ipc_filter_pid = Option[int](SocketOption.IPC_FILTER_PID)
    ipc_filter_uid = Option[int](SocketOption.IPC_FILTER_UID)
    ipv4only = Option[int](SocketOption.IPV4ONLY)
    ipv6 = Option[int](SocketOption.IPV6)
    last_endpoint = Option[bytes](SocketOption.LAST_ENDPOINT)
    linger = Option[int](SocketOption.LINGER)
    loopback_fastpath = Option[int](SocketOption.LOOPBACK_FASTPATH)
    maxmsgsize = Option[int](SocketOption.MAXMSGSIZE)
    mechanism = Option[int](SocketOption.MECHANISM)
    metadata = Option[bytes](SocketOption.METADATA)
    multicast_hops = Option[int](SocketOption.MULTICAST_HOPS)
    multicast_loop = Option[int](SocketOption.MULTICAST_LOOP)
    multicast_maxtpdu = Option[int](SocketOption.MULTICAST_MAXTPDU)
    norm_block_size = Option[int](SocketOption.NORM_BLOCK_SIZE)
    norm_buffer_size = Option[int](SocketOption.NORM_BUFFER_SIZE)
    norm_mode = Option[int](SocketOption.NORM_MODE)
    norm_num_autoparity = Option[int](SocketOption.NORM_NUM_AUTOPARITY)
    norm_num_parity = Option[int](SocketOption.NORM_NUM_PARITY)
    norm_push = Option[int](SocketOption.NORM_PUSH)
    norm_segment_size = Option[int](SocketOption.NORM_SEGMENT_SIZE)
    norm_unicast_nack = Option[int](SocketOption.NORM_UNICAST_NACK)
    only_first_subscribe = Option[int](SocketOption.ONLY_FIRST_SUBSCRIBE)
    out_batch_size = Option[int](SocketOption.OUT_BATCH_SIZE)
    plain_password = Option[bytes](SocketOption.PLAIN_PASSWORD)
    plain_server = Option[int](SocketOption.PLAIN_SERVER)
    plain_username = Option[bytes](SocketOption.PLAIN_USERNAME)
    priority = Option[int](SocketOption.PRIORITY)
    probe_router = Option[int](SocketOption.PROBE_ROUTER)
    rate = Option[int](SocketOption.RATE)
    rcvbuf = Option[int](SocketOption.RCVBUF)
    rcvhwm = Option[int](SocketOption.RCVHWM)
    rcvmore = Option[int](SocketOption.RCVMORE)
    rcvtimeo = Option[int](SocketOption.RCVTIMEO)
    reconnect_ivl = Option[int](SocketOption.RECONNECT_IVL)
    reconnect_ivl_max = Option[int](SocketOption.RECONNECT_IVL_MAX)
    reconnect_stop = Option[int](SocketOption.RECONNECT_STOP)
    recovery_ivl = Option[int](SocketOption.RECOVERY_IVL)
    req_correlate = Option[int](SocketOption.REQ_CORRELATE)
    req_relaxed = Option[int](SocketOption.REQ_RELAXED)
    router_behavior = Option[int](SocketOption.ROUTER_BEHAVIOR)
    router_handover = Option[int](SocketOption.ROUTER_HANDOVER)
    router_mandatory = Option[int](SocketOption.ROUTER_MANDATORY)
    router_notify = Option[int](SocketOption.ROUTER_NOTIFY)
    router_raw = Option[int](SocketOption.ROUTER_RAW)
    routing_id = Option[bytes](SocketOption.ROUTING_ID)
    sndbuf = Option[int](SocketOption.SNDBUF)
    sndhwm = Option[int](SocketOption.SNDHWM)
    sndtimeo = Option[int](SocketOption.SNDTIMEO)
    socks_password = Option[bytes](SocketOption.SOCKS_PASSWORD)
    socks_proxy = Option[bytes](SocketOption.SOCKS_PROXY)
    socks_username = Option[bytes](SocketOption.SOCKS_USERNAME)
    stream_notify = Option[int](SocketOption.STREAM_NOTIFY)
    tcp_accept_filter = Option[bytes](SocketOption.TCP_ACCEPT_FILTER)
    tcp_keepalive = Option[int](SocketOption.TCP_KEEPALIVE)
    tcp_keepalive_cnt = Option[int](SocketOption.TCP_KEEPALIVE_CNT)
    tcp_keepalive_idle = Option[int](SocketOption.TCP_KEEPALIVE_IDLE)
    tcp_keepalive_intvl = Option[int](SocketOption.TCP_KEEPALIVE_INTVL)
    tcp_maxrt = Option[int](SocketOption.TCP_MAXRT)
    thread_safe = Option[int](SocketOption.THREAD_SAFE)
    topics_count = Option[int](SocketOption.TOPICS_COUNT)
    tos = Option[int](SocketOption.TOS)
    use_fd = Option[int](SocketOption.USE_FD)
    vmci_buffer_max_size = Option[int](SocketOption.VMCI_BUFFER_MAX_SIZE)
    vmci_buffer_min_size = Option[int](SocketOption.VMCI_BUFFER_MIN_SIZE)
    vmci_buffer_size = Option[int](SocketOption.VMCI_BUFFER_SIZE)
    vmci_connect_timeout = Option[int](SocketOption.VMCI_CONNECT_TIMEOUT)
    wss_cert_pem = Option[bytes](SocketOption.WSS_CERT_PEM)
    wss_hostname = Option[bytes](SocketOption.WSS_HOSTNAME)
    wss_key_pem = Option[bytes](SocketOption.WSS_KEY_PEM)
    wss_trust_pem = Option[bytes](SocketOption.WSS_TRUST_PEM)
    wss_trust_system = Option[int](SocketOption.WSS_TRUST_SYSTEM)
    xpub_manual = Option[int](SocketOption.XPUB_MANUAL)
    xpub_manual_last_value = Option[int](SocketOption.XPUB_MANUAL_LAST_VALUE)
    xpub_nodrop = Option[int](SocketOption.XPUB_NODROP)
    xpub_verbose = Option[int](SocketOption.XPUB_VERBOSE)
    xpub_verboser = Option[int](SocketOption.XPUB_VERBOSER)
    xpub_welcome_msg = Option[bytes](SocketOption.XPUB_WELCOME_MSG)
    xsub_verbose_unsubscribe = Option[int](SocketOption.XSUB_VERBOSE_UNSUBSCRIBE)
    zap_domain = Option[bytes](SocketOption.ZAP_DOMAIN)
    zap_enforce_domain = Option[int](SocketOption.ZAP_ENFORCE_DOMAIN)

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
        self.set(SocketOption.SUBSCRIBE, topic.encode() if isinstance(topic, str) else topic)

    @Topic
    def unsubscribe(self, topic: str | bytes) -> None:
        """Take back one `subscribe` of a topic.

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
        self.set(SocketOption.UNSUBSCRIBE, topic.encode() if isinstance(topic, str) else topic)


def _spell() -> None:
    """Let each option go by its other spellings too.

    A `__getattr__` would find them all, but its mere presence slows every attribute of a class.
    """
    for name, option in SocketOption.__members__.items():
        attribute = vars(SocketAttributes).get(name.lower()) or Option(option)
        for spelling in (name, name.capitalize()):
            setattr(SocketAttributes, spelling, attribute)


_spell()
