from __future__ import annotations

import ctypes
import os
from typing import Any, Callable

import pytest

from ctzmq.utils import win32


class FakeConsole:
    """The two Windows calls, as far as `allow_interrupt` uses them."""

    def __init__(self) -> None:
        self.handlers: list[Callable[[int], int]] = []
        self.refuse = False

    def load(self) -> tuple[Any, Any]:
        return (lambda function: function), self.set_handler

    def set_handler(self, handler: Callable[[int], int], add: int) -> int:
        if self.refuse:
            return 0
        if add:
            self.handlers.append(handler)
        else:
            self.handlers.remove(handler)
        return 1

    def press(self, event: int) -> list[int]:
        return [handler(event) for handler in self.handlers]


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> FakeConsole:
    fake = FakeConsole()
    monkeypatch.setattr(win32, "_load_console_api", fake.load)
    monkeypatch.setattr(win32, "_WINDOWS", True)
    return fake


def test_nothing_happens_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    def unexpected() -> tuple[Any, Any]:
        raise AssertionError("the Windows API was loaded")

    monkeypatch.setattr(win32, "_load_console_api", unexpected)
    monkeypatch.setattr(win32, "_WINDOWS", False)
    with win32.allow_interrupt(lambda: None) as entered:
        assert entered is None


def test_ctrl_c_calls_the_action_and_leaves_the_event_to_python(console: FakeConsole) -> None:
    calls: list[str] = []
    with win32.allow_interrupt(lambda: calls.append("called")):
        assert console.press(0) == [0]
    assert calls == ["called"]
    assert console.handlers == []


def test_other_console_events_are_left_alone(console: FakeConsole) -> None:
    calls: list[str] = []
    with win32.allow_interrupt(lambda: calls.append("called")):
        assert console.press(1) == [0]
    assert calls == []


def test_the_handler_is_removed_after_an_error(console: FakeConsole) -> None:
    with pytest.raises(ZeroDivisionError), win32.allow_interrupt():
        1 / len(console.handlers[1:])
    assert console.handlers == []


def test_the_action_is_optional(console: FakeConsole) -> None:
    with win32.allow_interrupt():
        assert console.press(0) == [0]


def test_a_refusal_of_windows_is_an_os_error(
    console: FakeConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ctypes, "get_last_error", lambda: 87, raising=False)
    monkeypatch.setattr(ctypes, "WinError", lambda code: OSError(code, "refused"), raising=False)
    console.refuse = True
    with pytest.raises(OSError, match="refused"), win32.allow_interrupt():
        pass


@pytest.mark.skipif(os.name != "nt", reason="needs the Windows console API")
def test_the_real_console_takes_the_handler() -> None:
    with win32.allow_interrupt():
        pass
