"""Helpers beside the sockets: JSON, Z85, monitor messages, interoperability.

Modules here that import nothing of ctzmq (`interop`, `jsonapi`, `strtypes`, `win32`, `z85`) may be
imported from every floor of the package; `monitor` and `garbage` stand on the core.
"""

from __future__ import annotations

_LATER = ("interop", "jsonapi")


def __getattr__(name: str) -> object:
    """Import what pyzmq imports at once: programs take it for an attribute."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module: object = __import__(f"{__name__}.{name}", fromlist=[name])
    return module
