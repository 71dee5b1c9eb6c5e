from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

import ctzmq as zmq
from ctzmq import auth

pytestmark = pytest.mark.skipif(not zmq.has("curve"), reason="this libzmq has no CURVE")


@pytest.mark.libzmq(4, 2)
def test_the_files_hold_a_pair_that_fits(tmp_path: Path) -> None:
    public_file, secret_file = auth.create_certificates(tmp_path, "server", {"name": "José"})
    assert public_file == str(tmp_path / "server.key")
    assert secret_file == str(tmp_path / "server.key_secret")
    public, secret = auth.load_certificate(secret_file)
    assert secret is not None
    assert zmq.curve_public(secret) == public
    assert auth.load_certificate(public_file) == (public, None)
    text = Path(secret_file).read_text(encoding="utf8")
    assert "    name = José\n" in text
    assert text.startswith("#   Generated on 20")
    assert secret.decode() not in Path(public_file).read_text(encoding="utf8")


@pytest.mark.skipif(os.name == "nt", reason="permissions are of another kind there")
def test_only_the_owner_can_read_the_secret(tmp_path: Path) -> None:
    older = tmp_path / "server.key_secret"
    older.write_text("anybody can read this")
    older.chmod(0o644)
    _, secret_file = auth.create_certificates(tmp_path, "server")
    assert stat.S_IMODE(os.stat(secret_file).st_mode) == 0o600


def test_all_public_keys_of_a_folder(tmp_path: Path) -> None:
    keys = set()
    for name in ("one", "two"):
        public_file, _ = auth.create_certificates(str(tmp_path), name)
        keys.add(auth.load_certificate(public_file)[0])
    (tmp_path / "notes.txt").write_text("no certificate")
    assert auth.load_certificates(tmp_path) == dict.fromkeys(keys, True)


def test_certificates_of_czmq_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "czmq.key_secret"
    path.write_text(
        "#   public-key = commented\n"
        "metadata\n"
        '    name = "x"\n'
        "curve\n"
        '    public-key = "a=b{}"\n'
        "    secret-key = 'c#=d'\r\n"
    )
    assert auth.load_certificate(path) == (b"a=b{}", b"c#=d")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"nothing\.key"):
        auth.load_certificate(tmp_path / "nothing.key")
    with pytest.raises(OSError, match="nothing"):
        auth.load_certificates(tmp_path / "nothing")


def test_a_file_without_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "empty.key"
    path.write_text("curve\n    secret-key = 'x'\n")
    with pytest.raises(ValueError, match=r"empty\.key"):
        auth.load_certificate(path)
    with pytest.raises(ValueError, match=r"empty\.key"):
        auth.load_certificates(tmp_path)
