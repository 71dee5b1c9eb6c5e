"""ZAP, the ZeroMQ Authentication Protocol (RFC 27): who may connect to the servers of a context.

`base` decides, `thread` and `asyncio` run it, `certs` keeps CURVE keys in files.
"""

from .base import CURVE_ALLOW_ANY, Authenticator
from .certs import create_certificates, load_certificate, load_certificates

__all__ = [
    "CURVE_ALLOW_ANY",
    "Authenticator",
    "create_certificates",
    "load_certificate",
    "load_certificates",
]
