from __future__ import annotations

import ctypes
import errno
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("Windows has other functions for that", allow_module_level=True)

from ctzmq.libzmq import stubs
from ctzmq.libzmq.stubs import page as module
from ctzmq.libzmq.stubs.page import Page


def refused() -> bool:
    """Tell whether the system makes no memory executable."""
    try:
        Page(1).seal()
    except OSError:
        return True
    return False


runs_code = pytest.mark.skipif(refused(), reason="this system refuses executable memory")


@runs_code
def test_what_is_put_in_can_be_read_and_is_aligned() -> None:
    page = Page(100)
    addresses = [page.put(data) for data in (b"a", b"bcd", bytes(17), b"e")]
    page.seal()
    assert [address % 16 for address in addresses] == [0] * 4
    assert sorted(addresses) == addresses
    assert ctypes.string_at(addresses[1], 3) == b"bcd"


def test_it_has_an_end() -> None:
    page = Page(1)
    with pytest.raises(MemoryError, match="too few"):
        page.put(bytes(100_000))


@runs_code
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_is_never_writable_and_executable() -> None:
    def rights(address: int) -> str:
        for line in Path("/proc/self/maps").read_text().splitlines():
            where, mode = line.split()[:2]
            begin, end = (int(number, 16) for number in where.split("-"))
            if begin <= address < end:
                return mode
        raise AssertionError("it is nowhere")

    page = Page(100)
    address = page.put(b"x")
    assert rights(address) == "rw-p"
    page.seal()
    assert rights(address) == "r-xp"


@pytest.mark.parametrize("refused", ["mmap", "mprotect"])
def test_a_system_that_refuses_it_has_no_stubs(
    refused: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        stubs.assembler()
    except stubs.Unavailable as error:
        pytest.skip(str(error))

    def refuse(*_: object) -> int:
        ctypes.set_errno(errno.EPERM)
        return -1

    allocate, protect = module._libc()
    chosen = (refuse, protect) if refused == "mmap" else (allocate, refuse)
    monkeypatch.setattr(module, "_libc", lambda: chosen)
    with pytest.raises(stubs.Unavailable, match="code"):
        stubs.make()
