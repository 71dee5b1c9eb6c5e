"""The runs on other platforms: what is chosen, what is shown, what is published."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, os.fspath(SCRIPTS))

from support.reach import __main__ as command  # noqa: E402
from support.reach import places, results, suites  # noqa: E402
from support.reach.platforms import PLATFORMS, Platform  # noqa: E402
from support.reach.results import Result  # noqa: E402

GOOD = Result("newest", "CPython 4.0", "4.3.5", "off", 12, 0, 3, 61.4, "2030-01-02", "all tests")
BAD = GOOD._replace(platform="odd", passed=10, failed=2, problems=["core::test_a", "core::test_b"])
ABSENT = Result("rare", absent="needs root")


def reach(cache: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPTS / "reach", *arguments],
        env={**os.environ, "PYTHON": sys.executable, "XDG_CACHE_HOME": str(cache)},
        capture_output=True,
        text=True,
        timeout=50,
    )


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
@pytest.mark.parametrize("option", ["--list", "--help"])
def test_what_there_is_is_told_and_nothing_is_done(option: str, tmp_path: Path) -> None:
    done = reach(tmp_path, option)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(name in done.stdout for name in PLATFORMS)
    assert option == "--list" or "root" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_platform_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["vax"])
    assert ended.value.code == 2
    assert "no platform 'vax'; there are cpython-3.14, " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raised", "code", "shown"),
    [
        (None, 0, "CPython 4.0"),
        (places.Absent("needs root"), 0, "skipped: needs root"),
        (places.BuildError("the compiler failed"), 1, "the compiler failed"),
    ],
)
def test_one_platform_stands_on_its_own(
    raised: Exception | None,
    code: int,
    shown: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fails(name: str) -> Result:
        if raised:
            raise raised
        return GOOD._replace(platform=name)

    for name, run in {"first": fails, "last": lambda name: GOOD._replace(platform=name)}.items():
        monkeypatch.setitem(PLATFORMS, name, Platform("for this test", run))
    assert command.main(["first", "last"]) == code
    captured = capsys.readouterr()
    assert shown in captured.out + captured.err
    assert captured.out.splitlines()[-1].startswith("last ")


def test_the_table_has_a_row_each() -> None:
    assert results.text_table([GOOD, ABSENT, BAD]).splitlines() == [
        "platform  Python       libzmq  native calls  passed  failed  skipped  seconds",
        "newest    CPython 4.0  4.3.5   off               12       0        3       61",
        "rare      skipped: needs root",
        "odd       CPython 4.0  4.3.5   off               10       2        3       61",
    ]


def test_the_page_keeps_what_was_not_run_now(tmp_path: Path) -> None:
    page = tmp_path / "reach.md"
    page.write_text(f"before\n{results.BEGIN}\nold\n{results.END}\nafter\n", "utf-8")
    order = ["newest", "odd", "rare"]
    results.publish([BAD, ABSENT], tmp_path, order)
    results.publish([GOOD, ABSENT._replace(platform="odd")], tmp_path, order)
    text = page.read_text("utf-8")
    assert text.startswith("before\n")
    assert text.endswith(f"{results.END}\nafter\n")
    assert "old" not in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert rows[2:] == [
        "| newest | CPython 4.0 | 4.3.5 | off | 12 | 0 | 3 | 61 | 2030-01-02 | all tests |",
        "| odd | CPython 4.0 | 4.3.5 | off | 10 | 2 | 3 | 61 | 2030-01-02 | all tests |",
    ]
    assert "- `core::test_a`\n" in text
    assert "- **rare**: needs root\n" in text


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    assert results.read(file) == []
    file.write_text("\n".join(json.dumps(each._asdict()) for each in (BAD, ABSENT)), "utf-8")
    assert [each.cells() for each in results.read(file)] == [BAD.cells(), ABSENT.cells()]


def test_json_is_found_after_other_output() -> None:
    assert suites.last_json('a warning\n{\n "ok": true\n}') == {"ok": True}
    assert suites.last_json('{\n "a": {\n "b": 1}\n}') == {"a": {"b": 1}}
    assert suites.last_json('"CPython"') == "CPython"
    with pytest.raises(ValueError, match="no JSON in 'Segmentation fault'"):
        suites.last_json("Segmentation fault")
