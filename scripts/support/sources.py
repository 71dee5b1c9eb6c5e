"""The tests of other projects, from their source distributions; nothing of them is committed."""

from __future__ import annotations

import shutil
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Callable

from support import venvs


def fetch(
    python: Path,
    name: str,
    version: str,
    folder: Path,
    wanted: Callable[[str], bool],
    options: Sequence[str] = (),
) -> Path:
    """Return a folder with the wanted files of a release's source distribution.

    ``folder`` holds it and nothing else; what was there before is taken when it is the same
    release. ``wanted`` is asked about each path in the distribution, such as ``tests/test_x.py``.

    Raises SetupError when pip cannot get it.
    """
    release = folder / f"{name}-{version}"
    if (release / "complete").exists():
        return release
    shutil.rmtree(folder, ignore_errors=True)
    pin = f"{name}=={version}"
    print(f"fetching the source distribution of {pin}", file=sys.stderr, flush=True)
    command = ["-m", "pip", "download", "-q", "--no-deps", "--no-binary", name, *options]
    venvs.run([python, *command, "-d", folder, pin], f"fetching {pin}")
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        for member in archive:
            parts = Path(member.name).parts[1:]
            if not member.isfile() or ".." in parts or not wanted("/".join(parts)):
                continue
            target = release.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            content = archive.extractfile(member)
            assert content is not None
            target.write_bytes(content.read())
    (release / "complete").touch()
    return release
