"""The contract of every connector, over HTTP against the simulator: an act happens once, and we hear what it led to."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

from outreach.connectors import unipile
from outreach.connectors.base import Connector, Event, Outgoing, Page, Seat, Standing
from outreach.connectors.failures import LoggedOut, NotSent, Refused, Restricted, Unknown
from outreach.connectors.registry import connect
from outreach.engine.kinds import Degree, Kind
from tests.connectors.conftest import Listener, Simulator

pytestmark = pytest.mark.slow

SECRET = "s" * 40
VENDOR_MODULES: dict[str, ModuleType] = {"unipile": unipile, "simulator": unipile}

type Seated = Callable[..., Connector]


def heard(listener: Listener, vendor: str) -> list[Event]:
    """The events of all deliveries so far, each of which carries the secret."""
    module = VENDOR_MODULES[vendor]
    found: list[Event] = []
    for headers, body in listener.heard:
        assert module.authentic(headers, [SECRET])
        found += module.events(body, headers)
    return found


def walk[T](read: Callable[[str | None], Page[T]]) -> Iterator[T]:
    cursor: str | None = None
    while True:
        page = read(cursor)
        yield from page.items
        cursor = page.cursor
        if cursor is None:
            return


def fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# --- The main run -----------------------------------------------------------------------------------------------------


def test_invite_acceptance_message_and_reply_are_seen_alike_by_webhook_and_by_poll(
    simulator: Simulator, seated: Seated, vendor: str, listener: Listener
) -> None:
    bob, module = seated(), VENDOR_MODULES[vendor]
    bob.hook(listener.url, SECRET)
    jon = simulator.stranger(
        accept_after_h=5, reply={"after_h": 3, "text": "Sure, send me times.", "kind": "interested"}
    )
    own = bob.me().provider_id
    started = datetime(2026, 11, 2, 8, tzinfo=UTC)

    note = "Hi Jon,\nyour post on Q3 was good — shall we connect? 🎉"
    invited = bob.hand_over(Outgoing(Kind.INVITE_NOTE, provider_id=jon["provider_id"], text=note))
    assert [(i.invitation_id, i.provider_id, i.text) for i in bob.sent_invites().items] == [
        (invited.invitation_id, jon["provider_id"], note)
    ]
    assert bob.profile(jon["slug"]).invitation == "pending"

    simulator.advance(24)
    assert bob.sent_invites().items == ()
    profile = bob.profile(jon["provider_id"])
    assert (profile.degree, profile.slug) == (Degree.FIRST, jon["slug"])
    relation = next(r for r in walk(bob.relations) if r.provider_id == jon["provider_id"])
    assert relation.connected_at == started + timedelta(hours=5)
    by_poll = module.event_of_relation("acc-bob", relation)
    by_webhook = [event for event in heard(listener, vendor) if event.kind == "relation"]
    assert [(e.key, e.provider_id, e.slug, e.name) for e in by_webhook] == [
        (by_poll.key, jon["provider_id"], jon["slug"], relation.name)
    ]

    text = "Thanks for connecting!\n\nTwo questions:\n– volume?\n– timing?"
    sent = bob.hand_over(Outgoing(Kind.DM, provider_id=jon["provider_id"], text=text))
    assert sent.message_id
    simulator.advance(24)
    chat = next(c for c in bob.chats(after=started).items if c.provider_id == jon["provider_id"])
    assert (chat.chat_id, chat.unread) == (sent.chat_id, 1)
    polled = {
        event.key: event
        for message in bob.messages(chat.chat_id).items
        for event in [module.event_of_message("acc-bob", own, message, counterpart=chat.provider_id)]
    }
    delivered = {event.key: event for event in heard(listener, vendor) if event.kind == "message"}
    assert polled.keys() == delivered.keys()
    assert len(polled) == 3  # the note, our message, the reply
    for key, event in polled.items():
        other = delivered[key]
        assert (event.outbound, event.text, event.at, event.provider_id, event.chat_id, event.message_id) == (
            other.outbound,
            other.text,
            other.at,
            other.provider_id,
            other.chat_id,
            other.message_id,
        )
    (reply,) = [event for event in delivered.values() if not event.outbound]
    assert (reply.provider_id, reply.text) == (jon["provider_id"], "Sure, send me times.")

    again = bob.hand_over(
        Outgoing(Kind.DM, provider_id=jon["provider_id"], chat_id=chat.chat_id, text="Thursday at ten?")
    )
    assert again.chat_id == chat.chat_id
    touches = simulator.touches()
    assert [(t["kind"], t["recipients"], t["text_sha256"]) for t in touches] == [
        ("invite_note", 1, fingerprint(note)),
        ("dm", 1, fingerprint(text)),
        ("dm", 1, fingerprint("Thursday at ten?")),
    ]
    assert [t["message_id"] for t in touches[1:]] == [sent.message_id, again.message_id]


def test_only_what_is_newer_is_read_after_a_watermark(simulator: Simulator, seated: Seated) -> None:
    bob = seated()
    old, new = simulator.friend(0), simulator.friend(1)
    chat_id = bob.hand_over(Outgoing(Kind.DM, provider_id=old["provider_id"], text="One")).chat_id
    simulator.advance(1)
    bob.hand_over(Outgoing(Kind.DM, provider_id=new["provider_id"], text="Two"))
    watermark = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
    assert [c.provider_id for c in bob.chats(after=watermark).items] == [new["provider_id"]]
    assert bob.messages(chat_id, after=watermark).items == ()


def test_pages_join_to_the_whole_list(simulator: Simulator, seated: Seated) -> None:
    bob = seated()
    friends = [simulator.friend(number)["provider_id"] for number in range(7)]
    for friend in friends:
        for text in ("One", "Two", "Three"):
            bob.hand_over(Outgoing(Kind.DM, provider_id=friend, text=text))
        simulator.advance(0.1)
    everybody = [r.provider_id for r in walk(lambda cursor: bob.relations(cursor, limit=3))]
    assert set(friends) <= set(everybody)
    assert len(everybody) == len(set(everybody))
    chats = [c.provider_id for c in walk(lambda cursor: bob.chats(cursor=cursor, limit=2))]
    assert chats == friends[::-1]
    first = bob.chats().items[-1].chat_id
    messages = list(walk(lambda cursor: bob.messages(first, cursor=cursor, limit=2)))
    assert [m.text for m in messages] == ["Three", "Two", "One"]
    for number in range(8, 15):
        bob.hand_over(Outgoing(Kind.INVITE, provider_id=simulator.stranger(number)["provider_id"]))
    assert len({i.invitation_id for i in walk(lambda cursor: bob.sent_invites(cursor, limit=3))}) == 7


# --- Credits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("account", "product"), [("acc-bob", "premium"), ("acc-priya", "sales_navigator")])
def test_an_inmail_costs_one_credit_of_its_product_and_a_reply_brings_it_back(
    simulator: Simulator, seated: Seated, account: str, product: str
) -> None:
    sender = seated(account, product=product)
    jon = simulator.stranger(account=account, reply={"after_h": 2, "kind": "interested"})
    before = sender.balance()
    sender.hand_over(Outgoing(Kind.INMAIL, provider_id=jon["provider_id"], subject="Capacity", text="Hello Jon"))
    held = before[product]
    assert held is not None
    assert sender.balance() == before | {product: held - 1}
    (touch,) = simulator.touches()
    assert (touch["kind"], touch["credit"]) == ("inmail", 1)
    simulator.advance(3)
    assert sender.balance() == before


@pytest.mark.parametrize(("account", "product"), [("acc-bob", "premium"), ("acc-priya", "sales_navigator")])
def test_a_free_inmail_to_an_open_profile_costs_nothing(
    simulator: Simulator, seated: Seated, account: str, product: str
) -> None:
    sender = seated(account, product=product)
    jon = simulator.stranger(account=account, open_profile=True)
    assert sender.profile(jon["provider_id"]).open_profile is True
    before = sender.balance()
    sender.hand_over(Outgoing(Kind.OPEN_INMAIL, provider_id=jon["provider_id"], subject="Capacity", text="Hello Jon"))
    assert sender.balance() == before
    assert [(t["kind"], t["credit"]) for t in simulator.touches()] == [("open_inmail", 0)]


def test_a_free_sender_has_no_balance(seated: Seated) -> None:
    assert seated("acc-mara").balance() == {"premium": None, "sales_navigator": None, "recruiter": None}


# --- Other acts -------------------------------------------------------------------------------------------------------


def test_a_withdrawn_invite_is_gone_and_cannot_be_sent_again_soon(simulator: Simulator, seated: Seated) -> None:
    bob, jon = seated(), simulator.stranger()
    invitation_id = bob.hand_over(Outgoing(Kind.INVITE, provider_id=jon["provider_id"])).invitation_id
    bob.hand_over(Outgoing(Kind.WITHDRAW, invitation_id=invitation_id))
    assert bob.sent_invites().items == ()
    for outgoing in (
        Outgoing(Kind.WITHDRAW, invitation_id=invitation_id),
        Outgoing(Kind.INVITE, provider_id=jon["provider_id"]),
    ):
        with pytest.raises(Refused) as caught:
            bob.hand_over(outgoing)
        assert caught.value.scope == "person"
    assert [t["kind"] for t in simulator.touches()] == ["invite", "withdraw"]


def test_a_view_shows_and_a_profile_read_does_not(simulator: Simulator, seated: Seated) -> None:
    bob, jon = seated(), simulator.stranger()
    bob.profile(jon["slug"])
    assert simulator.touches() == []
    bob.hand_over(Outgoing(Kind.VIEW, provider_id=jon["provider_id"]))
    assert [(t["kind"], t["slug"]) for t in simulator.touches()] == [("view", jon["slug"])]


def test_a_post_is_liked_once_and_commented(simulator: Simulator, seated: Seated) -> None:
    bob = seated()
    slugs = [person["slug"] for person in simulator.ask("GET", "/people")["items"]]
    post = next(post for slug in slugs for post in bob.posts(slug).items)
    assert post.text
    assert post.at is not None
    bob.hand_over(Outgoing(Kind.LIKE, post_id=post.post_id, reaction="insightful"))
    bob.hand_over(Outgoing(Kind.COMMENT, post_id=post.post_id, text="Well said."))
    with pytest.raises(Refused) as caught:
        bob.hand_over(Outgoing(Kind.LIKE, post_id=post.post_id))
    assert (caught.value.code, caught.value.scope) == ("action_already_performed", "person")
    assert [(t["kind"], t["post_id"]) for t in simulator.touches()] == [
        ("like", post.post_id),
        ("comment", post.post_id),
    ]


# --- Refusals ---------------------------------------------------------------------------------------------------------


def refusal(connector: Connector, outgoing: Outgoing) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        connector.hand_over(outgoing)
    return caught.value.code, caught.value.scope


def test_people_are_refused_by_type(simulator: Simulator, seated: Seated) -> None:
    bob = seated()

    def to(person: dict[str, Any], kind: Kind) -> Outgoing:
        return Outgoing(kind, provider_id=person["provider_id"], subject="Capacity", text="Hello")

    assert refusal(bob, to(simulator.friend(0), Kind.INVITE)) == ("already_connected", "person")
    assert refusal(bob, to({"provider_id": "jon-slug"}, Kind.INVITE)) == ("invalid_recipient", "person")
    assert refusal(bob, to(simulator.stranger(1, needs_email=True), Kind.INVITE)) == (
        "cannot_invite_attendee",
        "person",
    )
    assert refusal(bob, to(simulator.stranger(2), Kind.DM)) == ("no_connection_with_recipient", "person")
    assert refusal(bob, to(simulator.friend(3, blocks=True), Kind.DM)) == ("blocked_recipient", "person")
    assert refusal(bob, to(simulator.stranger(4, inmail=False), Kind.INMAIL)) == ("not_allowed_inmail", "person")
    twice = to(simulator.stranger(5), Kind.INVITE)
    bob.hand_over(twice)
    assert refusal(bob, twice) == ("already_invited_recently", "person")
    assert len(simulator.touches()) == 1


def test_texts_are_refused_by_type(simulator: Simulator, seated: Seated) -> None:
    bob, jon, friend = seated(), simulator.stranger(0), simulator.friend(1)
    note = Outgoing(Kind.INVITE_NOTE, provider_id=jon["provider_id"], text="x" * 301)
    assert refusal(bob, note) == ("too_many_characters", "content")
    inmail = Outgoing(Kind.INMAIL, provider_id=jon["provider_id"], subject="x" * 201, text="Hello")
    assert refusal(bob, inmail) == ("too_many_characters", "content")
    message = Outgoing(Kind.DM, provider_id=friend["provider_id"], text="x" * 8001)
    assert refusal(bob, message) == ("content_too_large", "content")
    # what fits to the last character fits, however many line ends it has
    whole = "x\n" * 150
    bob.hand_over(Outgoing(Kind.INVITE_NOTE, provider_id=jon["provider_id"], text=whole))
    bob.hand_over(Outgoing(Kind.DM, provider_id=friend["provider_id"], text="x\n" * 4000))
    assert len(simulator.touches()) == 2


def test_senders_are_refused_by_type(simulator: Simulator, seated: Seated) -> None:
    jon = simulator.stranger(0, account="acc-mara")
    inmail = Outgoing(Kind.INMAIL, provider_id=jon["provider_id"], subject="Capacity", text="Hello")
    assert refusal(seated("acc-mara"), inmail) == ("feature_not_subscribed", "sender")
    assert refusal(seated("acc-bob", product="recruiter"), inmail) == ("feature_not_subscribed", "sender")
    invite = Outgoing(Kind.INVITE, provider_id=jon["provider_id"])
    assert refusal(seated("acc-unknown"), invite) == ("resource_not_found", "sender")
    simulator.tell("/accounts", id="acc-poor", name="Ann Poor", plan="career", credits=0)
    assert refusal(seated("acc-poor"), inmail) == ("insufficient_credits", "sender")
    assert simulator.touches() == []


def test_the_weekly_limit_is_told_from_the_sixth_note_and_from_too_many_requests(
    simulator: Simulator, seated: Seated
) -> None:
    bob, mara = seated(), seated("acc-mara")
    simulator.tell("/account/acc-bob", weekly_cap=1)
    first, second = simulator.stranger(0), simulator.stranger(1)
    assert bob.hand_over(Outgoing(Kind.INVITE, provider_id=first["provider_id"])).usage == 95
    invite = Outgoing(Kind.INVITE, provider_id=second["provider_id"])
    assert refusal(bob, invite) == ("cannot_resend_yet", "sender")
    simulator.tell("/options", weekly_cap_error="limit_exceeded")
    assert refusal(bob, invite) == ("limit_exceeded", "sender")
    simulator.tell("/options", weekly_cap_error="too_many_requests")
    with pytest.raises(NotSent) as caught:
        bob.hand_over(invite)
    assert caught.value.code == "too_many_requests"
    for number in range(2, 7):
        person = simulator.stranger(number, account="acc-mara")
        mara.hand_over(Outgoing(Kind.INVITE_NOTE, provider_id=person["provider_id"], text="Hi"))
    sixth = simulator.stranger(7, account="acc-mara")
    assert refusal(mara, Outgoing(Kind.INVITE_NOTE, provider_id=sixth["provider_id"], text="Hi")) == (
        "limit_exceeded",
        "sender",
    )


def test_a_restricted_a_signed_out_and_a_removed_sender_are_told_apart(simulator: Simulator, seated: Seated) -> None:
    bob, jon = seated(), simulator.stranger()
    invite = Outgoing(Kind.INVITE, provider_id=jon["provider_id"])
    assert bob.account().standing is Standing.ACTIVE
    assert bob.account().products == frozenset({"premium"})
    simulator.tell("/account/acc-bob", status="restricted")
    with pytest.raises(Restricted) as restricted:
        bob.hand_over(invite)
    assert restricted.value.code == "account_restricted"
    simulator.tell("/account/acc-bob", status="OK")
    simulator.tell("/account/acc-bob", status="CREDENTIALS")
    assert bob.account().standing is Standing.LOGGED_OUT
    with pytest.raises(LoggedOut) as out:
        bob.hand_over(invite)
    assert out.value.code == "disconnected_account"
    assert seated("acc-unknown").account().standing is Standing.GONE
    assert simulator.touches() == []


def test_a_wrong_key_signs_the_sender_out(simulator: Simulator, vendor: str) -> None:
    with pytest.raises(LoggedOut) as caught:
        connect(vendor, Seat(simulator.url, "wrong", "acc-bob")).me()
    assert caught.value.code == "invalid_credentials"


# --- Faults -----------------------------------------------------------------------------------------------------------

FAULTS: list[tuple[dict[str, Any], type[Exception], int]] = [
    ({"drop_after_accepting": True}, Unknown, 1),
    ({"latency_after_s": 1.5}, Unknown, 1),
    ({"empty_body": True}, Unknown, 1),
    ({"malformed": True}, Unknown, 1),
    ({"status": 500, "after_accepting": True}, Unknown, 1),
    ({"status": 504, "after_accepting": True}, Unknown, 1),
    ({"type": "service_unavailable", "after_accepting": True}, Unknown, 1),
    ({"reset_before": True}, Unknown, 0),
    ({"status": 500}, Unknown, 0),
    ({"status": 502}, Unknown, 0),
    ({"type": "no_handler"}, NotSent, 0),
    ({"status": 503, "headers": {"Retry-After": "60"}}, NotSent, 0),
    ({"status": 429, "headers": {"Retry-After": "60"}}, NotSent, 0),
    ({"status": 301, "type": "moved"}, Unknown, 0),
]


@pytest.mark.parametrize(("fault", "error", "accepted"), FAULTS, ids=lambda value: json.dumps(value, default=str))
def test_a_fault_never_lets_a_touch_happen_twice_nor_pass_for_not_sent_when_it_happened(
    simulator: Simulator, seated: Seated, fault: dict[str, Any], error: type[Exception], accepted: int
) -> None:
    bob, jon = seated(timeout_s=0.8), simulator.friend()
    simulator.tell("/faults", match={"method": "POST", "path_prefix": "/api/v1/chats"}, times=1, **fault)
    with pytest.raises(error) as caught:
        bob.hand_over(Outgoing(Kind.DM, provider_id=jon["provider_id"], text="Hello"))
    assert len(simulator.touches()) == accepted
    if isinstance(caught.value, NotSent) and "headers" in fault:
        assert caught.value.retry_after_s == 60
    found = [m for c in bob.chats().items for m in bob.messages(c.chat_id).items]
    assert [m.text for m in found] == ["Hello"] * accepted  # the evidence a reconciler looks for


def test_a_vendor_that_gives_no_ids_is_read_by_the_next_poll(simulator: Simulator, seated: Seated) -> None:
    simulator.tell("/options", chat_id_null=True, message_id_null=True)
    bob, jon = seated(), simulator.friend()
    answer = bob.hand_over(Outgoing(Kind.DM, provider_id=jon["provider_id"], text="Hello"))
    assert (answer.chat_id, answer.message_id) == ("", "")
    (chat,) = [c for c in bob.chats().items if c.provider_id == jon["provider_id"]]
    assert bob.messages(chat.chat_id).items[0].text == "Hello"


def test_newer_shapes_are_read_as_well(simulator: Simulator, seated: Seated) -> None:
    simulator.tell("/options", newer_shapes=True)
    bob, jon = seated(), simulator.stranger(accept_after_h=1)
    bob.hand_over(Outgoing(Kind.INVITE_NOTE, provider_id=jon["provider_id"], text="Hi"))
    simulator.advance(2)
    assert bob.profile(jon["slug"]).degree is Degree.FIRST
    assert bob.account().standing is Standing.ACTIVE
    (chat,) = bob.chats().items
    assert bob.messages(chat.chat_id).items[0].outbound


# --- Webhooks ---------------------------------------------------------------------------------------------------------


def test_hooks_replace_their_predecessors_and_can_be_taken_away(
    simulator: Simulator, seated: Seated, vendor: str, listener: Listener
) -> None:
    bob, jon = seated(), simulator.friend()
    bob.hook(listener.url, "old" * 20)
    assert len(set(bob.hook(listener.url, SECRET))) == 3
    simulator.tell("/act", act="reply", account_id="acc-bob", person=jon["slug"], text="Hello there")
    simulator.tell("/account/acc-bob", status="CREDENTIALS")
    simulator.advance(1)
    events = heard(listener, vendor)
    assert [(e.kind, e.account) for e in events] == [("message", "acc-bob"), ("account_status", "acc-bob")]
    assert events[1].status == Standing.LOGGED_OUT
    assert bob.unhook(listener.url) == 3
    assert bob.unhook(listener.url) == 0
    simulator.tell("/account/acc-bob", status="OK")
    simulator.advance(1)
    assert len(listener.heard) == 2


def test_hooks_can_be_kept_to_some_senders(
    simulator: Simulator, seated: Seated, vendor: str, listener: Listener
) -> None:
    bob = seated()
    bob.hook(listener.url, SECRET, ["acc-bob"])
    for account in ("acc-bob", "acc-priya"):
        jon = simulator.friend(account=account)
        simulator.tell("/act", act="reply", account_id=account, person=jon["slug"], text="Hello there")
    simulator.advance(1)
    assert [e.account for e in heard(listener, vendor)] == ["acc-bob"]


def test_a_delivery_without_our_secret_is_not_authentic_and_a_double_has_the_same_key(
    simulator: Simulator, seated: Seated, vendor: str, listener: Listener
) -> None:
    bob, jon = seated(), simulator.friend()
    module = VENDOR_MODULES[vendor]
    bob.hook(listener.url, SECRET)
    simulator.tell("/webhooks/faults", wrong_secret=True, times=1)
    simulator.tell("/act", act="reply", account_id="acc-bob", person=jon["slug"], text="One")
    simulator.tell("/webhooks/faults", double=4, times=1)
    simulator.tell("/act", act="reply", account_id="acc-bob", person=jon["slug"], text="Two")
    simulator.advance(1)
    authentic = [module.authentic(headers, [SECRET]) for headers, _ in listener.heard]
    assert authentic == [False] + [True] * 5
    assert len({module.events(body, headers)[0].key for headers, body in listener.heard[1:]}) == 1


def test_an_event_written_by_hand_is_ours_and_names_the_person(
    simulator: Simulator, seated: Seated, vendor: str, listener: Listener
) -> None:
    bob, jon = seated(), simulator.friend()
    bob.hook(listener.url, SECRET)
    simulator.tell("/act", act="write_by_hand", account_id="acc-bob", person=jon["slug"], text="By hand")
    simulator.advance(1)
    (event,) = heard(listener, vendor)
    assert (event.outbound, event.provider_id, event.text) == (True, jon["provider_id"], "By hand")
