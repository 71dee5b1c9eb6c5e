"""`jupyter nbconvert --execute` runs a notebook."""

# mypy: ignore-errors

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook


def main():
    """Write a notebook, have it run, and read what came out."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "source.ipynb"), Path(folder, "target.ipynb")
        cells = [new_code_cell("x = 6"), new_code_cell("print('*' * 1000)\nx * 7")]
        nbformat.write(new_notebook(cells=cells), source)
        command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute"]
        subprocess.run([*command, "--output", target, source], check=True)
        printed, result = nbformat.read(target, as_version=4).cells[1].outputs
        assert printed["text"] == "*" * 1000 + "\n", printed
        assert result["data"]["text/plain"] == "42", result
        print("x * 7 is", result["data"]["text/plain"])


if __name__ == "__main__":
    main()
