"""Reads the head of a library file: which machines it is for, and whether it is complete.

For a library of another processor glibc's dynamic loader says "no such file", and Windows "not a
valid application". This module finds the real reason to tell the user.
"""

from __future__ import annotations

import os
import sys
from typing import Literal

_LONGEST_TABLE = 1 << 20  # bytes; a library has a dozen segments of 56

_ELF = {
    3: "x86",
    8: "mips",
    20: "ppc",
    21: "ppc64",
    22: "s390x",
    40: "arm",
    62: "x86_64",
    183: "aarch64",
    243: "riscv",
    258: "loongarch",
}
_MACH_O = {
    7: "i386",
    12: "arm",
    18: "ppc",
    0x01000007: "x86_64",
    0x0100000C: "arm64",
    0x01000012: "ppc64",
}
_PE = {0x14C: "x86", 0x1C0: "arm", 0x1C4: "arm", 0x8664: "x86_64", 0xAA64: "arm64"}


def machines(path: str) -> list[str]:
    """Return the machines that a program or shared library is built for.

    The list is empty if the file can't be read or is neither.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(4096)
    except (OSError, ValueError):  # the latter for a name that no file can have
        return []
    if head[:4] == b"\x7fELF" and len(head) >= 20:
        return [_elf(head)]
    if head[:2] == b"MZ" and len(head) >= 64:
        return _pe(head)
    return _mach_o(head)


def _elf(head: bytes) -> str:
    little = head[5] != 2
    number = int.from_bytes(head[18:20], "little" if little else "big")
    bits = 64 if head[4] == 2 else 32
    order = "little" if little else "big"
    return f"{_ELF.get(number, f'machine {number}')} (ELF, {bits}-bit {order}-endian)"


def is_cut_off(path: str) -> bool:
    """Tell whether an ELF file is shorter than the segments that would be mapped into memory.

    The dynamic loaders of Linux do not check, and the process is killed when it reads past the end.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(64)
            if head[:4] != b"\x7fELF" or len(head) < 64:
                return False
            order: Literal["little", "big"] = "big" if head[5] == 2 else "little"
            word = 8 if head[4] == 2 else 4
            start, counts, offset, size = (32, 54, 8, 32) if word == 8 else (28, 42, 4, 16)

            def number(data: bytes, at: int, width: int) -> int:
                return int.from_bytes(data[at : at + width], order)

            width, count = number(head, counts, 2), number(head, counts + 2, 2)
            if width * count > _LONGEST_TABLE:
                return False
            file.seek(number(head, start, word))
            table = file.read(width * count)
            end = os.fstat(file.fileno()).st_size
    except (OSError, ValueError, OverflowError):
        return False
    if len(table) < width * count:
        return True
    segments = [table[at : at + width] for at in range(0, len(table), max(width, 1))]
    return any(
        number(each, offset, word) + number(each, size, word) > end
        for each in segments
        if number(each, 0, 4) == 1  # PT_LOAD
    )


def _pe(head: bytes) -> list[str]:
    start = int.from_bytes(head[60:64], "little")
    if head[start : start + 4] != b"PE\0\0":
        return []
    number = int.from_bytes(head[start + 4 : start + 6], "little")
    return [f"{_PE.get(number, f'machine {number:#x}')} (Windows)"]


def _mach_o(head: bytes) -> list[str]:
    magic = head[:4]
    if magic == b"\xca\xfe\xba\xbe":  # several machines in one file, big-endian
        count = int.from_bytes(head[4:8], "big")
        starts = range(8, 8 + 20 * count, 20) if count < 20 else ()
        numbers = [int.from_bytes(head[start : start + 4], "big") for start in starts]
    elif magic in (b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe"):
        numbers = [int.from_bytes(head[4:8], "little")]
    elif magic in (b"\xfe\xed\xfa\xcf", b"\xfe\xed\xfa\xce"):
        numbers = [int.from_bytes(head[4:8], "big")]
    else:
        return []
    return [f"{_MACH_O.get(number, f'machine {number:#x}')} (macOS)" for number in numbers]


def mismatch(path: str) -> str:
    """Say what machine a file is built for if it is not that of this Python.

    The answer is empty if both agree or either can't be told.
    """
    theirs, ours = machines(path), machines(sys.executable or "")
    if not theirs or not ours or set(theirs) & set(ours):
        return ""
    return f"it is made for {' and '.join(theirs)}, this Python for {' and '.join(ours)}"
