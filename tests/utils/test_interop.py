from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from ctzmq.utils.interop import cast_int_addr


def test_integers_pass() -> None:
    assert cast_int_addr(0) == 0
    assert cast_int_addr(2**63) == 2**63


class _Index:
    def __index__(self) -> int:
        return 42


def test_what_counts_as_an_integer_passes() -> None:
    assert cast_int_addr(_Index()) == 42


def test_ctypes_pointers() -> None:
    number = ctypes.c_int(5)
    address = ctypes.addressof(number)
    assert cast_int_addr(ctypes.pointer(number)) == address
    assert cast_int_addr(ctypes.c_void_p(address)) == address
    assert cast_int_addr(ctypes.cast(ctypes.pointer(number), ctypes.c_char_p)) == address


def test_null_pointers_are_zero() -> None:
    assert cast_int_addr(ctypes.c_void_p()) == 0
    assert cast_int_addr(ctypes.POINTER(ctypes.c_int)()) == 0


def test_cffi_pointers() -> None:
    cffi = pytest.importorskip("cffi")
    ffi = cffi.FFI()
    owner = ffi.new("char[]", b"payload")
    assert cast_int_addr(owner) == int(ffi.cast("uintptr_t", owner))
    assert cast_int_addr(ffi.cast("void *", 12345)) == 12345
    assert cast_int_addr(ffi.NULL) == 0


@pytest.mark.parametrize("wrong", ["1234", b"1234", 1.5, None, ctypes.c_int(5)])
def test_anything_else_is_named(wrong: object) -> None:
    with pytest.raises(ValueError, match="expected an address"):
        cast_int_addr(wrong)


def test_cffi_is_not_imported_for_others() -> None:
    code = (
        "import ctypes, sys\n"
        "from ctzmq.utils.interop import cast_int_addr\n"
        "cast_int_addr(ctypes.c_void_p(1))\n"
        "assert 'cffi' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=50)
