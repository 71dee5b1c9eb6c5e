"""Systems of other processors: unpacked from Debian's packages, and run by QEMU's user emulation.

The kernel need not know of it: QEMU starts Python, and what tests start as `sys.executable` is a
script whose interpreter is QEMU, too.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from support.reach import places, suites
from support.reach.results import Result

PROCESSORS = {
    "arm64": "aarch64",
    "s390x": "s390x",
    "armhf": "arm",
    "riscv64": "riscv64",
    "ppc64el": "ppc64le",
}
"""Debian's names of processors, and QEMU's."""

PACKAGES = ["base-files", "dash", "libzmq5", "python3", "python3-hypothesis"]

RELEASES = ("trixie", "bookworm", "sid")

# Those of the core in which a processor could matter: all of them take an hour here.
CORE = ("frame", "handle", "messaging", "options", "payload", "poll", "security", "tracker")
TESTS = ("tests/libzmq", "tests/constants", *(f"tests/core/test_{name}.py" for name in CORE))

PLUGIN = "quick_tests"

# A test of what happens if a signal arrives before each single instruction takes hours here.
QUICK = """
def pytest_collection_modifyitems(config, items):
    slow = [item for item in items if "interruptions" in item.fixturenames]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in slow]
"""

WRAPPER = "/usr/bin/emulated-python"


def run(name: str) -> Result:
    """Run the doctor and tests on a processor; `name` may end in ``-ctypes``: no native calls."""
    arch, _, without = name.partition("-")
    emulator = places.need(f"qemu-{PROCESSORS[arch]}-static", "qemu-user-static")
    inside = f"/usr/bin/{Path(emulator).name}"
    root = places.Root(arch, inside)
    root.make(RELEASES, arch, PACKAGES)
    shutil.copy(emulator, f"{root.folder}{inside}")
    wrapper = Path(f"{root.folder}{WRAPPER}")
    wrapper.write_text(f'#!{inside} /bin/dash\nexec {inside} /usr/bin/python3 "$@"\n', "utf-8")
    wrapper.chmod(0o755)
    (root.folder / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n", "utf-8")
    python = suites.system_python(root, name, beside=["pytest>=8", "pytest-timeout"])
    if without:
        python = python._replace(environment={**python.environment, "CTZMQ_NATIVE_CALLS": "0"})
    site = root.folder / "src" / f"{name}-site"
    text = f"import sys\nsys.executable = {WRAPPER!r}\n"
    (site / "sitecustomize.py").write_text(text, "utf-8")
    (site / f"{PLUGIN}.py").write_text(QUICK, "utf-8")
    return suites.examine(name, python, ["-p", PLUGIN, *TESTS], timeout=3600, each=600)
