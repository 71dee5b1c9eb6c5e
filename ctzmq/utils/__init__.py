"""Helpers beside the sockets: JSON, Z85, monitor messages, interoperability.

Modules here that import nothing of ctzmq (`interop`, `jsonapi`, `strtypes`, `win32`, `z85`) may be
imported from every floor of the package; `monitor` and `garbage` stand on the core.
"""
