"""Every instruction for x86-64 is what a disassembler reads."""

from __future__ import annotations

import pytest

from ctzmq.libzmq.stubs import x86_64
from ctzmq.libzmq.stubs.assembler import Variable
from ctzmq.libzmq.stubs.x86_64 import X86

capstone = pytest.importorskip("capstone")

NAMES = ("rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", *(f"r{n}" for n in range(8, 16)))
REGISTERS = [n for n in range(16) if n != x86_64.RSP]
NUMBERS = [0, 1, -1, 65536, 2**31 - 1, -(2**31)]
OFFSETS = [0, 8, -8, 72, 4096]


def read(code: bytes) -> list[str]:
    reader = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
    found = list(reader.disasm(code, 0))
    assert sum(one.size for one in found) == len(code), "not all of it is code"
    return [f"{one.mnemonic} {one.op_str}".strip() for one in found]


def hexadecimal(number: int) -> str:
    sign = "-" if number < 0 else ""
    return f"{sign}{abs(number)}" if abs(number) < 10 else f"{sign}{abs(number):#x}"


def place(base: int, offset: int) -> str:
    if not offset:
        return f"[{NAMES[base]}]"
    return f"[{NAMES[base]} {'-' if offset < 0 else '+'} {hexadecimal(abs(offset))}]"


def test_registers() -> None:
    for a in REGISTERS:
        assert read(x86_64.push(a)) == [f"push {NAMES[a]}"]
        assert read(x86_64.pop(a)) == [f"pop {NAMES[a]}"]
        assert read(x86_64.neg(a)) == [f"neg {NAMES[a]}"]
        for b in REGISTERS:
            assert read(x86_64.mov(a, b)) == [f"mov {NAMES[a]}, {NAMES[b]}"]
            assert read(x86_64.cmp(a, b)) == [f"cmp {NAMES[a]}, {NAMES[b]}"]
            (text,) = read(x86_64.movsxd(a, b))
            assert text.startswith(f"movsxd {NAMES[a]}, ")


def test_memory() -> None:
    for a in REGISTERS:
        for base in range(16):
            for offset in OFFSETS:
                there = place(base, offset)
                assert read(x86_64.load(a, base, offset)) == [f"mov {NAMES[a]}, qword ptr {there}"]
                assert read(x86_64.store(a, base, offset)) == [f"mov qword ptr {there}, {NAMES[a]}"]
                assert read(x86_64.lea(a, base, offset)) == [f"lea {NAMES[a]}, {there}"]
                (text,) = read(x86_64.load_int(a, base, offset))
                assert text == f"movsxd {NAMES[a]}, dword ptr {there}"


def test_numbers() -> None:
    operations = {x86_64.ADD: "add", x86_64.OR: "or", x86_64.SUB: "sub", x86_64.CMP: "cmp"}
    for a in range(16):
        for number in [*NUMBERS, 2**63, -(2**63), 0x123456789ABCDEF0]:
            (text,) = read(x86_64.mov_number(a, number))
            name, value = text.replace("movabs ", "").split(", ")
            assert name == NAMES[a]
            assert (int(value, 0) - number) % 2**64 == 0
        for operation, verb in operations.items():
            for number in NUMBERS:
                (text,) = read(x86_64.immediate(operation, a, number))
                assert text.startswith(f"{verb} {NAMES[a]}, ")
                assert (int(text.split(", ")[1], 0) - number) % 2**64 == 0


def test_fixed_ones() -> None:
    code = x86_64.ENDBR64 + x86_64.CALL_RAX + x86_64.RET
    assert read(code) == ["endbr64", "call rax", "ret"]


def stub() -> X86:
    return X86((None, Variable(0), Variable(5)), 20)


def test_a_stub_begins_and_ends_with_the_stack_as_it_was() -> None:
    code = stub()
    code.leave(7)
    lines = read(code.finish())
    saved = [NAMES[register] for register in x86_64.SAVED]
    assert lines[: len(saved) + 1] == ["endbr64", *(f"push {name}" for name in saved)]
    room = int(lines[len(saved) + 1].removeprefix("sub rsp, "), 0)
    # The return address and the registers are on the stack, too.
    assert (8 + 8 * len(saved) + room) % 16 == 0
    assert room >= 20
    assert lines[len(saved) + 2 :][:2] == ["mov rbx, rsi", "mov r15, rdx"]
    assert lines[-len(saved) - 3 :] == [
        "movabs rax, 7",
        f"add rsp, {room:#x}",
        *(f"pop {name}" for name in reversed(saved)),
        "ret",
    ]
