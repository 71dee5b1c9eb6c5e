"""Every instruction for AArch64 is what a disassembler reads."""

from __future__ import annotations

import struct
from typing import Callable

import pytest

from ctzmq.libzmq.stubs import aarch64
from ctzmq.libzmq.stubs.aarch64 import Arm
from ctzmq.libzmq.stubs.assembler import VARIABLES, Memory, Stored, Variable

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


STEPS: list[tuple[Callable[[Arm], None], list[str]]] = [
    (lambda code: code.set(Variable(1), Variable(2)), ["mov x20, x21"]),
    (lambda code: code.set(Variable(1), Memory(8)), ["add x20, sp, #8"]),
    (lambda code: code.set(Variable(1), Stored(8)), ["ldr x20, [sp, #8]"]),
    (lambda code: code.set(Variable(1), 5), ["mov x20, #5"]),
    (lambda code: code.load(Variable(2), Variable(3), 16), ["ldr x21, [x22, #0x10]"]),
    (lambda code: code.load(Variable(2), Memory(8), 8), ["ldr x21, [sp, #0x10]"]),
    (lambda code: code.load_int(Variable(2), Memory(8)), ["ldrsw x21, [sp, #8]"]),
    (lambda code: code.store(Variable(4), Memory(8)), ["str x23, [sp, #8]"]),
    (lambda code: code.add(Variable(4), 1), ["mov x16, #1", "add x23, x23, x16"]),
    (lambda code: code.include(Variable(4), 2), ["mov x16, #2", "orr x23, x23, x16"]),
    (lambda code: code.negate(Variable(4)), ["neg x23, x23"]),
    (
        lambda code: code.call(0x1234, Variable(0), Memory(0), Stored(8), 9, to=Variable(3)),
        [
            "mov x0, x19",
            "add x1, sp, #0",
            "ldr x2, [sp, #8]",
            "mov x3, #9",
            "mov x16, #0x1234",
            "blr x16",
            "mov x22, x0",
        ],
    ),
    (
        lambda code: code.call_int(0x1234, to=Variable(3)),
        ["mov x16, #0x1234", "blr x16", "sxtw x22, w0"],
    ),
]


@pytest.mark.parametrize(("step", "lines"), STEPS)
def test_a_step(step: Callable[[Arm], None], lines: list[str]) -> None:
    plain, code = stub(), stub()
    step(code)
    begin = len(plain.finish())
    found = [line.replace("mov x1, sp", "add x1, sp, #0") for line in read_code(code.finish())]
    assert found[begin // 4 :] == lines


@pytest.mark.parametrize("relation", aarch64.CONDITIONS)
@pytest.mark.parametrize("other", [Variable(1), 7])
@pytest.mark.parametrize("forward", [True, False])
def test_a_jump_leads_to_its_label(relation: str, other: int, forward: bool) -> None:
    code = stub()
    begin = len(code.finish())
    if not forward:
        code.label("there")
    code.jump_if(Variable(0), relation, other, "there")
    code.jump("there")
    if forward:
        code.label("there")
    code.negate(Variable(0))
    lines = read_code(code.finish())[begin // 4 :]
    target = begin + (16 if forward else 0)
    verb = {"==": "b.eq", "!=": "b.ne", "<": "b.lt", ">=": "b.ge"}[relation]
    assert lines == [
        "mov x16, x20" if isinstance(other, Variable) else "mov x16, #7",
        "cmp x19, x16",
        f"{verb} {hexadecimal(target)}",
        f"b {hexadecimal(target)}",
        "neg x19, x19",
    ]


def test_there_are_as_many_variables_as_said() -> None:
    assert len(aarch64.SAVED) == VARIABLES
    assert isinstance(Stored(0), int)
    assert isinstance(Memory(0), int)
