"""Sockets for greenlets of eventlet: `import ctzmq.green as zmq`.

It replaces `from eventlet.green import zmq`, name for name, and `install` makes that import return
this module. `ctzmq.green.gevent` is the same for gevent. eventlet is imported at first use, because
users of the other flavour may not have it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

from .. import __all__ as _all

if TYPE_CHECKING:
    from typing import Any

    from .. import _FINISHED_TRACKER as _FINISHED_TRACKER
    from .. import __revision__ as __revision__
    from .. import __version__ as __version__
    from .eventlet import *  # noqa: F403
    from .eventlet import _Context as _Context
    from .eventlet import _Socket as _Socket
else:
    __all__ = [*_all, "_Context", "_Socket", "install"]

_REPLACED = "eventlet.green.zmq"


def install() -> None:
    """Make `from eventlet.green import zmq` give this module, in this interpreter.

    Calling it again changes nothing.

    Raises
    ------
    ImportError
        When eventlet is not installed, or its own `eventlet.green.zmq` is imported already: call
        this before.

    Source: own.
    """
    import_module(f"{__name__}.eventlet")
    here = sys.modules[__name__]
    if sys.modules.setdefault(_REPLACED, here) is not here:
        raise ImportError(
            f"ctzmq.green can't be installed: {_REPLACED} is already imported;"
            " call ctzmq.green.install() before that",
            name=_REPLACED,
        )
    package: Any = import_module("eventlet.green")
    package.zmq = here


if not TYPE_CHECKING:  # who would take every name for one that exists

    def __getattr__(name: str) -> Any:
        """Import eventlet's flavour when one of its names is first used."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        flavour = import_module(f"{__name__}.eventlet")
        globals().update((each, getattr(flavour, each)) for each in flavour.__all__)
        return globals()[name]

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
