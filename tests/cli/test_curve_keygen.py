"""Keys are made, or found from a secret that no argument shows."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

import ctzmq
from ctzmq.auth import create_certificates
from ctzmq.cli import main

pytestmark = pytest.mark.skipif(not ctzmq.has("curve"), reason="libzmq has no CURVE")


def test_a_pair_is_printed_and_read_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for options in ([], ["--json"]):
        assert main(["curve-keygen", *options]) == 0
        printed = capsys.readouterr().out
        monkeypatch.setattr(sys, "stdin", io.StringIO(printed))
        assert main(["curve-keygen", *options, "--secret", "-"]) == 0
        assert capsys.readouterr().out == printed


def test_the_secret_may_be_alone_in_a_file_or_in_a_certificate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    public, secret = ctzmq.curve_keypair()
    alone = tmp_path / "alone"
    alone.write_bytes(secret + b"\n")
    assert main(["curve-keygen", "--json", "--secret", str(alone)]) == 0
    assert json.loads(capsys.readouterr().out)["public"] == public.decode()
    _, certificate = create_certificates(tmp_path, "server")
    assert main(["curve-keygen", "--json", "--secret", certificate]) == 0
    assert json.loads(capsys.readouterr().out)["secret"] in Path(certificate).read_text()


def test_the_secret_may_be_given_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """As pyzmq's command takes it."""
    public, secret = ctzmq.curve_keypair()
    assert main(["curve-keygen", "--json", f"--secret={secret.decode()}"]) == 0
    assert json.loads(capsys.readouterr().out)["public"] == public.decode()


@pytest.mark.parametrize("content", [b"", b"short", b"\xff\xfe", b"x" * 41])
def test_a_file_without_a_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    assert main(["curve-keygen", "--secret", str(file)]) == 1
    assert f"there is no secret key of 40 letters in {file}" in capsys.readouterr().err
    assert main(["curve-keygen", "--secret", str(tmp_path)]) == 1
    assert main(["curve-keygen", "--secret", str(tmp_path / "none")]) == 1
