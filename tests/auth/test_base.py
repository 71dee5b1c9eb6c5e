"""The decisions, without libzmq: requests in, answers out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ctzmq as zmq
from ctzmq import auth
from ctzmq.auth.base import VERSION
from ctzmq.utils import z85

KEY = bytes(range(32))
ADDRESS = b"192.0.2.1"


class Recorder:
    """Stands in for the ZAP socket."""

    def __init__(self) -> None:
        self.sent: list[list[bytes]] = []

    def send_multipart(self, parts: list[bytes]) -> None:
        self.sent.append(parts)

    def unbind(self, endpoint: str) -> None: ...

    def close(self) -> None: ...


class Desk(auth.Authenticator):
    """An authenticator whose answers can be asked for."""

    def ask(self, mechanism: bytes, *credentials: bytes, domain: bytes = b"") -> tuple[str, ...]:
        """Ask about a client; return status, reason and user."""
        return self.ask_raw(
            [VERSION, b"id", domain, ADDRESS, b"routing id", mechanism, *credentials]
        )

    def ask_raw(self, request: list[bytes]) -> tuple[str, ...]:
        self.zap_socket = Recorder()
        asyncio.run(self.handle_zap_message(request))
        ((version, _, status, reason, user, metadata),) = self.zap_socket.sent
        assert (version, metadata) == (VERSION, b"")
        return status.decode(), reason.decode(), user.decode(errors="replace")


@pytest.fixture
def desk(context: zmq.Context) -> Desk:
    return Desk(context)


def test_null_clients_may_come_in(desk: Desk) -> None:
    assert desk.ask(b"NULL") == ("200", "OK", "anonymous")


def test_the_answer_has_the_number_of_the_request(desk: Desk) -> None:
    desk.ask(b"NULL")
    assert desk.zap_socket.sent[0][1] == b"id"


def test_only_allowed_addresses(desk: Desk) -> None:
    desk.allow("192.0.2.2")
    assert desk.ask(b"NULL") == ("400", "Address not allowed", "")
    desk.allow("192.0.2.3", ADDRESS.decode())
    assert desk.ask(b"NULL")[0] == "200"


def test_an_allowed_address_still_needs_credentials(desk: Desk) -> None:
    desk.allow(ADDRESS.decode())
    assert desk.ask(b"PLAIN", b"admin", b"secret") == ("400", "No passwords defined", "")
    assert desk.ask(b"CURVE", KEY) == ("400", "Unknown domain", "")


def test_denied_addresses(desk: Desk) -> None:
    desk.deny("192.0.2.2")
    assert desk.ask(b"NULL")[0] == "200"
    desk.deny(ADDRESS.decode())
    assert desk.ask(b"NULL") == ("400", "Address denied", "")


@pytest.mark.parametrize("spelled", ["::ffff:192.0.2.1", "::FFFF:C000:201", "[::ffff:192.0.2.1]"])
def test_a_mapped_address_is_the_address(context: zmq.Context, spelled: str) -> None:
    def ask(desk: Desk, address: str) -> str:
        return desk.ask_raw([VERSION, b"id", b"", address.encode(), b"", b"NULL"])[1]

    for set_up, met in (("192.0.2.1", spelled), (spelled, "192.0.2.1"), (spelled, spelled)):
        allowing, denying = Desk(context), Desk(context)
        allowing.allow(set_up)
        denying.deny(set_up)
        assert ask(allowing, met) == "OK"
        assert ask(allowing, "::ffff:192.0.2.2") == "Address not allowed"
        assert ask(denying, met) == "Address denied"
        assert ask(denying, "::ffff:192.0.2.2") == "OK"


def test_what_is_no_address_is_warned_of(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.deny("::1", "fe80::1%eth0", "127.0.0.1", ":0:0:1")
    assert caplog.text == ""
    desk.deny("localhost", "192.0.2.0/24")
    assert "'localhost' is no IP address" in caplog.text
    assert "'192.0.2.0/24' is no IP address" in caplog.text


def test_allow_and_deny_exclude_each_other(context: zmq.Context) -> None:
    allowing, denying = Desk(context), Desk(context)
    allowing.allow("192.0.2.1")
    denying.deny("192.0.2.1")
    with pytest.raises(ValueError, match="either allow or deny"):
        allowing.deny("192.0.2.2")
    with pytest.raises(ValueError, match="either allow or deny"):
        denying.allow("192.0.2.2")


def test_plain(desk: Desk) -> None:
    desk.configure_plain("*", {"José": "geheim"})
    user = "José".encode()
    assert desk.ask(b"PLAIN", user, b"geheim") == ("200", "OK", "José")
    assert desk.ask(b"PLAIN", user, b"wrong") == ("400", "Invalid password", "")
    assert desk.ask(b"PLAIN", b"else", b"geheim") == ("400", "Invalid username", "")
    assert desk.ask(b"PLAIN", user, b"geheim", domain=b"d") == ("400", "Invalid domain", "")
    assert desk.ask(b"PLAIN", user) == ("400", "Invalid credentials", "")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
def test_plain_compares_bytes(context: zmq.Context, encoding: str) -> None:
    desk = Desk(context, encoding)
    desk.configure_plain("*", {"\ufffd": "\ufffd", "?": "?", "": "", "user": "\ufffd\ufffd"})
    for name in (b"\xff", b"\xc3", b"\xed\xb3\xbf"):
        assert desk.ask(b"PLAIN", name, name)[0] == "400"
        assert desk.ask(b"PLAIN", b"?", name)[0] == "400"
        assert desk.ask(b"PLAIN", b"", name)[0] == "400"
        assert desk.ask(b"PLAIN", b"user", 2 * name)[0] != "200"
    assert desk.ask(b"PLAIN", b"", b"") == ("200", "OK", "")
    assert desk.ask(b"PLAIN", b"?", b"?") == ("200", "OK", "?")


def test_plain_with_text_beyond_ascii(context: zmq.Context) -> None:
    for encoding in ("utf-8", "latin-1"):
        desk = Desk(context, encoding)
        desk.configure_plain("*", {"Zoë": "naïf"})
        name, password = "Zoë".encode(encoding), "naïf".encode(encoding)
        assert desk.ask(b"PLAIN", name, password)[0] == "200"
        assert desk.zap_socket.sent[0][4] == name
        assert desk.ask(b"PLAIN", name, b"naif")[1] == "Invalid password"
        assert desk.ask(b"PLAIN", b"Zoe", password)[1] == "Invalid username"
        assert desk.ask(b"PLAIN", "Zoë".encode("utf-16"), password)[0] == "400"


def test_a_password_of_bytes(desk: Desk) -> None:
    passwords: Any = {"admin": b"\xff\xfe"}
    desk.configure_plain("*", passwords)
    assert desk.ask(b"PLAIN", b"admin", b"\xff\xfe")[0] == "200"
    assert desk.ask(b"PLAIN", b"admin", b"\xff\xff")[0] == "400"


@pytest.mark.parametrize("password", [None, 5, ["x"]])
def test_a_password_that_is_no_text_is_nobodys(desk: Desk, password: Any) -> None:
    desk.configure_plain("*", {"admin": password})
    assert desk.ask(b"PLAIN", b"admin", b"") == ("500", "Internal error", "")
    assert desk.ask(b"PLAIN", b"admin", str(password).encode())[0] == "500"


def test_the_verdict_of_a_subclass_counts(context: zmq.Context) -> None:
    class Strict(Desk):
        def _authenticate_plain(self, *names: str) -> Any:
            return verdicts["plain"]

        async def _authenticate_curve(self, *names: Any) -> Any:
            return verdicts["curve"]

        def _authenticate_gssapi(self, *names: Any) -> Any:
            return verdicts["gssapi"]

    desk = Strict(context)
    desk.configure_plain("*", {"user": "password"})
    desk.configure_curve("*", auth.CURVE_ALLOW_ANY)
    requests = {"plain": (b"PLAIN", b"user", b"password"), "curve": (b"CURVE", KEY)}
    requests["gssapi"] = (b"GSSAPI", b"me")
    verdicts: dict[str, Any] = dict.fromkeys(requests, (False, b"not today"))
    for request in requests.values():
        assert desk.ask(*request) == ("400", "not today", "")
    verdicts = dict.fromkeys(requests)
    for request in requests.values():
        assert desk.ask(*request)[0] == "500"
    verdicts = dict.fromkeys(requests, (True, b""))
    for request in requests.values():
        assert desk.ask(*request)[0] == "200"


def test_plain_per_domain_with_changes_that_count_at_once(desk: Desk) -> None:
    passwords = {"admin": "old"}
    desk.configure_plain("inner", passwords)
    passwords["admin"] = "new"
    assert desk.ask(b"PLAIN", b"admin", b"new", domain=b"inner")[0] == "200"
    assert desk.ask(b"PLAIN", b"admin", b"new") == ("400", "Invalid domain", "")


def test_passwords_are_not_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="zmq.auth")
    desk.configure_plain("*", {"admin": "hunter2"})
    desk.ask(b"PLAIN", b"admin", b"hunter2")
    desk.ask(b"PLAIN", b"admin", b"hunter3")
    assert caplog.text
    assert "hunter" not in caplog.text


def test_curve_with_any_key(desk: Desk) -> None:
    desk.configure_curve("*", auth.CURVE_ALLOW_ANY)
    assert desk.ask(b"CURVE", KEY) == ("200", "OK", z85.encode(KEY).decode())
    assert desk.ask(b"CURVE", KEY, b"more") == ("400", "Invalid credentials", "")


def test_curve_with_certificates(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "client.key").write_text(f'curve\n    public-key = "{z85.encode(KEY).decode()}"\n')
    desk.configure_curve("*", auth.CURVE_ALLOW_ANY)
    desk.configure_curve("inner", tmp_path)
    assert desk.ask(b"CURVE", KEY, domain=b"inner") == ("200", "OK", z85.encode(KEY).decode())
    assert desk.ask(b"CURVE", bytes(32), domain=b"inner") == ("400", "Unknown key", "")
    assert desk.ask(b"CURVE", KEY) == ("400", "Unknown domain", "")


def test_a_folder_that_cannot_be_read_is_logged(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk.configure_curve("*", tmp_path / "missing")
    assert "missing" in caplog.text
    assert desk.ask(b"CURVE", KEY)[0] == "400"


class Provider:
    def __init__(self, known: bool) -> None:
        self.known = known
        self.asked: list[tuple[str, bytes]] = []

    def callback(self, domain: str, key: bytes) -> Any:
        self.asked.append((domain, key))
        return self.known


class AsyncProvider(Provider):
    async def callback(self, domain: str, key: bytes) -> Any:
        await asyncio.sleep(0)
        return super().callback(domain, key)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("provider_class", [Provider, AsyncProvider])
def test_curve_with_a_callback(desk: Desk, known: bool, provider_class: type[Provider]) -> None:
    provider = provider_class(known)
    desk.configure_curve_callback("*", credentials_provider=provider)
    status, reason, _ = desk.ask(b"CURVE", KEY)
    assert (status, reason) == (("200", "OK") if known else ("400", "Unknown key"))


def test_a_callback_gets_domain_and_key(desk: Desk) -> None:
    provider = Provider(True)
    desk.configure_curve_callback("inner", provider)
    desk.ask(b"CURVE", KEY, domain=b"inner")
    assert provider.asked == [("inner", z85.encode(KEY))]
    assert desk.ask(b"CURVE", KEY) == ("400", "Unknown domain", "")


def test_a_missing_callback_is_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.configure_curve_callback("inner")
    assert "inner" in caplog.text


def test_a_decision_that_fails_is_a_refusal(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.configure_curve_callback("*", credentials_provider=object())
    assert desk.ask(b"CURVE", KEY) == ("500", "Internal error", "")
    assert "AttributeError" in caplog.text


def test_users_can_have_other_names(context: zmq.Context) -> None:
    class Named(Desk):
        def curve_user_id(self, client_public_key: bytes) -> str:
            return f"user {client_public_key[1]}"

    desk = Named(context)
    desk.configure_curve("*", auth.CURVE_ALLOW_ANY)
    assert desk.ask(b"CURVE", KEY) == ("200", "OK", "user 1")


@pytest.mark.parametrize(
    ("name", "sent"), [("Zoë", "Zoë".encode()), (b"\xff\x00", b"\xff\x00"), (b"", b"")]
)
def test_a_user_has_a_name_of_text_or_of_bytes(
    context: zmq.Context, name: str | bytes, sent: bytes
) -> None:
    class Named(Desk):
        def curve_user_id(self, client_public_key: bytes) -> str | bytes:
            return name

    desk = Named(context)
    desk.configure_curve("*", auth.CURVE_ALLOW_ANY)
    status, _, _ = desk.ask(b"CURVE", KEY)
    assert (status, desk.zap_socket.sent[0][4]) == ("200", sent)


def test_a_name_of_another_type_is_a_refusal(
    context: zmq.Context, caplog: pytest.LogCaptureFixture
) -> None:
    class Named(Desk):
        def curve_user_id(self, client_public_key: bytes) -> Any:
            return None

    desk = Named(context)
    desk.configure_curve("*", auth.CURVE_ALLOW_ANY)
    assert desk.ask(b"CURVE", KEY) == ("500", "Internal error", "")
    assert "curve_user_id returns str or bytes, got None" in caplog.text


def test_gssapi_clients_are_known_to_libzmq_already(desk: Desk) -> None:
    desk.configure_gssapi("*", "ignored")
    assert desk.ask(b"GSSAPI", b"principal@REALM") == ("200", "OK", "principal@REALM")
    assert desk.ask(b"GSSAPI") == ("400", "Invalid credentials", "")


def test_other_mechanisms_are_refused(desk: Desk) -> None:
    desk.allow(ADDRESS.decode())
    assert desk.ask(b"ROT13") == ("400", "Unknown mechanism", "")


def test_a_cancelled_decision_is_a_refusal(desk: Desk) -> None:
    async def run() -> None:
        provider = Provider(True)
        waiting = asyncio.Event()

        async def callback(domain: str, key: bytes) -> Any:
            waiting.set()
            await asyncio.sleep(30)

        provider.callback = callback  # type: ignore[method-assign]
        desk.configure_curve_callback("*", provider)
        desk.zap_socket = Recorder()
        request = [VERSION, b"id", b"", ADDRESS, b"", b"CURVE", KEY]
        task = asyncio.ensure_future(desk.handle_zap_message(request))
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [parts[2] for parts in desk.zap_socket.sent] == [b"500"]

    asyncio.run(run())


def test_a_request_from_before_it_was_stopped_gets_no_answer(desk: Desk) -> None:
    async def run() -> None:
        class Stops:
            async def callback(self, domain: str, key: bytes) -> bool:
                desk.zap_socket = second
                return True

        first, second = Recorder(), Recorder()
        desk.zap_socket = first
        desk.configure_curve_callback("*", Stops())
        await desk.handle_zap_message([VERSION, b"id", b"", ADDRESS, b"", b"CURVE", KEY])
        assert first.sent == second.sent == []

    asyncio.run(run())


def test_malformed_requests_get_an_answer(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    assert desk.ask_raw([VERSION, b"id"]) == ("400", "Not enough frames", "")
    assert desk.ask_raw([b""]) == ("400", "Not enough frames", "")
    assert desk.ask_raw([b"2.0", b"id", b"", ADDRESS, b"", b"NULL"]) == (
        "400",
        "Invalid version",
        "",
    )
    assert "invalid ZAP version" in caplog.text


@pytest.fixture
def no_instance_left() -> Iterator[None]:
    yield
    zmq.Context.instance().term()


@pytest.mark.usefixtures("no_instance_left")
def test_the_context_is_the_global_one_if_none_is_given() -> None:
    assert auth.Authenticator().context is zmq.Context.instance()


def test_start_and_stop(context: zmq.Context) -> None:
    first, second = auth.Authenticator(context), auth.Authenticator(context)
    first.stop()
    first.start()
    assert first.zap_socket.type == zmq.REP
    with pytest.raises(zmq.ZMQError) as caught:
        second.start()
    assert caught.value.errno == zmq.EADDRINUSE
    second.stop()
    first.stop()
    assert first.zap_socket is None
