"""How Sphinx builds these pages; `scripts/docs` runs it."""

from __future__ import annotations

import enum
import re
import sys
import warnings
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ctzmq
from ctzmq.constants.meanings import MEANINGS
from ctzmq.core.version import VERSION

# The green classes are shown as eventlet has them, which warns of itself when it is imported.
warnings.filterwarnings("ignore", r"\s*Eventlet is deprecated")

project = "ctzmq"
copyright = "the ctzmq developers"
release = version = VERSION

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["examples"]
MANUAL = "https://libzmq.readthedocs.io/en/latest"
html_theme = "furo"
html_title = f"ctzmq {release}"
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["ctzmq.css"]
myst_heading_anchors = 3

# In a docstring, what stands between backticks is a name if it is one, and code in any case.
default_role = "py:obj"
autodoc_member_order = "groupwise"
autodoc_typehints = "none"
napoleon_google_docstring = False
napoleon_custom_sections = ["Source"]
# Every flavour has classes of these names; a parameter means the blocking one, or its like.
napoleon_preprocess_types = True
napoleon_type_aliases = {name: f"ctzmq.{name}" for name in ("Context", "Socket", "Poller")}

#: What the flat names of an enum's members begin with.
PREFIXES = {
    "Event": "EVENT_",
    "RouterNotify": "NOTIFY_",
    "ReconnectStop": "RECONNECT_STOP_",
    "NormMode": "NORM_",
}


def prepare_docstring(
    app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Make a numpydoc docstring in reStructuredText of one in ctzmq's form."""
    text = re.sub(r"^Source: own\.$", "", "\n".join(lines), flags=re.MULTILINE)
    text = re.sub(r"^Source: (.*)", source, text, flags=re.MULTILINE)
    # An endpoint is no address of the web.
    text = re.sub(r'"(\w+://[^"\s]+)"', r"``\1``", text)
    # One entry for each of several errors that have one description.
    text = re.sub(r"^(\w+(?:, \w+)+)\n((?: +.*\n?)+)", one_each, text, flags=re.MULTILINE)
    # A star is a star, outside of code and not before the name of a parameter.
    parts = re.split(r"(`[^`]*`)", text)
    parts[::2] = [re.sub(r"\*(?![*\w])", r"\\*", part) for part in parts[::2]]
    lines[:] = "".join(parts).split("\n")


def source(line: re.Match[str]) -> str:
    """Make a section of a docstring's last line, with links to libzmq's manual."""
    text = re.sub(r"`(zmq_\w+)`", rf"`\1 <{MANUAL}/\1.html>`__", line[1])
    return f"Source\n------\n{text}"


def one_each(entry: re.Match[str]) -> str:
    """Repeat the description of several errors for each."""
    names, description = entry.groups()
    return "".join(f"{name}\n{description.rstrip()}\n" for name in names.split(", "))


def skip_spellings(
    app: Any, what: str, name: str, obj: Any, skip: bool, options: Any
) -> bool | None:
    """Leave out the other spellings of a member that is told of already."""
    own_name = getattr(getattr(obj, "fget", obj), "__name__", name)
    return True if what == "class" and name != name.lower() and own_name != name else None


class EnumTable(Directive):
    """A table of the members of one of ctzmq's enums."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Build the table."""
        members = getattr(ctzmq, self.arguments[0]).__members__
        groups: dict[enum.Enum, list[str]] = {}
        for name, member in members.items():
            groups.setdefault(member, []).append(name)
        prefix = PREFIXES.get(self.arguments[0], "")
        head = ["Name", "Number"]
        rows = []
        for member, names in groups.items():
            flat = [
                f"{prefix}{name}" if hasattr(ctzmq, f"{prefix}{name}") else name for name in names
            ]
            rows.append([", ".join(flat), str(member.value)])
        if issubclass(type(next(iter(groups))), ctzmq.SocketOption):
            head += ["What it means", "Value", "Default", "Access", "Since libzmq"]
            for row, option in zip(rows, groups):
                access = ("get" if option.readable else "", "set" if option.writable else "")
                kind = {"int64": "int, 64 bits", "fd": "descriptor"}.get(
                    option._opt_type.name, option._opt_type.name
                )
                meaning, unit, default = MEANINGS[option.name]
                value = f"{kind}: {unit}" if unit and unit != kind else kind
                row += [meaning, value, default, ", ".join(filter(None, access)), option.since]
        return [self.table(head, rows)]

    @staticmethod
    def table(head: list[str], rows: list[list[str]]) -> nodes.table:
        """Make a table of text."""

        def line(cells: list[str]) -> nodes.row:
            entries = [nodes.entry("", nodes.paragraph(text=cell)) for cell in cells]
            return nodes.row("", *entries)

        group = nodes.tgroup(cols=len(head))
        group += [nodes.colspec(colwidth=1) for _ in head]
        group += nodes.thead("", line(head))
        group += nodes.tbody("", *map(line, rows))
        return nodes.table("", group, classes=["enum"])


def setup(app: Any) -> None:
    """Put the steps above into Sphinx's way; docstrings come before their sections are read."""
    app.connect("autodoc-process-docstring", prepare_docstring, priority=400)
    app.connect("autodoc-skip-member", skip_spellings)
    app.add_directive("enum-table", EnumTable)
