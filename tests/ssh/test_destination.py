from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ctzmq.ssh.destination import check_host, check_port, key_path, parse_server

#: What a shell, `ssh` or its configuration reads as something else than a part of a name.
SPECIAL = " \t\n\r\0\v\f\x1b\x7f\x85\xa0\u2028'\"`$;&<>|(){}*?!#=,~^/%\udc80"


@pytest.mark.parametrize(
    ("server", "expected", "destination"),
    [
        ("host", ("", "host", None), "host"),
        ("gate_way-1.example.org", ("", "gate_way-1.example.org", None), "gate_way-1.example.org"),
        ("me@host", ("me", "host", None), "me@host"),
        ("me@host:2222", ("me", "host", 2222), "me@host"),
        ("me@domain@host", ("me@domain", "host", None), "me@domain@host"),
        ("DOMAIN\\me@host", ("DOMAIN\\me", "host", None), "DOMAIN\\me@host"),
        ("first.last+x@host", ("first.last+x", "host", None), "first.last+x@host"),
        ("192.0.2.1:22", ("", "192.0.2.1", 22), "192.0.2.1"),
        ("[host]:22", ("", "host", 22), "host"),
        ("me@[::1]:22", ("me", "::1", 22), "me@::1"),
        ("[::ffff:192.0.2.1]", ("", "::ffff:192.0.2.1", None), "::ffff:192.0.2.1"),
        ("[fe80::1%eth0]", ("", "fe80::1%eth0", None), "fe80::1%eth0"),
        ("münchen.example", ("", "münchen.example", None), "münchen.example"),
    ],
)
def test_a_server_is_taken_apart(server: str, expected: Any, destination: str) -> None:
    assert parse_server(server) == expected
    assert parse_server(server).destination == destination


@pytest.mark.parametrize(
    ("server", "why"),
    [
        ("", "the host is empty"),
        ("me@", "the host is empty"),
        ("[]", "the host is empty"),
        ("@host", "the user is empty"),
        ("-oProxyCommand=x", "begins with a dash"),
        ("-host", "begins with a dash"),
        ("me@-host", "begins with a dash"),
        ("[-oProxyCommand=x]", "begins with a dash"),
        ("me@[-oProxyCommand=x]:22", "begins with a dash"),
        ("-me@host", "the user begins with a dash"),
        ("-me@domain@host", "the user begins with a dash"),
        ("me\\@host", "the user has characters"),
        ("[[::1]]", "another form"),
        ("[-x", "another form"),
        ("::1", "another form"),
        ("host:22:23", "another form"),
        ("ssh://me@host", "the user has characters|another form"),
        ("ssh://host:22", "another form"),
        ("host:", "from 1 to 65535"),
        ("host:0", "from 1 to 65535"),
        ("host:65536", "from 1 to 65535"),
        ("host:-22", "from 1 to 65535"),
        ("host:+22", "from 1 to 65535"),
        ("host:2_2", "from 1 to 65535"),
        ("host: 22", "from 1 to 65535"),
        ("host:22\n", "from 1 to 65535"),
        ("host:٢٢", "from 1 to 65535"),
        ("host:22 -oProxyCommand=x", "from 1 to 65535"),
        ("[::1%$(x)]", "characters that no such name has"),
        ("[1::2::3]", "characters that no such name has"),
    ],
)
def test_what_is_no_server_is_named(server: str, why: str) -> None:
    with pytest.raises(ValueError, match=rf"\[user@\]host\[:port\], not .*: .*({why})"):
        parse_server(server)


@pytest.mark.parametrize("character", SPECIAL)
@pytest.mark.parametrize("form", ["{}", "{}host", "ho{}st", "host{}"])
def test_no_special_character_is_part_of_a_name(form: str, character: str) -> None:
    name = form.format(character)
    for server in (name, f"{name}@host", f"me@{name}", f"[{name}]", f"me@[{name}]:22"):
        with pytest.raises(ValueError, match="expected an SSH server"):
            parse_server(server)
    with pytest.raises(ValueError, match="the host"):
        check_host(name)


@pytest.mark.parametrize("value", [None, b"host", 1, ["host"]])
def test_only_text_names_a_server(value: Any) -> None:
    with pytest.raises(TypeError, match="must be a str"):
        parse_server(value)
    with pytest.raises(TypeError, match="must be a str"):
        check_host(value)


def test_a_text_that_lies_about_itself_is_read_as_it_is() -> None:
    class Lies(str):
        def startswith(self, *args: Any) -> bool:
            return False

        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = str.__hash__

    for server in ("-oProxyCommand=x", "[-oProxyCommand=x]", "-me@host"):
        with pytest.raises(ValueError, match="begins with a dash"):
            parse_server(Lies(server))
    with pytest.raises(ValueError, match="begins with a dash"):
        key_path(Lies("-key"))
    assert type(parse_server(Lies("host")).destination) is str


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("host", "host"),
        ("[host]", "host"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("1.2.3.4", "1.2.3.4"),
    ],
)
def test_a_host_is_unwrapped(host: str, expected: str) -> None:
    assert check_host(host) == expected


@pytest.mark.parametrize("host", ["[host", "host]", "[-x]", "-x", "", "a:1:b", "1:2", "[[x]]"])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="the host"):
        check_host(host)


def test_ports() -> None:
    assert [check_port(port) for port in (1, "22", 65535)] == [1, 22, 65535]
    for port in (0, -1, 65536, 2**64, "", "0", "22 ", "0x16", "123456"):
        with pytest.raises(ValueError, match="from 1 to 65535"):
            check_port(port)
    for other in (None, 22.0, b"22"):
        with pytest.raises(TypeError, match="a port must be an int"):
            check_port(other)  # type: ignore[arg-type]


def test_key_files(tmp_path: Path) -> None:
    assert key_path(tmp_path / "a key") == str(tmp_path / "a key")
    assert key_path("./-key") == "./-key"
    with pytest.raises(ValueError, match=r"write \./ before it"):
        key_path("-oProxyCommand=x")
    for path in ("a\0b", "a\nb", "a\x1bb"):
        with pytest.raises(ValueError, match="control characters"):
            key_path(path)
