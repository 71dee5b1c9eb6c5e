"""Each step of a stub, as a disassembler reads what each processor's assembler makes of it."""

from __future__ import annotations

from typing import Callable

import pytest

from ctzmq.libzmq.stubs import aarch64, x86_64
from ctzmq.libzmq.stubs.aarch64 import Arm
from ctzmq.libzmq.stubs.assembler import VARIABLES, Assembler, Memory, Stored, Variable
from ctzmq.libzmq.stubs.x86_64 import X86

capstone = pytest.importorskip("capstone")

#: How the disassembler is asked for the code of each.
READERS = {
    X86: (capstone.CS_ARCH_X86, capstone.CS_MODE_64),
    Arm: (capstone.CS_ARCH_ARM64, capstone.CS_MODE_ARM),
}
processors = pytest.mark.parametrize("processor", READERS)

A, B, C, D, E = map(Variable, range(5))

#: A step, and what it is on x86-64 and on AArch64.
STEPS: list[tuple[Callable[[Assembler], None], list[str], list[str]]] = [
    (lambda code: code.set(B, C), ["mov rbp, r12"], ["mov x20, x21"]),
    (lambda code: code.set(B, Memory(8)), ["lea rbp, [rsp + 8]"], ["add x20, sp, #8"]),
    (
        lambda code: code.set(B, Stored(8)),
        ["mov rbp, qword ptr [rsp + 8]"],
        ["ldr x20, [sp, #8]"],
    ),
    (lambda code: code.set(B, 5), ["movabs rbp, 5"], ["mov x20, #5"]),
    (
        lambda code: code.load(C, D, 16),
        ["mov r12, qword ptr [r13 + 0x10]"],
        ["ldr x21, [x22, #0x10]"],
    ),
    (
        lambda code: code.load(C, Memory(8), 8),
        ["mov r12, qword ptr [rsp + 0x10]"],
        ["ldr x21, [sp, #0x10]"],
    ),
    (
        lambda code: code.load_int(C, Memory(8)),
        ["movsxd r12, dword ptr [rsp + 8]"],
        ["ldrsw x21, [sp, #8]"],
    ),
    (
        lambda code: code.store(E, Memory(8)),
        ["mov qword ptr [rsp + 8], r14"],
        ["str x23, [sp, #8]"],
    ),
    (lambda code: code.add(E, 1), ["add r14, 1"], ["mov x16, #1", "add x23, x23, x16"]),
    (
        lambda code: code.add(E, -1),
        ["add r14, -1"],
        [
            "mov x16, #0xffff",
            "movk x16, #0xffff, lsl #16",
            "movk x16, #0xffff, lsl #32",
            "movk x16, #0xffff, lsl #48",
            "add x23, x23, x16",
        ],
    ),
    (lambda code: code.include(E, 2), ["or r14, 2"], ["mov x16, #2", "orr x23, x23, x16"]),
    (lambda code: code.negate(E), ["neg r14"], ["neg x23, x23"]),
    (
        lambda code: code.call(0x1234, A, Memory(0), Stored(8), 9, to=D),
        [
            "mov rdi, rbx",
            "lea rsi, [rsp]",
            "mov rdx, qword ptr [rsp + 8]",
            "movabs rcx, 9",
            "movabs rax, 0x1234",
            "call rax",
            "mov r13, rax",
        ],
        [
            "mov x0, x19",
            "mov x1, sp",
            "ldr x2, [sp, #8]",
            "mov x3, #9",
            "mov x16, #0x1234",
            "blr x16",
            "mov x22, x0",
        ],
    ),
    (
        lambda code: code.call_int(0x1234, to=D),
        ["movabs rax, 0x1234", "call rax", "movsxd r13, eax"],
        ["mov x16, #0x1234", "blr x16", "sxtw x22, w0"],
    ),
]
#: What a jump is on each.
VERBS = {
    X86: {"==": "je", "!=": "jne", "<": "jl", ">=": "jge", "": "jmp"},
    Arm: {"==": "b.eq", "!=": "b.ne", "<": "b.lt", ">=": "b.ge", "": "b"},
}


def stub(processor: type[Assembler]) -> Assembler:
    return processor((None, A, Variable(5)), 20)


def read(processor: type[Assembler], code: Assembler) -> list[tuple[int, str]]:
    """Return what a stub does after it has begun, each with its place in the code."""
    whole, begin = code.finish(), len(stub(processor).finish())
    found = [*capstone.Cs(*READERS[processor]).disasm(whole, 0)]
    assert sum(one.size for one in found) == len(whole), "not all of it is code"
    return [(one.address, f"{one.mnemonic} {one.op_str}") for one in found if one.address >= begin]


@processors
@pytest.mark.parametrize(("step", "x86", "arm"), STEPS)
def test_a_step(
    processor: type[Assembler], step: Callable[[Assembler], None], x86: list[str], arm: list[str]
) -> None:
    code = stub(processor)
    step(code)
    assert [line for _, line in read(processor, code)] == (x86 if processor is X86 else arm)


@processors
@pytest.mark.parametrize("relation", x86_64.CONDITIONS)
@pytest.mark.parametrize("other", [B, 7])
@pytest.mark.parametrize("forward", [True, False])
def test_a_jump_leads_to_its_label(
    processor: type[Assembler], relation: str, other: int, forward: bool
) -> None:
    code = stub(processor)
    if not forward:
        code.label("there")
    code.jump_if(A, relation, other, "there")
    code.jump("there")
    if forward:
        code.label("there")
    code.negate(A)
    lines = read(processor, code)
    registers = ("rbx", "rbp") if processor is X86 else ("x19", "x16")
    compared = "7" if processor is X86 and other == 7 else registers[1]
    *compare, jump_if, jump, _ = (line for _, line in lines)
    assert compare[-1] == f"cmp {registers[0]}, {compared}"
    if processor is Arm:
        assert compare[:-1] == ["mov x16, #7" if other == 7 else "mov x16, x20"]
    target = lines[-1 if forward else 0][0]
    for line, verb in ((jump_if, VERBS[processor][relation]), (jump, VERBS[processor][""])):
        name, where = line.split()
        assert name == verb
        assert int(where.lstrip("#"), 0) == target


@processors
def test_labels_are_there_and_once(processor: type[Assembler]) -> None:
    code = stub(processor)
    code.jump("nowhere")
    assert code.wanted("nowhere")
    assert not code.wanted("elsewhere")
    with pytest.raises(ValueError, match="no label is called 'nowhere'"):
        code.finish()
    code.label("nowhere")
    with pytest.raises(ValueError, match="two labels"):
        code.label("nowhere")


def test_there_are_as_many_variables_as_said() -> None:
    assert len(x86_64.SAVED) == len(aarch64.SAVED) == VARIABLES
    assert x86_64.CONDITIONS.keys() == aarch64.CONDITIONS.keys()
