"""What each option of a socket means: for `help`, and for the page of the constants.

Only they import it: it is text alone.
"""

from __future__ import annotations

#: Name -> meaning, unit of the value, default.
MEANINGS: dict[str, tuple[str, str, str]] = {
    "AFFINITY": ("the I/O threads that serve the connections, a bit for each; 0 is all", "", "0"),
    "BACKLOG": ("connections that wait to be accepted", "connections", "100"),
    "BINDTODEVICE": ("the network device, or VRF, that is used alone", "", "none"),
    "BLOCKY": ("an option of contexts, not of sockets", "", "1"),
    "BUSY_POLL": ("how long the kernel looks for packets by itself", "µs", "0"),
    "CONFLATE": ("keep the last message only, in each direction; no multipart", "", "0"),
    "CONNECT_ROUTING_ID": ("the name that the next peer connected to gets in this ROUTER", "", ""),
    "CONNECT_TIMEOUT": ("how long connecting may take; 0 leaves it to the system", "ms", "0"),
    "CURVE_PUBLICKEY": ("this client's public key, as 40 letters or 32 bytes", "", "none"),
    "CURVE_SECRETKEY": ("this socket's secret key, as 40 letters or 32 bytes", "", "none"),
    "CURVE_SERVER": ("be the side whose key the others know, and ask for CURVE", "", "0"),
    "CURVE_SERVERKEY": ("the server's public key: makes this socket a CURVE client", "", "none"),
    "DISCONNECT_MSG": ("what this socket seems to receive when a peer is gone", "", "none"),
    "EVENTS": ("what can be done without waiting: POLLIN, POLLOUT", "PollEvent", ""),
    "FD": ("the descriptor that becomes readable when EVENTS may have changed", "descriptor", ""),
    "GSSAPI_PLAINTEXT": ("GSSAPI authenticates, but does not encrypt", "", "0"),
    "GSSAPI_PRINCIPAL": ("the name that this socket has for GSSAPI", "", "none"),
    "GSSAPI_PRINCIPAL_NAMETYPE": ("what kind of name GSSAPI_PRINCIPAL is", "", "0: host based"),
    "GSSAPI_SERVER": ("be the server of GSSAPI", "", "0"),
    "GSSAPI_SERVICE_PRINCIPAL": ("the name of the server, for a client of GSSAPI", "", "none"),
    "GSSAPI_SERVICE_PRINCIPAL_NAMETYPE": ("what kind of name that is", "", "0: host based"),
    "HANDSHAKE_IVL": ("how long a handshake may take; 0 is for ever", "ms", "30000"),
    "HEARTBEAT_IVL": ("time between two PINGs of libzmq to a peer; 0 is none", "ms", "0"),
    "HEARTBEAT_TIMEOUT": ("silence after a PING that ends a connection", "ms", "HEARTBEAT_IVL"),
    "HEARTBEAT_TTL": ("silence after which the peer may end the connection", "ms", "0: never"),
    "HELLO_MSG": ("a message that each new peer gets first", "", "none"),
    "HICCUP_MSG": ("what this socket seems to receive when a connection is lost", "", "none"),
    "HWM": ("both marks at once: SNDHWM when read, SNDHWM and RCVHWM when set", "messages", "1000"),
    "IMMEDIATE": ("queue messages for peers that are connected, not for those to come", "", "0"),
    "INVERT_MATCHING": ("topics say what is not wanted; the same on both sides", "", "0"),
    "IN_BATCH_SIZE": ("what is read from a connection at once, at most", "bytes", "8192"),
    "IPC_FILTER_GID": ("let processes of this group connect over ipc; adds up", "", "all"),
    "IPC_FILTER_PID": ("let this process connect over ipc; adds up", "", "all"),
    "IPC_FILTER_UID": ("let processes of this user connect over ipc; adds up", "", "all"),
    "IPV4ONLY": ("the opposite of IPV6, which took its place", "", "1"),
    "IPV6": ("use IPv6 beside IPv4", "", "0"),
    "LAST_ENDPOINT": ("the endpoint that was last bound or connected to, with its port", "", ""),
    "LINGER": (
        "how long unsent messages outlive the socket; 0 drops them, -1 keeps them until they are "
        "sent",
        "ms",
        "-1",
    ),
    "LOOPBACK_FASTPATH": ("Windows' fast path for connections inside of the machine", "", "0"),
    "MAXMSGSIZE": ("a larger message ends the connection it came by; -1 is any", "bytes", "-1"),
    "MECHANISM": ("which security the socket has", "SecurityMechanism", "NULL"),
    "METADATA": ("a property that peers get at the handshake, as X-name:value", "", "none"),
    "MULTICAST_HOPS": ("routers that multicast may pass", "hops", "1"),
    "MULTICAST_LOOP": ("send multicast to this machine too", "", "1"),
    "MULTICAST_MAXTPDU": ("largest packet of multicast", "bytes", "1500"),
    "NORM_BLOCK_SIZE": ("segments of a block that NORM protects", "segments", "16"),
    "NORM_BUFFER_SIZE": ("NORM's buffer for each socket", "KiB", "2048"),
    "NORM_MODE": ("how NORM controls its rate", "NormMode", "NORM_CC"),
    "NORM_NUM_AUTOPARITY": ("parity segments that NORM sends unasked", "segments", "0"),
    "NORM_NUM_PARITY": ("parity segments of a block", "segments", "4"),
    "NORM_PUSH": ("send at once, and drop what is not sent in time", "", "0"),
    "NORM_SEGMENT_SIZE": ("payload of a packet of NORM", "bytes", "1400"),
    "NORM_UNICAST_NACK": ("receivers ask for repetitions by unicast", "", "0"),
    "ONLY_FIRST_SUBSCRIBE": (
        "only the first part of a message can be a subscription, the others are content",
        "",
        "0",
    ),
    "OUT_BATCH_SIZE": ("what is written to a connection at once, at most", "bytes", "8192"),
    "PLAIN_PASSWORD": ("this client's password for PLAIN", "", "none"),
    "PLAIN_SERVER": ("be the server of PLAIN, and ask clients for name and password", "", "0"),
    "PLAIN_USERNAME": ("this client's name: makes this socket a PLAIN client", "", "none"),
    "PRIORITY": ("priority of packets, as SO_PRIORITY has it", "", "0"),
    "PROBE_ROUTER": ("send an empty message to each new peer, which tells a ROUTER", "", "0"),
    "RATE": ("rate of multicast, at most", "kbit/s", "100"),
    "RCVBUF": ("the system's buffer for receiving; -1 leaves it to the system", "bytes", "-1"),
    "RCVHWM": ("messages that wait to be received, for each peer; 0 is any", "messages", "1000"),
    "RCVMORE": ("whether more parts follow the one received last", "", ""),
    "RCVTIMEO": ("how long to wait for a message; 0 tries once, -1 is for ever", "ms", "-1"),
    "RECONNECT_IVL": ("time before connecting again; -1 is never", "ms", "100"),
    "RECONNECT_IVL_MAX": ("that time is doubled up to this; 0 is not at all", "ms", "0"),
    "RECONNECT_STOP": ("what ends all attempts to connect again", "ReconnectStop", "0"),
    "RECOVERY_IVL": ("how long a receiver of multicast may be absent", "ms", "10000"),
    "REQ_CORRELATE": ("a REQ takes the answer to its own question only", "", "0"),
    "REQ_RELAXED": ("a REQ may ask again before the answer has come", "", "0"),
    "ROUTER_HANDOVER": ("a new peer takes over the routing id of one that is there", "", "0"),
    "ROUTER_MANDATORY": (
        "a ROUTER raises for an unknown peer, and waits for one without room, in place of dropping",
        "",
        "0",
    ),
    "ROUTER_NOTIFY": (
        "tell by empty messages who is connected and who is gone",
        "RouterNotify",
        "0",
    ),
    "ROUTER_RAW": ("a ROUTER talks to what is not ZeroMQ; STREAM is better", "", "0"),
    "ROUTING_ID": ("the name that a ROUTER has for this socket; 1 to 255 bytes", "", "given by it"),
    "SNDBUF": ("the system's buffer for sending; -1 leaves it to the system", "bytes", "-1"),
    "SNDHWM": ("messages that wait to be sent, for each peer; 0 is any", "messages", "1000"),
    "SNDTIMEO": ("how long to wait for room; 0 tries once, -1 is for ever", "ms", "-1"),
    "SOCKS_PASSWORD": ("password for the SOCKS proxy", "", "none"),
    "SOCKS_PROXY": ("the SOCKS5 proxy to connect through, as host:port", "", "none"),
    "SOCKS_USERNAME": ("name for the SOCKS proxy", "", "none"),
    "STREAM_NOTIFY": ("a STREAM tells by empty messages who comes and goes", "", "1"),
    "SUBSCRIBE": ("receive the messages that begin with this; adds up", "", "nothing"),
    "TCP_ACCEPT_FILTER": ("let this address or network connect; adds up", "", "all"),
    "TCP_KEEPALIVE": ("TCP's own probes: 1 on, 0 off, -1 as the system has it", "", "-1"),
    "TCP_KEEPALIVE_CNT": ("probes without an answer that end a connection", "probes", "-1"),
    "TCP_KEEPALIVE_IDLE": ("silence before the first probe", "s", "-1"),
    "TCP_KEEPALIVE_INTVL": ("time between two probes", "s", "-1"),
    "TCP_MAXRT": ("how long TCP repeats what is not acknowledged", "ms", "0: the system's"),
    "THREAD_SAFE": ("whether threads may share the socket, as they may draft types", "", ""),
    "TOPICS_COUNT": ("different topics that this socket is subscribed to, or has", "topics", "0"),
    "TOS": ("type of service in the header of IP packets", "", "0"),
    "TYPE": ("what the socket is", "SocketType", ""),
    "UNSUBSCRIBE": ("take back one SUBSCRIBE of the same topic", "", ""),
    "USE_FD": ("take this descriptor for the next bind or connect", "descriptor", "-1"),
    "VMCI_BUFFER_MAX_SIZE": ("largest buffer of a VMCI connection", "bytes", "262144"),
    "VMCI_BUFFER_MIN_SIZE": ("smallest buffer of a VMCI connection", "bytes", "128"),
    "VMCI_BUFFER_SIZE": ("buffer of a VMCI connection", "bytes", "65546"),
    "VMCI_CONNECT_TIMEOUT": ("how long connecting over VMCI may take", "ms", "-1"),
    "WSS_CERT_PEM": ("certificate for wss", "", "none"),
    "WSS_HOSTNAME": ("name that the other side of wss must have", "", "none"),
    "WSS_KEY_PEM": ("secret key for wss", "", "none"),
    "WSS_TRUST_PEM": ("certificate authority to trust for wss", "", "none"),
    "WSS_TRUST_SYSTEM": ("trust the system's certificate authorities for wss", "", "0"),
    "XPUB_MANUAL": ("the program subscribes for the peers, from what XPUB receives", "", "0"),
    "XPUB_MANUAL_LAST_VALUE": (
        "as XPUB_MANUAL; the next message goes to the peer that subscribed last alone",
        "",
        "0",
    ),
    "XPUB_NODROP": ("wait, or raise Again, where a peer has no room", "", "0"),
    "XPUB_VERBOSE": ("receive every subscription, not each topic's first", "", "0"),
    "XPUB_VERBOSER": ("that, and every unsubscription", "", "0"),
    "XPUB_WELCOME_MSG": ("a message that each new subscriber gets first", "", "none"),
    "XSUB_VERBOSE_UNSUBSCRIBE": ("pass on every unsubscription, not the last one", "", "0"),
    "ZAP_DOMAIN": ("what the authenticator is told of this server", "", "none"),
    "ZAP_ENFORCE_DOMAIN": ("without a ZAP_DOMAIN, ask the authenticator all the same", "", "0"),
}


def meaning(name: str) -> str:
    """Say in a few lines what an option means, and what can be done with it."""
    from .options import SocketOption

    option = SocketOption[name]
    text, unit, default = MEANINGS[option.name]
    access = " and ".join(
        word for word, is_so in (("read", option.readable), ("set", option.writable)) if is_so
    )
    kind = "descriptor" if option._opt_type.name == "fd" else option._opt_type.name.rstrip("64")
    facts = [f"{kind}, {unit}" if unit and unit != kind else kind]
    facts.append(f"default: {default}" if default else "")
    facts.append(f"can be {access}" if access else "")
    facts.append(f"since libzmq {option.since}" if option.since else "")
    told = "; ".join(filter(None, facts))
    return f"{option.name}: {text}.\n\n{told}.\n\nSource: libzmq `zmq_setsockopt`."
