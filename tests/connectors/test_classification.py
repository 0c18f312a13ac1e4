"""Which failure may be tried again: every row of the table, over a real socket."""

import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from outreach.connectors import wire
from outreach.connectors.base import Outgoing
from outreach.connectors.failures import ConnectorError, LoggedOut, NotSent, Refused, Restricted, Unknown
from outreach.connectors.unipile import Unipile
from outreach.engine.kinds import Kind
from tests.connectors.conftest import Serve, seat_at
from tests.connectors.raw_server import Behaviour, RawServer, Received, answers, closes, listen, refuses, reset

INVITE = Outgoing(Kind.INVITE, provider_id="ACoAA1")
DM = Outgoing(Kind.DM, provider_id="ACoAA1", text="Hello")
INVITED = {"object": "UserInvitationSent", "invitation_id": "7"}


def fail(server: RawServer, outgoing: Outgoing = INVITE, timeout_s: float = 5.0) -> ConnectorError:
    """Hand something over to a server with which that cannot go well."""
    with pytest.raises(ConnectorError) as caught:
        Unipile(seat_at(server.url, timeout_s=timeout_s)).hand_over(outgoing)
    return caught.value


# --- Surely nothing was handed over -----------------------------------------------------------------------------------


def test_a_refused_connection_is_not_sent() -> None:
    with listen() as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NotSent) as caught:
        Unipile(seat_at(f"http://127.0.0.1:{port}")).hand_over(INVITE)
    assert caught.value.code == "unreachable"
    assert caught.value.retry_after_s is None


def test_a_name_that_cannot_be_found_is_not_sent() -> None:
    with pytest.raises(NotSent) as caught:
        Unipile(seat_at(f"http://{'a' * 64}.invalid")).hand_over(INVITE)
    assert caught.value.code == "dns"


def test_a_connection_that_is_never_taken_is_not_sent_and_bounded() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen(0)
        waiting = [socket.socket() for _ in range(4)]  # fills the queue: later ones wait for ever
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(busy.getsockname())
        started = time.monotonic()
        with pytest.raises(NotSent) as caught:
            Unipile(seat_at(f"http://127.0.0.1:{busy.getsockname()[1]}", timeout_s=0.4)).hand_over(INVITE)
        for one in waiting:
            one.close()
    assert caught.value.code == "connect_timeout"
    assert time.monotonic() - started < 2


def test_a_failed_tls_handshake_is_not_sent(serve: Serve) -> None:
    def talk_plainly(connection: socket.socket, request: Received) -> bool:
        raise AssertionError("nothing readable may arrive")

    server = serve(talk_plainly)
    with listen() as plain:

        def answer_in_clear() -> None:
            connection, _ = plain.accept()
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.close()

        thread = threading.Thread(target=answer_in_clear, daemon=True)
        thread.start()
        with pytest.raises(NotSent) as caught:
            Unipile(seat_at(f"https://127.0.0.1:{plain.getsockname()[1]}")).hand_over(INVITE)
        thread.join(5)
    assert caught.value.code == "tls"
    assert server.received == []


def test_a_tls_handshake_that_never_ends_is_not_sent() -> None:
    with listen() as silent, pytest.raises(NotSent) as caught:
        Unipile(seat_at(f"https://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.4)).hand_over(INVITE)
    assert caught.value.code == "connect_timeout"


@pytest.mark.parametrize(
    ("given", "wait"), [("120", 120.0), ("0", 0.0), ("soon", None), ("-3", None), ("9" * 40, 2_592_000)]
)
def test_too_many_requests_is_not_sent_and_says_how_long_to_wait(serve: Serve, given: str, wait: float | None) -> None:
    failure = fail(serve(refuses(429, "too_many_requests", {"Retry-After": given})))
    assert isinstance(failure, NotSent)
    assert (failure.code, failure.retry_after_s) == ("too_many_requests", wait)


def test_a_retry_date_is_measured_against_the_vendors_own_clock(serve: Serve) -> None:
    headers = {"Date": "Wed, 04 Nov 2026 10:00:00 GMT", "Retry-After": "Wed, 04 Nov 2026 10:05:00 GMT"}
    failure = fail(serve(refuses(429, "too_many_requests", headers)))
    assert isinstance(failure, NotSent)
    assert failure.retry_after_s == 300


@pytest.mark.parametrize("kind", ["no_client_session", "no_channel", "no_handler"])
def test_a_503_with_nobody_to_take_it_is_not_sent(serve: Serve, kind: str) -> None:
    failure = fail(serve(refuses(503, kind)))
    assert isinstance(failure, NotSent)
    assert failure.code == kind


def test_a_503_with_retry_after_is_not_sent(serve: Serve) -> None:
    failure = fail(serve(answers(503, b"<html>busy", {"Retry-After": "30"})))
    assert isinstance(failure, NotSent)
    assert (failure.code, failure.retry_after_s) == ("http_503", 30)


# --- Refused ----------------------------------------------------------------------------------------------------------

REFUSALS = [
    (422, "already_connected", "person"),
    (422, "already_invited_recently", "person"),
    (422, "no_connection_with_recipient", "person"),
    (422, "cannot_invite_attendee", "person"),
    (422, "user_unreachable", "person"),
    (422, "invalid_recipient", "person"),
    (422, "blocked_recipient", "person"),
    (422, "not_allowed_inmail", "person"),
    (404, "invalid_resource_identifier", "person"),
    (422, "cannot_resend_yet", "sender"),
    (422, "limit_exceeded", "sender"),
    (422, "cannot_resend_within_24hrs", "sender"),
    (422, "connection_limit_reached", "sender"),
    (422, "insufficient_credits", "sender"),
    (403, "feature_not_subscribed", "sender"),
    (403, "subscription_required", "sender"),
    (501, "feature_not_implemented", "sender"),
    (400, "too_many_characters", "content"),
    (400, "content_too_large", "content"),
    (422, "invalid_message", "content"),
    (400, "invalid_parameters", "content"),
    (415, "unsupported_media_type", "content"),
    (503, "limit_exceeded", "sender"),
    (422, "something_new", "person"),
    (403, "something_new", "sender"),
    (400, "something_new", "content"),
]


@pytest.mark.parametrize(("status", "kind", "scope"), REFUSALS)
def test_a_refusal_names_its_type_and_whom_it_binds(serve: Serve, status: int, kind: str, scope: str) -> None:
    failure = fail(serve(refuses(status, kind)))
    assert isinstance(failure, Refused)
    assert (failure.code, failure.scope, failure.detail) == (kind, scope, "Because.")


def test_not_found_speaks_of_the_account_unless_the_address_names_a_person(serve: Serve) -> None:
    server = serve(refuses(404, "resource_not_found"))
    for outgoing, scope in [
        (INVITE, "sender"),
        (DM, "sender"),
        (Outgoing(Kind.DM, chat_id="c1", text="Hi"), "person"),
        (Outgoing(Kind.WITHDRAW, invitation_id="7"), "person"),
        (Outgoing(Kind.VIEW, slug="jon-b"), "person"),
    ]:
        failure = fail(server, outgoing)
        assert isinstance(failure, Refused)
        assert failure.scope == scope, outgoing.kind


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"type": 7}', b"\xff\xfe"])
def test_a_refusal_without_a_readable_reason_is_judged_by_its_status(serve: Serve, body: bytes) -> None:
    failure = fail(serve(answers(422, body)))
    assert isinstance(failure, Refused)
    assert failure.code == "http_422"


@pytest.mark.parametrize(
    "kind", ["disconnected_account", "checkpoint_error", "captcha_not_supported", "invalid_credentials"]
)
def test_a_401_means_that_the_owner_must_sign_in_again(serve: Serve, kind: str) -> None:
    failure = fail(serve(refuses(401, kind)))
    assert isinstance(failure, LoggedOut)
    assert failure.code == kind


@pytest.mark.parametrize("kind", ["account_restricted", "action_required"])
def test_a_restriction_freezes_the_sender(serve: Serve, kind: str) -> None:
    failure = fail(serve(refuses(403, kind)))
    assert isinstance(failure, Restricted)
    assert failure.code == kind


# --- Nobody knows -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 500, 502, 504, 599])
def test_a_server_error_on_a_write_is_unknown(serve: Serve, status: int) -> None:
    assert isinstance(fail(serve(refuses(status, "provider_error"))), Unknown)


@pytest.mark.parametrize("kind", ["service_unavailable", "network_down", "something_new"])
def test_a_503_that_does_not_say_whether_it_was_taken_is_unknown(serve: Serve, kind: str) -> None:
    assert isinstance(fail(serve(refuses(503, kind))), Unknown)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"OK",
        b"null",
        b"[]",
        b"{}",
        b'{"object": "UserInvitationSent"',
        b'{"object": "UserInvitationSent"}',
        b'{"object": "UserInvitationSent", "invitation_id": null}',
        b'{"object": "InvitationCanceled", "invitation_id": "7"}',
        b"[" * 100_000,
    ],
)
def test_a_2xx_without_a_usable_body_is_unknown(serve: Serve, body: bytes) -> None:
    assert isinstance(fail(serve(answers(200, body))), Unknown)


def test_half_a_body_is_unknown(serve: Serve) -> None:
    assert isinstance(fail(serve(answers(200, b'{"object": "UserInv', length=500))), Unknown)


def test_a_huge_body_is_unknown_and_not_read_to_its_end(serve: Serve) -> None:
    sent = 0

    def pour(connection: socket.socket, request: Received) -> bool:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while sent < 1_000_000_000:
            connection.sendall(b" " * 100_000)
            sent += 100_000
        return False

    assert isinstance(fail(serve(pour)), Unknown)
    assert sent < 50_000_000


def test_a_compressed_body_that_nobody_asked_for_is_unknown(serve: Serve) -> None:
    server = serve(answers(200, b"\x1f\x8b garbage", {"Content-Encoding": "gzip"}))
    assert isinstance(fail(server), Unknown)
    assert server.last.headers["accept-encoding"] == "identity"


def test_a_reset_after_the_request_is_unknown(serve: Serve) -> None:
    assert isinstance(fail(serve(reset)), Unknown)


def test_a_connection_closed_without_an_answer_is_unknown(serve: Serve) -> None:
    assert isinstance(fail(serve(closes)), Unknown)


def test_an_answer_that_is_no_http_is_unknown(serve: Serve) -> None:
    def mumble(connection: socket.socket, request: Received) -> bool:
        connection.sendall(b"220 mail.example ESMTP\r\n")
        return False

    assert isinstance(fail(serve(mumble)), Unknown)


def test_silence_is_unknown_after_the_time_out(serve: Serve) -> None:
    def wait(connection: socket.socket, request: Received) -> bool:
        return server.wait(5)

    server = serve(wait)
    started = time.monotonic()
    assert isinstance(fail(server, timeout_s=0.4), Unknown)
    assert time.monotonic() - started < 2


def test_an_answer_that_drips_cannot_stretch_the_time_out(serve: Serve) -> None:
    def drip(connection: socket.socket, request: Received) -> bool:
        while server.wait(0.05):
            connection.sendall(b"H")
        return False

    server = serve(drip)
    started = time.monotonic()
    assert isinstance(fail(server, timeout_s=0.5), Unknown)
    assert time.monotonic() - started < 2


def test_a_refusal_whose_body_drips_is_still_a_refusal(serve: Serve) -> None:
    def drip(connection: socket.socket, request: Received) -> bool:
        connection.sendall(b"HTTP/1.1 422 No\r\nContent-Length: 1000\r\n\r\n")
        while server.wait(0.05):
            connection.sendall(b" ")
        return False

    server = serve(drip)
    failure = fail(server, timeout_s=0.4)
    assert isinstance(failure, Refused)
    assert failure.code == "http_422"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirected_write_is_unknown_and_not_followed(serve: Serve, status: int) -> None:
    other = serve(answers(200, INVITED))
    server = serve(answers(status, b"", {"Location": f"{other.url}/api/v1/users/invite"}))
    assert isinstance(fail(server), Unknown)
    assert other.received == []
    assert len(server.received) == 1


def test_a_shown_visit_is_classified_like_a_write(serve: Serve) -> None:
    view = Outgoing(Kind.VIEW, provider_id="ACoAA1")
    redirecting = serve(answers(301, b"", {"Location": "/api/v1/users/ACoAA1/"}))
    assert isinstance(fail(redirecting, view), Unknown)
    assert len(redirecting.received) == 1
    assert isinstance(fail(serve(answers(200, {"object": "UserProfile"} | {"x": 1}, length=900)), view), Unknown)


@pytest.mark.parametrize(
    "behave",
    [reset, closes, answers(500), answers(503), refuses(429, "too_many_requests"), answers(200), refuses(401, "x")],
)
def test_nothing_is_ever_tried_twice(serve: Serve, behave: Behaviour) -> None:
    server = serve(behave)
    fail(server)
    assert len(server.received) == 1


# --- Connections ------------------------------------------------------------------------------------------------------


def test_calls_of_all_seats_share_a_connection(serve: Serve) -> None:
    server = serve(answers(200, INVITED))
    for account in ("acc-bob", "acc-priya", "acc-bob"):
        Unipile(seat_at(server.url, account=account)).hand_over(INVITE)
    assert server.connections == 1
    assert [request.json["account_id"] for request in server.received] == ["acc-bob", "acc-priya", "acc-bob"]


def test_a_connection_that_the_vendor_closed_is_not_used_again(serve: Serve) -> None:
    def answer_once(connection: socket.socket, request: Received) -> bool:
        answers(200, INVITED)(connection, request)
        return False

    server = serve(answer_once)
    connector = Unipile(seat_at(server.url))
    for _ in range(3):
        assert connector.hand_over(INVITE).invitation_id == "7"
        time.sleep(0.05)
    assert server.connections == 3


def test_a_cookie_of_one_sender_never_reaches_another(serve: Serve) -> None:
    server = serve(answers(200, INVITED, {"Set-Cookie": "session=bob"}))
    for account in ("acc-bob", "acc-priya"):
        Unipile(seat_at(server.url, account=account)).hand_over(INVITE)
    assert all("cookie" not in request.headers for request in server.received)


def test_threads_get_their_own_answers(serve: Serve) -> None:
    def echo(connection: socket.socket, request: Received) -> bool:
        found = {"object": "UserInvitationSent", "invitation_id": request.json["provider_id"]}
        return answers(200, found)(connection, request)

    connector = Unipile(seat_at(serve(echo).url))
    wrong: list[str] = []

    def work(number: int) -> None:
        for turn in range(5):
            provider_id = f"ACoAA{number}x{turn}"
            if connector.hand_over(Outgoing(Kind.INVITE, provider_id=provider_id)).invitation_id != provider_id:
                wrong.append(provider_id)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_forked_worker_does_not_talk_on_its_parents_connection(serve: Serve) -> None:
    server = serve(answers(200, INVITED))
    program = f"""
import os
from outreach.connectors.base import Outgoing, Seat
from outreach.connectors.registry import connect
from outreach.engine.kinds import Kind
connector = connect("unipile", Seat({server.url!r}, "k", "acc-bob"))
invite = Outgoing(Kind.INVITE, provider_id="ACoAA1")
connector.hand_over(invite)
child = os.fork()
connector.hand_over(invite)
if child:
    assert os.waitpid(child, 0)[1] == 0
os._exit(0)
"""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, env=dict(os.environ), timeout=30, check=False)
    assert done.returncode == 0
    assert len(server.received) == 3
    assert server.connections == 2


def test_the_environment_cannot_put_a_proxy_in_between(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serve(answers(200, INVITED))
    server = serve(answers(200, INVITED))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.setenv("NO_PROXY", "")
    Unipile(seat_at(server.url)).hand_over(INVITE)
    assert proxy.connections == 0


def test_connections_are_let_go_before_a_usual_server_closes_them() -> None:
    assert wire.KEEP_ALIVE_S < 5


@pytest.mark.parametrize(
    "error",
    [
        NotSent("too_many_requests", "Slower.", 30.0),
        Refused("limit_exceeded", "No.", "sender"),
        LoggedOut("disconnected_account"),
        Restricted("account_restricted", "Stop."),
        Unknown("Who knows."),
    ],
)
def test_errors_survive_a_trip_between_processes(error: ConnectorError) -> None:
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is type(error)
    assert vars(back) == vars(error)
    assert str(back) == str(error)


def test_a_key_shows_in_no_repr_and_no_error(serve: Serve) -> None:
    seat = seat_at(serve(refuses(401, "invalid_credentials")).url)
    connector = Unipile(seat)
    with pytest.raises(LoggedOut) as caught:
        connector.hand_over(INVITE)
    assert seat.api_key not in repr(seat) + repr(connector) + str(caught.value) + repr(caught.value)
