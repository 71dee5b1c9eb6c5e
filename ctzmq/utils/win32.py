"""Ctrl-C on Windows, where a call that blocks inside libzmq does not return for it.

Standard library only: any floor of ctzmq may import this module.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any, Callable

_WINDOWS = os.name == "nt"
_CTRL_C_EVENT = 0
_NOT_HANDLED = 0


def _load_console_api() -> tuple[Any, Any]:
    """Return the callback type and the function that installs console control handlers."""
    windows: Any = ctypes  # these names exist on Windows only
    handler_type = windows.WINFUNCTYPE(ctypes.c_int, ctypes.c_ulong)
    set_handler = windows.WinDLL("kernel32", use_last_error=True).SetConsoleCtrlHandler
    set_handler.argtypes = (handler_type, ctypes.c_int)
    set_handler.restype = ctypes.c_int
    return handler_type, set_handler


class allow_interrupt:  # noqa: N801 - pyzmq's name
    """Call a function at once when Ctrl-C is pressed on Windows; do nothing elsewhere.

    While libzmq waits, Windows runs console control handlers in a thread of their own, but Python
    raises `KeyboardInterrupt` only when the wait is over. An action that ends the wait (it sends to
    a PAIR socket which the poller watches, or stops the event loop) brings it at once.

    Parameters
    ----------
    action : callable, optional
        Called without arguments in that other thread; it must not raise.

    Raises
    ------
    OSError
        Windows refused the handler, on entering or leaving.

    Source: pyzmq `zmq.utils.win32.allow_interrupt`.
    """

    def __init__(self, action: Callable[[], Any] | None = None) -> None:
        if _WINDOWS:
            self._init_action(action)

    def _init_action(self, action: Callable[[], Any] | None) -> None:
        self.action: Callable[[], Any] = action if action is not None else lambda: None
        handler_type, self._set_handler = _load_console_api()

        def handle(event: int) -> int:
            if event == _CTRL_C_EVENT:
                self.action()
            # "Not handled" lets Python's own handler turn the event into KeyboardInterrupt.
            return _NOT_HANDLED

        # Windows keeps only the address: the callback object must live as long as it is installed.
        self.handle = handler_type(handle)

    def __enter__(self) -> None:
        if _WINDOWS:
            self._install(1)

    def __exit__(self, *args: object) -> None:
        if _WINDOWS:
            self._install(0)

    def _install(self, add: int) -> None:
        if not self._set_handler(self.handle, add):
            windows: Any = ctypes
            raise windows.WinError(windows.get_last_error())
