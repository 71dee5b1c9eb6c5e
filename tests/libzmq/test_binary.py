"""Which machine a library file is made for, read from its head."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import pytest

from ctzmq.libzmq import binary, library_path


def elf(bits: int, order: str, machine: int) -> bytes:
    ident = b"\x7fELF" + bytes([bits // 32, 1 if order == "little" else 2, 1])
    number = machine.to_bytes(2, "little" if order == "little" else "big")
    return (ident.ljust(18, b"\0") + number).ljust(64, b"\0")


def pe(machine: int) -> bytes:
    head = b"MZ".ljust(60, b"\0") + (128).to_bytes(4, "little")
    return head.ljust(128, b"\0") + b"PE\0\0" + machine.to_bytes(2, "little")


def mach_o(cpu: int, order: str = "little") -> bytes:
    magic = 0xFEEDFACF if cpu & 0x01000000 else 0xFEEDFACE
    if order == "little":
        return magic.to_bytes(4, "little") + cpu.to_bytes(4, "little")
    return magic.to_bytes(4, "big") + cpu.to_bytes(4, "big")


def universal(*cpus: int) -> bytes:
    entries = b"".join(cpu.to_bytes(4, "big").ljust(20, b"\0") for cpu in cpus)
    return b"\xca\xfe\xba\xbe" + len(cpus).to_bytes(4, "big") + entries


@pytest.mark.parametrize(
    ("content", "machines"),
    [
        (elf(64, "little", 62), ["x86_64 (ELF, 64-bit little-endian)"]),
        (elf(32, "little", 62), ["x86_64 (ELF, 32-bit little-endian)"]),
        (elf(32, "little", 3), ["x86 (ELF, 32-bit little-endian)"]),
        (elf(64, "little", 183), ["aarch64 (ELF, 64-bit little-endian)"]),
        (elf(64, "big", 22), ["s390x (ELF, 64-bit big-endian)"]),
        (elf(64, "little", 21), ["ppc64 (ELF, 64-bit little-endian)"]),
        (elf(64, "little", 9999), ["machine 9999 (ELF, 64-bit little-endian)"]),
        (pe(0x8664), ["x86_64 (Windows)"]),
        (pe(0x14C), ["x86 (Windows)"]),
        (pe(0xAA64), ["arm64 (Windows)"]),
        (pe(0x1234), ["machine 0x1234 (Windows)"]),
        (mach_o(0x0100000C), ["arm64 (macOS)"]),
        (mach_o(7), ["i386 (macOS)"]),
        (mach_o(18, "big"), ["ppc (macOS)"]),
        (universal(0x01000007, 0x0100000C), ["x86_64 (macOS)", "arm64 (macOS)"]),
        (b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(100), []),  # a Java class
        (b"MZ" + bytes(100), []),
        (b"MZ", []),
        (b"\x7fELF", []),
        (b"INPUT(-lzmq)", []),
        (b"", []),
    ],
)
def test_machines(content: bytes, machines: list[str], tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert binary.machines(str(path)) == machines


def test_a_file_that_can_not_be_read(tmp_path: Path) -> None:
    assert binary.machines(str(tmp_path / "none")) == []
    assert binary.machines(str(tmp_path)) == []
    assert binary.mismatch(str(tmp_path / "none")) == ""


def segments(bits: int, order: Literal["little", "big"], *ends: int) -> bytes:
    """Return a file of ELF that has segments which end at these offsets."""
    word = bits // 8
    width, start = (56, 64) if bits == 64 else (32, 52)
    head = bytearray(elf(bits, order, 62)[:start])
    at, counts = (32, 54) if bits == 64 else (28, 42)
    head[at : at + word] = start.to_bytes(word, order)
    head[counts : counts + 2] = width.to_bytes(2, order)
    head[counts + 2 : counts + 4] = len(ends).to_bytes(2, order)
    offset, size = (8, 32) if bits == 64 else (4, 16)
    for end in ends:
        entry = bytearray(width)
        entry[:4] = (1).to_bytes(4, order)
        entry[offset : offset + word] = (end // 2).to_bytes(word, order)
        entry[size : size + word] = (end - end // 2).to_bytes(word, order)
        head += entry
    return bytes(head)


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("bits", [32, 64])
def test_a_library_that_is_cut_off(
    bits: int, order: Literal["little", "big"], tmp_path: Path
) -> None:
    path = tmp_path / "file"
    content = segments(bits, order, 100, 4096, 1000)
    for length, cut in ((4096, False), (5000, False), (4095, True), (len(content), True)):
        path.write_bytes(content.ljust(length, b"\0"))
        assert binary.is_cut_off(str(path)) is cut
    path.write_bytes(content[:-1])
    assert binary.is_cut_off(str(path))


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"INPUT(-lzmq)" * 10, elf(64, "little", 62)])
def test_other_files_are_not_cut_off(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert not binary.is_cut_off(str(path))
    assert not binary.is_cut_off(str(tmp_path / "none"))
    assert not binary.is_cut_off("nul\0")


def test_no_nonsense_in_a_head_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "file"
    content = segments(64, "little", 100)
    for offset in range(4, len(content)):
        for value in (b"\0", b"\x01", b"\x7f", b"\xff"):
            path.write_bytes(content[:offset] + value + content[offset + 1 :])
            binary.is_cut_off(str(path))
            binary.machines(str(path))


def test_the_library_in_use_is_made_for_this_machine() -> None:
    assert binary.machines(library_path())
    assert not binary.is_cut_off(library_path())
    assert binary.mismatch(library_path()) == ""


def test_mismatch_names_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python, library = tmp_path / "python", tmp_path / "library"
    python.write_bytes(universal(0x01000007, 0x0100000C))
    monkeypatch.setattr(sys, "executable", str(python))
    library.write_bytes(mach_o(0x0100000C))
    assert binary.mismatch(str(library)) == ""
    library.write_bytes(mach_o(7))
    assert binary.mismatch(str(library)) == (
        "it is made for i386 (macOS), this Python for x86_64 (macOS) and arm64 (macOS)"
    )
