"""Show the log messages that a `PUBHandler` publishes, until Ctrl-C.

It subscribes to everything unless told a topic, which then has to begin with the handler's root
topic.
"""

from __future__ import annotations

from ctzmq.log.__main__ import add_arguments, run

__all__ = ["add_arguments", "run"]
