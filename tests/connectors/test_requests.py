"""What goes over the wire for each act and each read, to the byte where it matters."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from outreach.connectors.base import Answer, Outgoing, Page, Product, Seat, Standing
from outreach.connectors.failures import BadSeat, Refused, Unknown
from outreach.connectors.registry import VENDORS, UnknownVendor, connect
from outreach.connectors.unipile import Unipile
from outreach.engine.kinds import Degree, Kind
from tests.connectors.conftest import API_KEY, Serve, seat_at
from tests.connectors.raw_server import RawServer, Received, answers

STARTED = {"object": "ChatStarted", "chat_id": "c1", "message_id": "m1"}


def hand_over(server: RawServer, outgoing: Outgoing, product: Product = "premium") -> tuple[Received, Answer]:
    answer = Unipile(seat_at(server.url, product=product)).hand_over(outgoing)
    return server.last, answer


def test_every_call_carries_the_key_and_asks_for_json(serve: Serve) -> None:
    request, _ = hand_over(serve(answers(200, STARTED)), Outgoing(Kind.DM, provider_id="p1", text="Hi"))
    assert request.headers["x-api-key"] == API_KEY
    assert request.headers["accept"] == "application/json"


def test_an_invite_is_blank_even_when_there_is_a_text(serve: Serve) -> None:
    server = serve(answers(201, {"object": "UserInvitationSent", "invitation_id": 7318840021194473472, "usage": 75}))
    request, answer = hand_over(server, Outgoing(Kind.INVITE, provider_id="p1", text="not for here"))
    assert (request.method, request.path) == ("POST", "/api/v1/users/invite")
    assert request.json == {"account_id": "acc-bob", "provider_id": "p1"}
    assert answer == Answer(invitation_id="7318840021194473472", usage=75)


def test_an_invite_with_note_carries_it_as_written(serve: Serve) -> None:
    server = serve(answers(200, {"object": "UserInvitationSent", "invitation_id": "7"}))
    request, answer = hand_over(server, Outgoing(Kind.INVITE_NOTE, provider_id="p1", text="Grüezi,\nJon 🎉"))
    assert request.json == {"account_id": "acc-bob", "provider_id": "p1", "message": "Grüezi,\nJon 🎉"}
    assert answer.usage is None


def test_a_first_message_goes_to_exactly_one_person_and_is_no_inmail(serve: Serve) -> None:
    outgoing = Outgoing(Kind.DM, provider_id="p1", text="Hello\nJon\r\nBye\r", subject="left out")
    request, answer = hand_over(serve(answers(201, STARTED)), outgoing)
    assert (request.method, request.path) == ("POST", "/api/v1/chats")
    assert request.form == [
        ("account_id", "acc-bob"),
        ("attendees_ids", "p1"),
        ("text", "Hello\r\nJon\r\nBye\r\n"),
    ]
    assert answer == Answer(message_id="m1", chat_id="c1")


def test_a_message_in_a_known_chat_names_the_account_as_a_guard(serve: Serve) -> None:
    server = serve(answers(201, {"object": "MessageSent", "message_id": "m2"}))
    request, answer = hand_over(server, Outgoing(Kind.DM, provider_id="p1", chat_id="c/1", text="Hi"))
    assert request.target == "/api/v1/chats/c%2F1/messages"
    assert request.form == [("account_id", "acc-bob"), ("text", "Hi")]
    assert answer == Answer(message_id="m2", chat_id="c/1")


@pytest.mark.parametrize(
    ("kind", "product", "parts"),
    [
        (Kind.INMAIL, "premium", [("linkedin[api]", "classic"), ("linkedin[inmail]", "true")]),
        (Kind.INMAIL, "sales_navigator", [("linkedin[api]", "sales_navigator")]),
        (Kind.INMAIL, "recruiter", [("linkedin[api]", "recruiter")]),
        (Kind.OPEN_INMAIL, "premium", [("linkedin[api]", "classic"), ("linkedin[inmail]", "true")]),
        (Kind.OPEN_INMAIL, "sales_navigator", [("linkedin[api]", "classic"), ("linkedin[inmail]", "true")]),
    ],
)
def test_inmail_names_its_product(serve: Serve, kind: Kind, product: Product, parts: list[tuple[str, str]]) -> None:
    outgoing = Outgoing(kind, provider_id="p1", subject="Oslo – Rotterdam", text="Hello")
    request, _ = hand_over(serve(answers(201, STARTED)), outgoing, product)
    assert request.form == [
        ("account_id", "acc-bob"),
        ("attendees_ids", "p1"),
        ("subject", "Oslo – Rotterdam"),
        ("text", "Hello"),
        *parts,
    ]


def test_ids_the_vendor_left_out_are_empty(serve: Serve) -> None:
    server = serve(answers(201, {"object": "ChatStarted", "chat_id": None, "message_id": None}))
    assert hand_over(server, Outgoing(Kind.DM, provider_id="p1", text="Hi"))[1] == Answer()


def test_a_withdrawal_deletes_the_invitation(serve: Serve) -> None:
    server = serve(answers(200, {"object": "InvitationCanceled"}))
    request, _ = hand_over(server, Outgoing(Kind.WITHDRAW, invitation_id="73"))
    assert (request.method, request.path) == ("DELETE", "/api/v1/users/invite/sent/73")
    assert request.query == {"account_id": "acc-bob"}


def test_a_view_is_a_profile_read_that_shows(serve: Serve) -> None:
    server = serve(answers(200, {"object": "UserProfile", "provider_id": "p1"}))
    request, _ = hand_over(server, Outgoing(Kind.VIEW, slug="jürgen-b"))
    assert (request.method, request.path) == ("GET", "/api/v1/users/j%C3%BCrgen-b")
    assert request.query == {"account_id": "acc-bob", "notify": "true"}
    assert Unipile(seat_at(server.url)).profile("p1", notify=True).provider_id == "p1"
    assert server.last.query["notify"] == "true"
    Unipile(seat_at(server.url)).profile("p1")
    assert server.last.query == {"account_id": "acc-bob"}


def test_a_like_and_a_comment_name_the_post(serve: Serve) -> None:
    post = "urn:li:activity:71"
    server = serve(answers(201, {"object": "ReactionAdded"}))
    request, _ = hand_over(server, Outgoing(Kind.LIKE, post_id=post, reaction="celebrate"))
    assert (request.method, request.path) == ("POST", "/api/v1/posts/reaction")
    assert request.json == {"account_id": "acc-bob", "post_id": post, "reaction_type": "celebrate"}
    server = serve(answers(201, {"object": "CommentSent"}))
    request, _ = hand_over(server, Outgoing(Kind.COMMENT, post_id=post, text="Well said."))
    assert (request.method, request.path) == ("POST", "/api/v1/posts/urn%3Ali%3Aactivity%3A71/comments")
    assert request.json == {"account_id": "acc-bob", "text": "Well said."}


LACKING = [
    (Outgoing(Kind.INVITE), "missing_provider_id", "person"),
    (Outgoing(Kind.INVITE_NOTE, provider_id="p1", text=" \n"), "missing_text", "content"),
    (Outgoing(Kind.DM, text="Hi"), "missing_provider_id", "person"),
    (Outgoing(Kind.DM, provider_id="p1"), "missing_text", "content"),
    (Outgoing(Kind.DM, chat_id="c1"), "missing_text", "content"),
    (Outgoing(Kind.DM, chat_id="..", text="Hi"), "invalid_identifier", "person"),
    (Outgoing(Kind.DM, provider_id="p1", text="\ud800"), "unwritable", "content"),
    (Outgoing(Kind.INVITE_NOTE, provider_id="p1", text="\ud800"), "unwritable", "content"),
    (Outgoing(Kind.INMAIL, provider_id="p1", text="Hi"), "missing_subject", "content"),
    (Outgoing(Kind.WITHDRAW), "missing_invitation_id", "person"),
    (Outgoing(Kind.WITHDRAW, invitation_id=".."), "invalid_identifier", "person"),
    (Outgoing(Kind.VIEW), "missing_provider_id", "person"),
    (Outgoing(Kind.LIKE), "missing_post_id", "person"),
    (Outgoing(Kind.COMMENT, post_id="1"), "missing_text", "content"),
    (Outgoing(Kind.FOLLOW, provider_id="p1"), "unsupported_kind", "content"),
    (Outgoing(Kind.EMAIL, provider_id="p1", text="Hi"), "unsupported_kind", "content"),
]


@pytest.mark.parametrize(("outgoing", "code", "scope"), LACKING)
def test_an_act_that_lacks_something_is_refused_before_any_call(
    serve: Serve, outgoing: Outgoing, code: str, scope: str
) -> None:
    server = serve(answers(200, STARTED))
    with pytest.raises(Refused) as caught:
        Unipile(seat_at(server.url)).hand_over(outgoing)
    assert (caught.value.code, caught.value.scope) == (code, scope)
    assert server.connections == 0


def test_the_connector_declares_what_it_can_do_and_prove(vendor: str) -> None:
    able = connect(vendor, seat_at("https://api8.unipile.com:13443", timeout_s=300)).capabilities
    assert Kind.FOLLOW not in able.kinds
    assert {Kind.INVITE, Kind.DM, Kind.INMAIL, Kind.OPEN_INMAIL, Kind.WITHDRAW, Kind.VIEW} <= able.kinds
    assert able.idempotency == "none"
    assert able.history == ("partial" if vendor == "unipile" else "authoritative")
    assert sorted(able.evidence) == ["poll", "webhook"]
    assert able.longest_work_s >= 300
    assert able.traced == able.kinds - {Kind.VIEW, Kind.LIKE, Kind.COMMENT}


# --- Reads ------------------------------------------------------------------------------------------------------------


def test_lists_pass_the_cursor_back_unchanged_and_end_at_null_or_missing(serve: Serve) -> None:
    server = serve(answers(200, {"object": "ChatList", "items": [], "cursor": "eyJhIjoxfQ+/=="}))
    connector = Unipile(seat_at(server.url))
    after = datetime(2026, 11, 2, 9, 0, 0, 123999, timezone(timedelta(hours=1)))
    page = connector.chats(after=after)
    assert server.last.query == {"account_id": "acc-bob", "limit": "100", "after": "2026-11-02T08:00:00.123Z"}
    connector.chats(cursor=page.cursor)
    assert server.last.query == {"cursor": "eyJhIjoxfQ+/==", "limit": "100"}
    connector.relations(cursor=page.cursor)
    assert server.last.query == {"account_id": "acc-bob", "cursor": "eyJhIjoxfQ+/=="}
    connector.sent_invites(cursor=page.cursor, limit=50)
    assert server.last.query == {"account_id": "acc-bob", "cursor": "eyJhIjoxfQ+/==", "limit": "50"}
    ends: list[dict[str, object]] = [{"cursor": None}, {}]
    for end in ends:
        server = serve(answers(200, {"object": "UserRelationsList", "items": [], **end}))
        assert Unipile(seat_at(server.url)).relations() == Page(())


def test_one_spoilt_item_does_not_hide_the_others(serve: Serve) -> None:
    items = [7, {}, {"member_id": ""}, {"member_id": "x" * 300}, {"member_id": "p2", "created_at": "never"}]
    page = Unipile(seat_at(serve(answers(200, {"items": items})).url)).relations()
    assert [(r.provider_id, r.connected_at) for r in page.items] == [("p2", None)]


@pytest.mark.parametrize("created_at", [1_777_887_000_000, 1_777_887_000, "2026-05-04T09:30:00.000Z"])
def test_a_connections_time_is_read_in_any_unit(serve: Serve, created_at: object) -> None:
    item = {"member_id": "p2", "first_name": "Jon", "last_name": "Bergström", "created_at": created_at}
    page = Unipile(seat_at(serve(answers(200, {"items": [item]})).url)).relations()
    assert page.items[0].connected_at == datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
    assert page.items[0].name == "Jon Bergström"


@pytest.mark.parametrize(
    ("body", "degree"),
    [
        ({"network_distance": "FIRST_DEGREE"}, Degree.FIRST),
        ({"network_distance": "DISTANCE_1"}, Degree.FIRST),
        ({"network_distance": "SECOND_DEGREE"}, Degree.SECOND),
        ({"network_distance": "DISTANCE_3"}, Degree.THIRD),
        ({"network_distance": "OUT_OF_NETWORK"}, Degree.OUT),
        ({"network_distance": "SELF"}, Degree.UNKNOWN),
        ({"is_relationship": True}, Degree.FIRST),
        ({"is_relationship": False}, Degree.UNKNOWN),
        ({}, Degree.UNKNOWN),
    ],
)
def test_both_spellings_of_a_distance_mean_the_same(serve: Serve, body: dict[str, object], degree: Degree) -> None:
    server = serve(answers(200, {"object": "UserProfile", "provider_id": "p1"} | body))
    assert Unipile(seat_at(server.url)).profile("p1").degree is degree


def test_what_a_profile_leaves_out_is_unknown_and_not_false(serve: Serve) -> None:
    profile = Unipile(seat_at(serve(answers(200, {"provider_id": "p1"})).url)).profile("p1")
    assert (profile.open_profile, profile.premium, profile.can_inmail, profile.invitation) == (None, None, None, "")
    body = {"provider_id": "p1", "is_open_profile": False, "premium": True, "can_send_inmail": True}
    invited = {"invitation": {"type": "SENT", "status": "PENDING"}}
    profile = Unipile(seat_at(serve(answers(200, body | invited)).url)).profile("p1")
    assert (profile.open_profile, profile.premium, profile.can_inmail) == (False, True, True)
    assert profile.invitation == "pending"


def test_an_invitation_that_we_received_is_not_ours(serve: Serve) -> None:
    body = {"provider_id": "p1", "invitation": {"type": "RECEIVED", "status": "PENDING"}}
    assert Unipile(seat_at(serve(answers(200, body)).url)).profile("p1").invitation == ""


def test_notices_hidden_messages_and_other_accounts_are_left_out(serve: Serve) -> None:
    plain = {
        "id": "m1",
        "chat_id": "c1",
        "account_id": "acc-bob",
        "sender_id": "p1",
        "is_sender": 0,
        "text": "a\r\nb\x00",
    }
    items = [
        plain,
        plain | {"id": "m2", "is_event": 1},
        plain | {"id": "m3", "hidden": 1},
        plain | {"id": "m4", "account_id": "acc-charlie"},
        plain | {"id": "m5", "is_sender": 1, "text": None},
    ]
    page = Unipile(seat_at(serve(answers(200, {"items": items})).url)).messages("c1")
    assert [(m.message_id, m.outbound, m.text) for m in page.items] == [("m1", False, "a\nb"), ("m5", True, "")]


def test_a_group_belongs_to_no_single_person(serve: Serve) -> None:
    items = [
        {"id": "c1", "type": 0, "attendee_provider_id": "p1", "unread_count": 2},
        {"id": "c2", "type": 1, "attendee_provider_id": "p1"},
    ]
    page = Unipile(seat_at(serve(answers(200, {"items": items})).url)).chats()
    assert [(c.chat_id, c.provider_id, c.unread) for c in page.items] == [("c1", "p1", 2), ("c2", "", 0)]


def test_balances_are_numbers_or_not_subscribed(serve: Serve) -> None:
    body = {"object": "LinkedinInmailBalance", "premium": 12, "recruiter": None, "sales_navigator": 0}
    balance = Unipile(seat_at(serve(answers(200, body)).url)).balance()
    assert balance == {"premium": 12, "recruiter": None, "sales_navigator": 0}


def test_a_read_without_a_usable_answer_is_unknown(serve: Serve) -> None:
    connector = Unipile(seat_at(serve(answers(200, {"object": "Nothing"})).url))
    for read in (connector.balance, connector.me, connector.account, connector.relations, connector.chats):
        with pytest.raises(Unknown):
            read()
    with pytest.raises(Unknown):
        connector.profile("p1")


@pytest.mark.parametrize(
    ("statuses", "standing"),
    [
        (["OK"], Standing.ACTIVE),
        (["OK", "CREDENTIALS"], Standing.LOGGED_OUT),
        (["PERMISSIONS"], Standing.LOGGED_OUT),
        (["CONNECTING", "OK"], Standing.WAITING),
        (["STOPPED"], Standing.STOPPED),
        (["BRAND_NEW"], Standing.UNKNOWN),
        ([], Standing.UNKNOWN),
    ],
)
def test_an_account_stands_as_its_worst_source(serve: Serve, statuses: list[str], standing: Standing) -> None:
    body = {"object": "Account", "id": "acc-bob", "sources": [{"id": "s", "status": s} for s in statuses]}
    assert Unipile(seat_at(serve(answers(200, body)).url)).account().standing is standing


def test_a_read_follows_a_redirect_on_its_own_address_only(serve: Serve) -> None:
    def move(connection: Any, request: Received) -> bool:
        if request.path.endswith("/"):
            return answers(200, {"provider_id": "p1"})(connection, request)
        target = request.path + "/?" + request.target.partition("?")[2]
        return answers(301, b"", {"Location": target})(connection, request)

    server = serve(move)
    assert Unipile(seat_at(server.url)).profile("p1").provider_id == "p1"
    assert server.last.query == {"account_id": "acc-bob"}
    other = serve(answers(200, {"provider_id": "p1"}))
    for target in (other.url, "//[", f"{other.url}/api/v1/users/p1"):
        away = serve(answers(302, b"", {"Location": target}))
        with pytest.raises(Unknown):
            Unipile(seat_at(away.url)).profile("p1")
    assert other.received == []
    round_and_round = serve(answers(302, b"", {"Location": "/api/v1/users/p1"}))
    with pytest.raises(Unknown):
        Unipile(seat_at(round_and_round.url)).profile("p1")
    assert len(round_and_round.received) == 4


# --- Seats ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["", "/", "/api/v1", "/api/v1/"])
def test_an_address_is_taken_with_or_without_its_ending(serve: Serve, ending: str) -> None:
    server = serve(answers(200, {"object": "UserProfile", "provider_id": "p1"}))
    Unipile(seat_at(server.url + ending)).me()
    assert server.last.path == "/api/v1/users/me"


def test_an_address_without_scheme_is_https() -> None:
    assert "https://api8.unipile.com:13443" in repr(Unipile(seat_at("api8.unipile.com:13443")))


def test_the_variant_with_the_port_in_the_query_keeps_it(serve: Serve) -> None:
    server = serve(answers(200, {"object": "UserProfile", "provider_id": "p1"}))
    Unipile(seat_at(server.url + "/?port=13443")).me()
    assert server.last.query == {"port": "13443", "account_id": "acc-bob"}


@pytest.mark.parametrize(
    "seat",
    [
        Seat("", "k", "a"),
        Seat("ftp://api8.unipile.com", "k", "a"),
        Seat("https://user:pass@api8.unipile.com", "k", "a"),
        Seat("https://api8.unipile.com:port", "k", "a"),
        Seat("https://api8.unipile.com", "", "a"),
        Seat("https://api8.unipile.com", "k\r\nX-Other: 1", "a"),
        Seat("https://api8.unipile.com", "schlüssel", "a"),
        Seat("https://api8.unipile.com", "k", " "),
        Seat("https://api8.unipile.com", "k", "a", timeout_s=0),
    ],
)
def test_a_seat_that_cannot_work_is_turned_away_in_one_sentence(seat: Seat) -> None:
    with pytest.raises(BadSeat) as caught:
        connect("unipile", seat)
    assert str(caught.value).count(". ") == 0
    assert str(caught.value).endswith(".")


def test_an_unknown_vendor_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownVendor, match=r"^There is no connector 'heyreach': choose one of simulator, unipile\.$"):
        connect("heyreach", seat_at("https://api8.unipile.com"))
    assert sorted(VENDORS) == ["simulator", "unipile"]
