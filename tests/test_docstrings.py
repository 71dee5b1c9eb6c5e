"""Every exported name is documented in the house's one shape."""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

import ctzmq

SECTION = re.compile(r"^(?P<title>\w[\w ]*)\n-{3,}\n", re.MULTILINE)


def documented() -> Iterator[tuple[str, Any]]:
    """Yield the exported functions and classes, and the public methods of these, by name."""
    for name in ctzmq.__all__:
        value = getattr(ctzmq, name)
        if not getattr(value, "__module__", "").startswith("ctzmq"):
            continue
        if inspect.isfunction(value):
            yield name, value
        elif inspect.isclass(value):
            yield name, value
            for base in value.__mro__:
                if base.__module__.startswith("ctzmq") and not issubclass(base, enum.Enum):
                    for member, attribute in vars(base).items():
                        function = getattr(attribute, "__func__", attribute)
                        if member[0] != "_" and isinstance(function, (property, type(documented))):
                            yield f"{base.__name__}.{member}", function


NAMES = dict(documented())


def faults(value: Any) -> list[str]:
    """Tell what a docstring lacks of the shape: a sentence, the parameters, the source."""
    text = inspect.getdoc(value)
    if not text:
        return ["no docstring"]
    found = []
    sentence = " ".join(text.partition("\n\n")[0].split())
    if not sentence.endswith("."):
        found.append(f"does not start with a sentence: {sentence!r}")
    if inspect.isfunction(value):
        if "Source:" not in text:
            found.append("no source")
        sections = SECTION.split(text)
        parameters = dict(zip(sections[1::2], sections[2::2])).get("Parameters", "")
        told = set(re.findall(r"[*\w]+", " ".join(re.findall(r"^[*\w, ]+", parameters, re.M))))
        for name, parameter in inspect.signature(value).parameters.items():
            stars = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}
            written = stars.get(parameter.kind.name, "") + name
            if name not in {"self", "cls"} and name[0] != "_" and written not in told:
                found.append(f"parameter {written} is not told")
    return found


def test_the_face_has_documented_names() -> None:
    assert {"Context", "Socket", "Sending.send", "proxy", "ZMQError"} <= NAMES.keys()


@pytest.mark.parametrize("name", NAMES)
def test_the_docstring_has_the_shape(name: str) -> None:
    assert faults(NAMES[name]) == []


def test_the_check_itself_sees_faults() -> None:
    def good(wanted: int) -> None:
        """Do something.

        Parameters
        ----------
        wanted : int
            How much of it, in bytes.

        Source: own.
        """

    def bad(wanted: int, *others: int) -> None:
        """Something"""

    assert faults(good) == []
    assert len(faults(bad)) == 4
