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

PACKAGES = [
    "base-files", "dash", "libzmq5", "python3", "python3-hypothesis", "python3-pytest",
    "python3-pytest-timeout",
]  # fmt: skip

RELEASES = ("trixie", "bookworm", "sid")

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
    """Run the doctor and the tests of the core on a processor."""
    emulator = places.need(f"qemu-{PROCESSORS[name]}-static", "qemu-user-static")
    inside = f"/usr/bin/{Path(emulator).name}"
    root = places.Root(name, inside)
    root.make(RELEASES, name, PACKAGES)
    shutil.copy(emulator, f"{root.folder}{inside}")
    wrapper = Path(f"{root.folder}{WRAPPER}")
    wrapper.write_text(f'#!{inside} /bin/dash\nexec {inside} /usr/bin/python3 "$@"\n', "utf-8")
    wrapper.chmod(0o755)
    (root.folder / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n", "utf-8")
    python = suites.system_python(root, name)
    site = root.folder / "src" / f"{name}-site"
    text = f"import sys\nsys.executable = {WRAPPER!r}\n"
    (site / "sitecustomize.py").write_text(text, "utf-8")
    (site / f"{PLUGIN}.py").write_text(QUICK, "utf-8")
    return suites.examine(name, python, ["-p", PLUGIN, *suites.CORE], timeout=3600, each=600)
