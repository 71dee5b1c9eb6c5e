"""Print what a dependency group of this project asks for, as pip's -r takes it.

The pip of a fresh environment of Python 3.9 to 3.13 is too old to take `--group` itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def read(text: str) -> Any:
    """Read TOML; what Python 3.9 and 3.10 have no parser for, their pip does."""
    if sys.version_info >= (3, 11):
        from tomllib import loads
    else:
        from pip._vendor.tomli import loads
    return loads(text)


def requirements(name: str, groups: Any) -> Iterator[str]:
    """List what a group asks for, with the groups that it includes."""
    for item in groups[name]:
        if isinstance(item, str):
            yield item
        else:
            yield from requirements(item["include-group"], groups)


def of_project(name: str, project: Path = PROJECT) -> list[str]:
    """List, without repetition, what a group of a `pyproject.toml` asks for."""
    groups = read(project.read_text(encoding="utf-8"))["dependency-groups"]
    return list(dict.fromkeys(requirements(name, groups)))


if __name__ == "__main__":
    print("\n".join(of_project(sys.argv[1])))
