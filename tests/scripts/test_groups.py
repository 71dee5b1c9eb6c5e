"""What maintainers need is read from the project's dependency groups."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support import groups


def test_a_group_has_what_those_have_that_it_includes(tmp_path: Path) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text(
        """
        [dependency-groups]
        suite = ["pytest>=8", "numpy; platform_python_implementation == 'CPython'"]
        docs = ["sphinx", "pytest>=8"]
        all = [{ include-group = "suite" }, "ruff", { include-group = "docs" }]
        """
    )
    numpy = "numpy; platform_python_implementation == 'CPython'"
    assert groups.of_project("all", project) == ["pytest>=8", numpy, "ruff", "sphinx"]


def test_the_groups_of_this_project_are_for_maintainers_only() -> None:
    script = Path(groups.__file__)
    done = subprocess.run(
        [sys.executable, str(script), "test"], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    asked = done.stdout.splitlines()
    assert {"mypy>=1.19", "pytest>=8", "sphinx>=8", "matplotlib>=3.8"} <= set(asked)
    assert len(asked) == len(set(asked))
    extras = groups.read(groups.PROJECT.read_text("utf-8"))["project"]["optional-dependencies"]
    assert set(extras) == {"cli", "eventlet", "gevent", "ssh", "tornado"}
