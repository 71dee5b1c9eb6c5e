"""The versions of ctzmq, of the pyzmq API that it implements, and of the loaded libzmq."""

from __future__ import annotations

import os

from ..libzmq import loader

#: The version of ctzmq itself.
VERSION = "0.1.0"

# The pyzmq release whose API is implemented, under the names that programs use.
VERSION_MAJOR = 27
VERSION_MINOR = 3
VERSION_PATCH = 0
VERSION_EXTRA = ""
__version__: str = f"{VERSION_MAJOR}.{VERSION_MINOR}.{VERSION_PATCH}{VERSION_EXTRA}"
__revision__: str = ""
version_info: tuple[int, int, int] = (VERSION_MAJOR, VERSION_MINOR, VERSION_PATCH)


def pyzmq_version() -> str:
    """Return the version of the pyzmq API that this package meets.

    Source: pyzmq `zmq.pyzmq_version`.
    """
    return __version__


def pyzmq_version_info() -> tuple[int, int, int]:
    """Return the version of the pyzmq API that this package meets, as numbers.

    Source: pyzmq `zmq.pyzmq_version_info`.
    """
    return version_info


def zmq_version() -> str:
    """Return the version of the loaded libzmq.

    Source: libzmq `zmq_version`, pyzmq `zmq.zmq_version`.
    """
    return "{}.{}.{}".format(*zmq_version_info())


def zmq_version_info() -> tuple[int, int, int]:
    """Return the version of the loaded libzmq, as numbers.

    Source: libzmq `zmq_version`, pyzmq `zmq.zmq_version_info`.
    """
    return loader.load().version


def get_includes() -> list[str]:
    """Return the folders of C headers for compiling against this package: none.

    Source: pyzmq `zmq.get_includes`.
    """
    return []


def get_library_dirs() -> list[str]:
    """Return the folder that the loaded libzmq lies in, for linking against the same one.

    Source: pyzmq `zmq.get_library_dirs`.
    """
    folder = os.path.dirname(loader.library_path())
    return [folder] if folder else []
