"""The wheel named pyzmq is a valid one, and what it installs is ctzmq."""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from ctzmq.cli import main, shim
from ctzmq.core.version import VERSION

ROOT = Path(__file__).resolve().parents[2]
INFO = "pyzmq-27.3.0+ctzmq.dist-info"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel."""
    return shim.build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the wheel, beside a distribution that needs pyzmq."""
    if importlib.util.find_spec("pip") is None:
        pytest.skip("pip is not installed")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([*command, "--target", folder, wheel], check=True, timeout=120)
    for name, version, needs in [("ctzmq", VERSION, ""), ("needy", "1", "pyzmq>=27,<28")]:
        info = folder / f"{name}-{version}.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {needs}"] if needs else []
        (info / "METADATA").write_text("\n".join([*lines, ""]))
    return folder


def python(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the interpreter with what is installed in `site`."""
    path = os.pathsep.join([str(site), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": path},
        cwd=site,
    )


def succeeds(site: Path, code: str) -> None:
    """Run code that must not fail."""
    done = python(site, "-c", code)
    assert done.returncode == 0, done.stderr


def test_the_command_writes_it_and_tells_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / "folder"
    assert main(["shim", "--out", str(folder)]) == 0
    path = folder / "pyzmq-27.3.0+ctzmq-py3-none-any.whl"
    assert capsys.readouterr().out == f"{path}\n"
    assert zipfile.is_zipfile(path)


def test_a_folder_that_can_not_be_written_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["shim", "--out", str(tmp_path / "file")]) == 1
    assert str(tmp_path / "file") in capsys.readouterr().err


def test_the_same_bytes_each_time(wheel: Path, tmp_path: Path) -> None:
    assert shim.build(tmp_path).read_bytes() == wheel.read_bytes()


def test_the_record_lists_every_file_with_its_hash(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert archive.testzip() is None
        rows = list(csv.reader(io.StringIO(archive.read(f"{INFO}/RECORD").decode())))
        assert [name for name, _, _ in rows] == archive.namelist()
        for name, digest, size in rows[:-1]:
            data = archive.read(name)
            kind, _, value = digest.partition("=")
            raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
            assert raw == hashlib.new(kind, data).digest()
            assert int(size) == len(data)
        assert rows[-1] == [f"{INFO}/RECORD", "", ""]


def test_the_metadata_say_what_it_is_and_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = message_from_bytes(archive.read(f"{INFO}/METADATA"))
        tags = message_from_bytes(archive.read(f"{INFO}/WHEEL"))
    assert metadata["Name"] == "pyzmq"
    assert metadata["Version"] == "27.3.0+ctzmq"
    assert metadata.get_all("Requires-Dist") == ["ctzmq"]
    assert metadata["Requires-Python"] == ">=3.9"
    assert tags["Wheel-Version"] == "1.0"
    assert tags["Root-Is-Purelib"] == "true"
    assert tags["Tag"] == "py3-none-any"


def test_pip_counts_pyzmq_as_met(site: Path) -> None:
    code = "from importlib.metadata import version; assert version('pyzmq') == '27.3.0+ctzmq'"
    succeeds(site, code)
    done = subprocess.run(
        [sys.executable, "-m", "pip", "check"],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(site)},
    )
    assert "pyzmq" not in done.stdout
    assert "needy" not in done.stdout


def test_pip_check_would_have_told(site: Path, tmp_path: Path) -> None:
    """The test above can fail: without ctzmq the requirement is not met."""
    for info in site.glob("*yz*.dist-info"):
        (tmp_path / info.name).mkdir()
        text = (info / "METADATA").read_text().replace(": ctzmq", ": ctzmq-not-there")
        (tmp_path / info.name / "METADATA").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "pip", "check"],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert "ctzmq-not-there" in done.stdout


@pytest.mark.parametrize(
    "code",
    [
        "import zmq, sys; assert zmq is sys.modules['zmq']",
        "import zmq, ctzmq; assert vars(zmq) is vars(ctzmq)",
        "import ctzmq, zmq; assert vars(zmq) is vars(ctzmq)",
        "import ctzmq; ctzmq.install_as_zmq(); import zmq; assert vars(zmq) is vars(ctzmq)",
        "import zmq.sugar.socket as s, ctzmq.core.socket; assert s is ctzmq.core.socket",
        "import zmq.utils.jsonapi; assert zmq.utils.jsonapi.__name__ == 'ctzmq.utils.jsonapi'",
        "from zmq import Socket, sugar; assert sugar.Socket is Socket",
        "import pickle; s = pickle.loads(b'czmq\\nSocket\\n.'); import zmq; assert s is zmq.Socket",
        "import zmq; assert zmq.__spec__.name == 'zmq' and zmq.__file__.count('ctzmq')",
    ],
)
def test_the_package_zmq_is_ctzmq(site: Path, code: str) -> None:
    succeeds(site, code)


@pytest.mark.parametrize("first", ["import ctzmq.green", "import zmq.green", "import zmq", ""])
def test_each_name_of_green_means_one_flavour(site: Path, first: str) -> None:
    pytest.importorskip("eventlet")
    pytest.importorskip("gevent")
    succeeds(
        site,
        f"""
import warnings
warnings.simplefilter("ignore")  # eventlet says that it is old
{first}
from zmq import green as pyzmqs
from ctzmq import green as ours
import zmq.green, ctzmq.green
assert pyzmqs is zmq.green and pyzmqs.Socket.__module__ == "ctzmq.green.gevent"
assert ours is ctzmq.green and ours.Socket.__module__ == "ctzmq.green.eventlet"
""",
    )


def test_threads_that_import_it_at_once_all_can_use_it(site: Path) -> None:
    succeeds(
        site,
        """
import threading
start = threading.Barrier(16)
got = []
def work():
    start.wait()
    import zmq
    got.append(zmq.Socket)
threads = [threading.Thread(target=work) for _ in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
import ctzmq
assert len(got) == 16 and set(got) == {ctzmq.Socket}
""",
    )


def test_modules_below_it_can_be_run(site: Path) -> None:
    done = python(site, "-m", "zmq.curve_keygen", "--json")
    assert done.returncode == 0, done.stderr
    assert sorted(json.loads(done.stdout)) == ["public", "secret"]


def test_without_a_library_it_says_so(site: Path) -> None:
    done = python(site, "-c", "import os; os.environ['CTZMQ_LIBRARY'] = '/no/lib.so'; import zmq")
    assert done.returncode == 1
    assert "ImportError: CTZMQ_LIBRARY" in done.stderr
    assert "/no/lib.so" in done.stderr
