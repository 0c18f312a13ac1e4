"""Chats and messages: direct messages, InMail, free InMail to an Open Profile, and what people answer."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from outreach.simulator import chance, hooks, ledger, replies, tempers, touches
from outreach.simulator.people import Person
from outreach.simulator.refusals import Refusal

if TYPE_CHECKING:
    from outreach.simulator.seats import Seat
    from outreach.simulator.world import World

DM_CHARACTERS = 8_000
INMAIL_CHARACTERS = 1_900
SUBJECT_CHARACTERS = 200
APIS = ("classic", "sales_navigator", "recruiter")


@dataclass(slots=True)
class Message:
    """One message. `sender` is None when the seat wrote it, else a person.

    Kinds: dm, inmail, open_inmail (ours, accepted over the API), note (of an accepted invitation), hand (written on
    linkedin.com by the seat's owner), in (from the person). `response` is how an InMail was responded to.
    """

    id: str
    chat_id: str
    account_id: str
    at: int
    text: str
    sender: int | None
    kind: str
    subject: str | None = None
    response: str | None = None
    returned: bool = False

    def row(self) -> list[Any]:
        return [
            *(self.id, self.chat_id, self.account_id, self.at, self.text, self.sender, self.kind, self.subject),
            *(self.response, self.returned),
        ]


@dataclass(slots=True)
class Chat:
    """One conversation of a seat with a person (or, by mistake, with several)."""

    id: str
    account_id: str
    people: list[int]
    product: str
    subject: str | None
    inmail: bool
    at: int
    messages: list[Message] = field(default_factory=list)
    unread: int = 0
    answer_due: bool = False

    def row(self) -> list[Any]:
        return [self.id, self.account_id, self.people, self.product, self.subject, self.inmail, self.at]

    @property
    def timestamp(self) -> int:
        return self.messages[-1].at if self.messages else self.at

    @property
    def answered(self) -> bool:
        """Whether the person ever wrote here or took an InMail."""
        return any(m.sender is not None or m.response == "accept" for m in self.messages)


def start(
    world: "World", seat: "Seat", attendees: list[str], text: str, subject: str | None, api: str | None, inmail: bool
) -> tuple[Chat, Message]:
    """A first message: DM, InMail or free InMail, whichever the degree and the parameters make it.

    Raises Refusal for the first rule that forbids it.
    """
    if api is not None and api not in APIS:
        raise Refusal("invalid_parameters", f"linkedin[api] must be one of {', '.join(APIS)}.")
    if inmail and api not in (None, "classic") and world.options.strict_inmail:
        raise Refusal("invalid_parameters", "linkedin[inmail] belongs to the classic api only.")
    people = [_recipient(world, seat, attendee) for attendee in attendees]
    if api in ("sales_navigator", "recruiter") and seat.terms.product != api:
        raise Refusal("feature_not_subscribed", f"This account has no {api} subscription.")
    product = api or "classic"
    if len(people) > 1:
        return _send_to_group(world, seat, people, text, product)
    person = people[0]
    if person.index in seat.connected:
        return _send_dm(world, seat, open_chat(world, seat, [person.index], product, subject, False), person, text)
    if not inmail and api in (None, "classic"):
        raise Refusal("no_connection_with_recipient", "This member is not a first-degree connection.")
    return _send_inmail(world, seat, person, text, subject, product)


def reply(world: "World", seat: "Seat", chat: Chat, text: str) -> Message:
    """One more message in a chat: free when connected or answered, else another InMail of the chat's product."""
    people = [world.people.everyone[index] for index in chat.people]
    for person in people:
        _refuse_blocked(person)
    if len(people) > 1:
        return _send_to_group(world, seat, people, text, chat.product)[1]
    if people[0].index in seat.connected or chat.answered:
        return _send_dm(world, seat, chat, people[0], text)[1]
    if not chat.inmail:
        raise Refusal("no_connection_with_recipient", "This member is not a first-degree connection.")
    return _send_inmail(world, seat, people[0], text, None, chat.product)[1]


def open_chat(world: "World", seat: "Seat", people: list[int], product: str, subject: str | None, inmail: bool) -> Chat:
    """The seat's chat with these people in this product's inbox, made when it is not there yet."""
    slugs = [world.people.everyone[index].slug for index in people]
    chat_id = chance.token(22, world.seed, "chat", seat.id, product, *slugs)
    chat = world.chats.get(chat_id)
    if chat is None:
        chat = Chat(chat_id, seat.id, people, product, subject, inmail, world.clock.now())
        world.chats[chat_id] = seat.chats[chat_id] = chat
        world.journal.put("chat", chat_id, chat.row())
    return chat


def write(
    world: "World", chat: Chat, text: str, kind: str, sender: int | None = None, subject: str | None = None
) -> Message:
    """Put a message into a chat now and tell the webhooks."""
    number = chance.token(22, world.seed, "message", chat.id, len(chat.messages))
    message = Message(number, chat.id, chat.account_id, world.clock.now(), text, sender, kind, subject)
    add(world, message)
    world.keep_message(message)
    hooks.announce_message(world, chat, message)
    return message


def add(world: "World", message: Message) -> None:
    """Enter a message into the indexes (when it is made, and when the state is read from disk)."""
    chat, seat = world.chats[message.chat_id], world.seats[message.account_id]
    chat.messages.append(message)
    chat.unread = 0 if message.sender is None else chat.unread + 1
    seat.messages.append(message)
    world.messages[message.id] = message
    seat.chats[chat.id] = seat.chats.pop(chat.id, chat)  # the last one spoken in comes last


def answer(world: "World", chat: Chat, to: str, text: str | None, kind: str | None) -> Message:
    """The person writes back. Without a text, one that fits the kind; without a kind, one that fits the person.

    A response in an InMail settles it (ledger).
    """
    chat.answer_due = False
    if text is None:
        kind = kind or tempers.kind_of_reply(world, to)
        text = replies.compose(kind, world.clock.now(), world.seed, to, len(chat.messages))
    ledger.respond(world, chat, "reply")
    return write(world, chat, text, "in", sender=chat.people[0])


def respond_silently(world: "World", message_id: str, kind: str) -> None:
    """The person accepts or declines an InMail without a word: only the balance shows it."""
    message = world.messages[message_id]
    chat = world.chats[message.chat_id]
    if not message.response and not chat.answered:
        ledger.respond(world, chat, kind)


def _recipient(world: "World", seat: "Seat", provider_id: str) -> Person:
    person = world.people.by_provider_id(provider_id)
    if person is None or provider_id == seat.provider_id:
        raise Refusal("invalid_recipient", "attendees_ids must be the provider id of another member.")
    _refuse_blocked(person)
    return person


def _refuse_blocked(person: Person) -> None:
    if person.blocks:
        raise Refusal("blocked_recipient", "This member cannot be messaged.")


def _send_dm(world: "World", seat: "Seat", chat: Chat, person: Person, text: str) -> tuple[Chat, Message]:
    if len(text) > DM_CHARACTERS:
        raise Refusal("content_too_large", f"The message is longer than {DM_CHARACTERS} characters.")
    seat.check_volume("dm", world.clock.now())
    message = write(world, chat, text, "dm")
    in_reply = person.index not in seat.connected
    touches.accept(
        world, seat, "dm", person.provider_id, person.slug, text=text, message_id=message.id, in_reply=in_reply
    )
    _let_react(world, chat, message, person)
    return chat, message


def _send_inmail(
    world: "World", seat: "Seat", person: Person, text: str, subject: str | None, product: str
) -> tuple[Chat, Message]:
    now = world.clock.now()
    if len(text) > INMAIL_CHARACTERS or len(subject or "") > SUBJECT_CHARACTERS:
        raise Refusal(
            "too_many_characters",
            f"An InMail holds {INMAIL_CHARACTERS} characters, its subject {SUBJECT_CHARACTERS}.",
        )
    key = ledger.PRODUCT_OF_API[product]
    if not person.open_profile:
        if seat.terms.product != key:
            raise Refusal("feature_not_subscribed", "This account's subscription has no InMail of this kind.")
        if not person.inmail:
            raise Refusal("not_allowed_inmail", "This member does not receive InMail.")
    kind = "open_inmail" if person.open_profile else "inmail"
    chat_id = chance.token(22, world.seed, "chat", seat.id, product, person.slug)
    if (known := world.chats.get(chat_id)) is not None:
        _refuse_another(world, known, product)
    seat.check_volume(kind, now)
    if kind == "inmail" and seat.balances.get(key, 0) < 1:
        raise Refusal("insufficient_credits", "There is no InMail credit left on this subscription.")
    chat = open_chat(world, seat, [person.index], product, subject, True)
    message = write(world, chat, text, kind, subject=subject)
    if kind == "inmail":
        ledger.spend(world, seat, key, message.id)
    touches.accept(
        world,
        seat,
        kind,
        person.provider_id,
        person.slug,
        text=text,
        message_id=message.id,
        credit=1 if kind == "inmail" else 0,
    )
    _let_react(world, chat, message, person)
    return chat, message


def _refuse_another(world: "World", chat: Chat, product: str) -> None:
    """A second InMail: a decline forbids it, Premium allows it as the option says, the others at its price."""
    sent = [m for m in chat.messages if m.kind in ("inmail", "open_inmail")]
    if any(m.response == "decline" for m in sent):
        raise Refusal("not_allowed_inmail", "This member has declined an InMail.")
    silent = [m for m in sent if not m.response]
    allowed = {"never": 1, "once": 2, "always": len(silent) + 1}[world.options.premium_second_inmail]
    if product == "classic" and not chat.answered and len(silent) >= allowed:
        raise Refusal("cant_send_message", "Another InMail is possible only after this member has responded.")


def _send_to_group(world: "World", seat: "Seat", people: list[Person], text: str, product: str) -> tuple[Chat, Message]:
    if any(person.index not in seat.connected for person in people):
        raise Refusal("no_connection_with_recipient", "A group can be started with first-degree connections only.")
    if len(text) > DM_CHARACTERS:
        raise Refusal("content_too_large", f"The message is longer than {DM_CHARACTERS} characters.")
    chat = open_chat(world, seat, [person.index for person in people], product, None, False)
    message = write(world, chat, text, "dm")
    for person in people:
        touches.accept(
            world,
            seat,
            "dm",
            person.provider_id,
            person.slug,
            text=text,
            message_id=message.id,
            recipients=len(people),
        )
    return chat, message


def _let_react(world: "World", chat: Chat, message: Message, person: Person) -> None:
    """Plan what the person will do about a message, unless an answer is on its way already."""
    if chat.answer_due:
        return
    verdict = tempers.judge_message(world, chat, message, person)
    if verdict is None:
        return
    what, wait = verdict
    at = message.at + world.clock.stretch(wait)
    if what == "reply":
        script = person.script.get("reply") or {}
        chat.answer_due = True
        world.agenda.plan(at, "reply", [chat.id, message.id, script.get("text"), script.get("kind")])
    else:
        world.agenda.plan(at, "silent", [message.id, what.removeprefix("silent_")])
