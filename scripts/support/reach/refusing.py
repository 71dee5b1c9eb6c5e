"""Run a command that can't make memory executable: ``refusing.py COMMAND...``

It gets the filter of system calls that systemd's MemoryDenyWriteExecute sets: mapping memory
writable and executable at once, making mapped memory executable, and attaching executable shared
memory fail.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import platform
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, FILTER = 38, 22, 2
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
WRITE_EXEC, EXEC, SHM_EXEC = 0x6, 0x4, 0o100000

# Numbers of mmap, mprotect, pkey_mprotect and shmat, after the kernel's number of the processor.
PROCESSORS = {
    "x86_64": (0xC000003E, 9, 10, 329, 30),
    "aarch64": (0xC00000B7, 222, 226, 288, 196),
}

LOAD, EQUAL, AND, RETURN = 0x20, 0x15, 0x54, 0x06
NUMBER, PROCESSOR, THIRD_ARGUMENT = 0, 4, 32


def program(machine: str) -> bytes:
    """Return the filter as instructions of BPF."""
    arch, map_, protect, protect_key, attach = PROCESSORS[machine]
    rules = [(map_, WRITE_EXEC), (protect, EXEC), (protect_key, EXEC), (attach, SHM_EXEC)]
    steps = [(LOAD, 0, 0, PROCESSOR), (EQUAL, 1, 0, arch), (RETURN, 0, 0, ALLOW)]
    for number, bits in rules:
        steps += [
            (LOAD, 0, 0, NUMBER),
            (EQUAL, 0, 4, number),
            (LOAD, 0, 0, THIRD_ARGUMENT),
            (AND, 0, 0, bits),
            (EQUAL, 0, 1, bits),
            (RETURN, 0, 0, REFUSE),
        ]
    steps.append((RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def refuse() -> None:
    """Set the filter, for good, for this process and all that it starts."""
    code = program(platform.machine())
    buffer = ctypes.create_string_buffer(code, len(code))
    head = struct.pack("HL", len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    zero = ctypes.c_ulong(0)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero):
        raise OSError(ctypes.get_errno(), "no_new_privs")
    if libc.prctl(PR_SET_SECCOMP, ctypes.c_ulong(FILTER), head, zero, zero):
        raise OSError(ctypes.get_errno(), "seccomp")
    try:
        mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC).close()
    except PermissionError:
        return
    raise OSError("memory that is writable and executable could still be had")


if __name__ == "__main__":
    refuse()
    os.execvp(sys.argv[1], sys.argv[1:])
