from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

import ctzmq as zmq
from ctzmq import auth

pytestmark = pytest.mark.skipif(not zmq.has("curve"), reason="this libzmq has no CURVE")

PUBLIC = "a=b{}" * 8
SECRET = "c#=d0" * 8
OTHER = "0" * 40


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
        f'    public-key = "{PUBLIC}"\n'
        f"    secret-key = '{SECRET}'\r\n"
    )
    assert auth.load_certificate(path) == (PUBLIC.encode(), SECRET.encode())


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


def load(path: Path, content: str | bytes) -> tuple[bytes, bytes | None]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return auth.load_certificate(path)


@pytest.mark.parametrize(
    "content",
    [
        f'metadata\n    public-key = "{OTHER}"\ncurve\n    public-key = "{PUBLIC}"\n',
        f'curve\n    public-key = "{PUBLIC}"\nmetadata\n    public-key = "{OTHER}"\n',
        f'public-key = "{OTHER}"\ncurve\n    public-key = "{PUBLIC}"\n',
        f"metadata\n    curve\n        public-key = {OTHER}\ncurve\n    public-key = {PUBLIC}\n",
        f"curve\n    old\n        public-key = {OTHER}\n    public-key = {PUBLIC}\n",
        f"curved\n    public-key = {OTHER}\ncurve\n    public-key = {PUBLIC}\n",
        f"metadata\n    x = \r    public-key = {OTHER}\ncurve\n    public-key = {PUBLIC}\n",
    ],
)
def test_only_the_section_of_the_keys_gives_keys(tmp_path: Path, content: str) -> None:
    assert load(tmp_path / "x.key", content) == (PUBLIC.encode(), None)


@pytest.mark.parametrize(
    "content",
    [
        f"public-key = {PUBLIC}",
        f"   public-key='{PUBLIC}'\r\n",
        f"# no section\n\npublic-key\t=\t{PUBLIC}\t\n",
        f"\ufeffcurve\npublic-key = {PUBLIC}\n",
        f"curve\n\tpublic-key = {PUBLIC}\n\tpublic-key = {PUBLIC}\n",
        b"metadata\n    \xff\0 = \x80\r\ncurve  \r\n  public-key = " + PUBLIC.encode(),
        f"curve\n  public-key = {PUBLIC}\n  public-keys = {OTHER}\n  public = {OTHER}\n",
    ],
)
def test_files_that_others_have_written(tmp_path: Path, content: str | bytes) -> None:
    assert load(tmp_path / "x.key", content) == (PUBLIC.encode(), None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no public key"),
        (bytes(range(256)), "no public key"),
        (b"\0" * 1000, "no public key"),
        (b"curve\n    public-key\n", "no public key"),
        (f"# public-key = {PUBLIC}\n", "no public key"),
        (f"metadata\n    public-key = {PUBLIC}\n", "no public key"),
        (f"metadata\npublic-key = {PUBLIC}\n", "no public key"),
        (f"curve\r    public-key = {PUBLIC}\r", "no public key"),
        (f"curve\n    public-keys = {PUBLIC}\n", "no public key"),
        ("curve\n    public-key =\n", "the public-key is no key"),
        (f"curve\n    public-key = {PUBLIC[1:]}\n", "the public-key is no key"),
        (f"curve\n    public-key = {PUBLIC}{PUBLIC[:5]}\n", "40 characters, not 45"),
        (f"curve\n    public-key = {PUBLIC[:-1]}~\n", "not a Z85 character"),
        (f"curve\n    public-key = {PUBLIC[:-1]}\0\n", "not a Z85 character"),
        (f"curve\n    public-key = {'#' * 40}\n", "too large"),
        (f"curve\n  public-key = {PUBLIC}\n  secret-key = short\n", "the secret-key is no key"),
        (f"curve\n  public-key = {PUBLIC}\n  public-key = {OTHER}\n", "two values"),
        (f"curve\n  public-key = {PUBLIC}\n" + "#" * (1 << 20), "too long"),
    ],
)
def test_a_file_that_is_no_certificate_is_named(
    tmp_path: Path, content: str | bytes, words: str
) -> None:
    with pytest.raises(ValueError, match=rf"{words}.*odd\.key"):
        load(tmp_path / "odd.key", content)


def test_no_message_has_a_secret_key(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="secret-key") as caught:
        load(
            tmp_path / "x.key", f"curve\n  public-key={PUBLIC}\n  secret-key=hunter2hunter2~~~~~~\n"
        )
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../out", "a/b", "/abs", "a\\b", "..\\out", "a\0b", "a\nb", "a\x7fb", "a/"],
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "keys"
    (folder / "a").mkdir(parents=True)
    with pytest.raises(ValueError, match="certificate"):
        auth.create_certificates(folder, name)
    with pytest.raises(ValueError, match="certificate"):
        auth.create_certificates(folder, str(tmp_path / "absolute"))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "keys"]


def test_a_name_of_bytes_is_an_error(tmp_path: Path) -> None:
    name: Any = b"name"
    with pytest.raises(TypeError, match="is a str, not bytes"):
        auth.create_certificates(tmp_path, name)


@pytest.mark.parametrize("name", ["tcp server", "Zoë", ".hidden", "a..b", "-x"])
def test_other_names_are_names(tmp_path: Path, name: str) -> None:
    public_file, _ = auth.create_certificates(tmp_path, name)
    assert Path(public_file).name == f"{name}.key"


@pytest.mark.parametrize(
    "metadata",
    [
        {"public-key": OTHER},
        {"secret-key": OTHER},
        {"public-key ": OTHER},
        {"public-keys": OTHER},
        {"name": f'x\n    public-key = "{OTHER}"'},
        {"name": f"x\r    public-key = {OTHER}"},
        {"name": "x\ncurve\n"},
        {f"x\n    public-key = {OTHER}\n    y": "z"},
        {"a=b": "c"},
        {'a"b': "c"},
        {"a'b": "c"},
        {"": "c"},
        {" a": "c"},
        {"# a": "c"},
        {"a": "b\0c"},
        {"a": "b\x1bc"},
        {"a": "b\x85c"},
        {"a": "b\u2028c"},
        {"a": "\udc80"},
        {"a": b"\xff"},
    ],
)
def test_metadata_cannot_say_more_than_metadata(tmp_path: Path, metadata: Any) -> None:
    with pytest.raises(ValueError, match=r"metadata|utf"):
        auth.create_certificates(tmp_path, "x", metadata)
    assert list(tmp_path.iterdir()) == []


def test_metadata_of_all_kinds(tmp_path: Path) -> None:
    metadata: Any = {"name": "ü☃", b"bytes": b"v", "serial": 5, "curve": "a = b", "said": 'the "x"'}
    public_file, secret_file = auth.create_certificates(tmp_path, "x", metadata)
    text = Path(secret_file).read_text(encoding="utf8")
    for line in ("name = ü☃", "bytes = v", "serial = 5", "curve = a = b", 'said = the "x"'):
        assert f"\n    {line}\n" in text
    assert auth.load_certificate(secret_file)[0] == auth.load_certificate(public_file)[0]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    victim, folder = tmp_path / "victim", tmp_path / "keys"
    victim.write_text("keep")
    victim.chmod(0o644)
    folder.mkdir()
    for name in ("x.key", "x.key_secret"):
        (folder / name).symlink_to(victim)
    public_file, secret_file = auth.create_certificates(folder, "x")
    assert victim.read_text() == "keep"
    assert not os.path.islink(public_file)
    assert not os.path.islink(secret_file)
    assert stat.S_IMODE(os.stat(secret_file).st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["x.key", "x.key_secret"]


@pytest.mark.skipif(os.name == "nt", reason="permissions are of another kind there")
def test_a_secret_is_never_readable_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = []
    original = os.replace

    def replace(source: str, target: str) -> None:
        modes.append(stat.S_IMODE(os.stat(source).st_mode))
        original(source, target)

    monkeypatch.setattr(os, "replace", replace)
    old = os.umask(0)
    try:
        auth.create_certificates(tmp_path, "x")
    finally:
        os.umask(old)
    assert modes == [0o600, 0o666]


@pytest.mark.parametrize("broken", ["replace", "fsync"])
def test_what_fails_leaves_the_old_files_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fail(*args: Any) -> None:
        raise OSError("disk full")

    files = auth.create_certificates(tmp_path, "x")
    before = [Path(file).read_bytes() for file in files]
    monkeypatch.setattr(os, broken, fail)
    with pytest.raises(OSError, match="disk full"):
        auth.create_certificates(tmp_path, "x")
    assert [Path(file).read_bytes() for file in files] == before
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "x.key").mkdir()
    with pytest.raises(OSError, match=r"x\.key"):
        auth.create_certificates(tmp_path, "x")
    assert [path.name for path in tmp_path.iterdir()] == ["x.key"]
    with pytest.raises(OSError, match=r"x\.key"):
        auth.load_certificates(tmp_path)
    with pytest.raises(OSError, match=r"x\.key"):
        auth.load_certificate(tmp_path / "x.key")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_in_the_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.key")
    with pytest.raises(OSError, match=r"x\.key"):
        auth.load_certificates(tmp_path)


def test_hidden_files_are_no_certificates(tmp_path: Path) -> None:
    load(tmp_path / "x.key", f"curve\n    public-key = {PUBLIC}\n")
    load(tmp_path / ".x.key", f"curve\n    public-key = {OTHER}\n")
    assert auth.load_certificates(tmp_path) == {PUBLIC.encode(): True}
