"""Every instruction for AArch64 is what a disassembler reads."""

from __future__ import annotations

import struct

import pytest

from ctzmq.libzmq.stubs import aarch64
from ctzmq.libzmq.stubs.aarch64 import Arm
from ctzmq.libzmq.stubs.assembler import Variable

capstone = pytest.importorskip("capstone")

REGISTERS = range(29)
NUMBERS = [0, 1, -1, 65536, 2**31, 2**63 - 1, -(2**63), 0x1234_5678_9ABC_DEF0]


def read(*words: int) -> list[str]:
    return read_code(struct.pack(f"<{len(words)}I", *words))


def read_code(code: bytes) -> list[str]:
    reader = capstone.Cs(capstone.CS_ARCH_ARM64, capstone.CS_MODE_ARM)
    found = list(reader.disasm(code, 0))
    assert len(found) * 4 == len(code), "not all of it is code"
    return [f"{one.mnemonic} {one.op_str}".strip() for one in found]


def hexadecimal(number: int) -> str:
    return f"#{number}" if abs(number) < 10 else f"#{number:#x}"


def test_registers() -> None:
    for a in REGISTERS:
        assert read(aarch64.blr(a)) == [f"blr x{a}"]
        for b in REGISTERS:
            assert read(aarch64.mov(a, b)) == [f"mov x{a}, x{b}"]
            assert read(aarch64.sxtw(a, b)) == [f"sxtw x{a}, w{b}"]
            assert read(aarch64.neg(a, b)) == [f"neg x{a}, x{b}"]
            assert read(aarch64.cmp(a, b)) == [f"cmp x{a}, x{b}"]
            assert read(aarch64.orr(a, b, 16)) == [f"orr x{a}, x{b}, x16"]
            assert read(aarch64.add_register(a, b, 16)) == [f"add x{a}, x{b}, x16"]


def test_memory() -> None:
    for a in REGISTERS:
        for base in (*REGISTERS, aarch64.SP):
            name = "sp" if base == aarch64.SP else f"x{base}"
            for offset in (0, 8, 72, 4096):
                there = f"[{name}, {hexadecimal(offset)}]" if offset else f"[{name}]"
                assert read(aarch64.ldr(a, base, offset)) == [f"ldr x{a}, {there}"]
                assert read(aarch64.ldrsw(a, base, offset)) == [f"ldrsw x{a}, {there}"]
                assert read(aarch64.store(a, base, offset)) == [f"str x{a}, {there}"]
    assert read(aarch64.push(19, 20)) == ["stp x19, x20, [sp, #-0x10]!"]
    assert read(aarch64.pop(19, 20)) == ["ldp x19, x20, [sp], #0x10"]
    assert read(aarch64.push(29, 30)) == ["stp x29, x30, [sp, #-0x10]!"]


def test_numbers() -> None:
    for a in REGISTERS:
        assert read(aarch64.add(a, aarch64.SP, 80)) == [f"add x{a}, sp, #0x50"]
        for number in NUMBERS:
            value = 0
            for line in read(*aarch64.number(a, number)):
                verb, text = line.split(" ", 1)
                assert verb in ("mov", "movz", "movk")
                name, part, *rest = text.split(", ")
                shift = int(rest[0].removeprefix("lsl #")) if rest else 0
                assert name == f"x{a}"
                bits = int(part.removeprefix("#"), 0) << shift
                value = value | bits if verb == "movk" else bits
            assert (value - number) % 2**64 == 0
    assert read(aarch64.sub(aarch64.SP, aarch64.SP, 96)) == ["sub sp, sp, #0x60"]


def test_fixed_ones() -> None:
    assert read(aarch64.BTI_C, aarch64.RET) == ["bti c", "ret"]


def stub() -> Arm:
    return Arm((None, Variable(0), Variable(5)), 20)


def test_a_stub_begins_and_ends_with_the_stack_as_it_was() -> None:
    code = stub()
    code.leave(7)
    assert read_code(code.finish()) == [
        "bti c",
        "stp x29, x30, [sp, #-0x10]!",
        "stp x19, x20, [sp, #-0x10]!",
        "stp x21, x22, [sp, #-0x10]!",
        "stp x23, x24, [sp, #-0x10]!",
        "sub sp, sp, #0x20",
        "mov x19, x1",
        "mov x24, x2",
        "mov x0, #7",
        "add sp, sp, #0x20",
        "ldp x23, x24, [sp], #0x10",
        "ldp x21, x22, [sp], #0x10",
        "ldp x19, x20, [sp], #0x10",
        "ldp x29, x30, [sp], #0x10",
        "ret",
    ]
