"""Reads from the head of a library file which machines it is made for.

The dynamic loader of glibc says "no such file" of a library for another processor, and Windows
says "not a valid application": here is what to tell the user in their place.
"""

from __future__ import annotations

import sys

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
    """Return the machines that a program or a shared library is made for.

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
    """Say what a file is made for if that is another machine than this Python's.

    The answer is empty if both agree or either can't be told.
    """
    theirs, ours = machines(path), machines(sys.executable or "")
    if not theirs or not ours or set(theirs) & set(ours):
        return ""
    return f"it is made for {' and '.join(theirs)}, this Python for {' and '.join(ours)}"
