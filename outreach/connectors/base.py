"""What every connector to the outside world speaks: requests, answers, and what it can prove. How it can fail is in
`outreach.connectors.failures`.

A connector makes one attempt per call, without a retry and without following a redirect of a write.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from outreach.engine.kinds import Degree, Kind

Product = Literal["premium", "sales_navigator", "recruiter"]
Reaction = Literal["like", "celebrate", "support", "love", "insightful", "funny"]


# --- Who acts, and what -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seat:
    """One sender at one vendor. `account` is the vendor's id of it; `product` says whose InMail credits are spent."""

    base_url: str
    api_key: str = field(repr=False)
    account: str
    product: Product = "premium"
    timeout_s: float = 30.0
    """Longest wait for one whole call: connecting, writing, answering."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One act to be handed over. Which fields it needs follows from its kind."""

    kind: Kind
    provider_id: str = ""
    slug: str = ""
    text: str = ""
    subject: str = ""
    chat_id: str = ""
    invitation_id: str = ""
    post_id: str = ""
    reaction: Reaction = "like"


@dataclass(frozen=True, slots=True)
class Answer:
    """The vendor took it. Ids are empty where the vendor gave none: then they come with the event or the next poll."""

    message_id: str = ""
    chat_id: str = ""
    invitation_id: str = ""
    usage: int | None = None
    """Per cent of the provider's own limit that is used up, told only when a mark is crossed."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a connector can do and what it can prove afterwards."""

    kinds: frozenset[Kind]
    idempotency: Literal["key", "none"]
    history: Literal["authoritative", "partial", "none"]
    """Whether not finding an act proves that it did not happen (only for the kinds in `traced`)."""
    evidence: frozenset[Literal["webhook", "poll"]]
    longest_work_s: float
    """How long the vendor may still work on a request after we stopped waiting for it; never below the time-out."""
    traced: frozenset[Kind] = frozenset()
    """Kinds that leave a trace in what can be read. Not finding an act of any other kind proves nothing at all."""


# --- What is read -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Profile:
    """A person as one sender sees them. `invitation` is what became of this sender's own invite."""

    provider_id: str
    slug: str
    first_name: str
    last_name: str
    headline: str
    location: str
    degree: Degree
    open_profile: bool | None
    premium: bool | None
    can_inmail: bool | None
    invitation: Literal["pending", "withdrawn", "ignored", ""]


@dataclass(frozen=True, slots=True)
class Relation:
    """A first-degree connection of the sender."""

    provider_id: str
    slug: str
    name: str
    connected_at: datetime | None


@dataclass(frozen=True, slots=True)
class SentInvite:
    """A pending invite of the sender; `at` is approximate. Answered and withdrawn ones are not listed."""

    invitation_id: str
    provider_id: str
    slug: str
    at: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation. `provider_id` is the other person, empty in a group."""

    chat_id: str
    provider_id: str
    at: datetime | None
    subject: str
    content_type: str
    unread: int


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A message. `provider_id` is its author; line ends of `text` are \\n."""

    message_id: str
    chat_id: str
    provider_id: str
    outbound: bool
    text: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Post:
    post_id: str
    text: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Page[T]:
    """One page of a list. `cursor` None means that it was the last."""

    items: tuple[T, ...]
    cursor: str | None = None


class Standing(StrEnum):
    """Whether the vendor can act as the sender at the moment."""

    ACTIVE = "active"
    WAITING = "waiting"
    LOGGED_OUT = "logged_out"
    STOPPED = "stopped"
    GONE = "gone"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class Account:
    """The vendor's record of the sender: `products` as the vendor names them."""

    account: str
    name: str
    provider_id: str
    slug: str
    products: frozenset[str]
    standing: Standing


@dataclass(frozen=True, slots=True)
class Owner:
    """The sender's own LinkedIn profile."""

    provider_id: str
    slug: str
    first_name: str
    last_name: str
    premium: bool | None


# --- What comes in ----------------------------------------------------------------------------------------------------


EventKind = Literal["message", "relation", "account_status", "reaction", "read", "other"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at the vendor, the same whether a webhook or a poll brought it.

    `key` names the happening: two events with one key are one happening. Only `account_status` is different: it
    carries neither id nor time, so it is a doorbell to be applied as a state or confirmed with `Connector.account`.
    `provider_id`, `slug` and `name` are the other person, also for our own messages; `at` is None where unknown.
    """

    kind: EventKind
    key: str
    account: str
    at: datetime | None = None
    provider_id: str = ""
    slug: str = ""
    name: str = ""
    chat_id: str = ""
    message_id: str = ""
    text: str = ""
    outbound: bool = False
    subject: str = ""
    status: str = ""
    """A `Standing` for account_status, the reaction for reaction, the vendor's event name for other."""


class Connector(Protocol):
    """One sender at one vendor. Every method makes its calls once and raises a `ConnectorError` when that fails.

    Safe to share between threads; the connections are kept alive between calls.
    """

    @property
    def capabilities(self) -> Capabilities: ...

    def hand_over(self, outgoing: Outgoing) -> Answer:
        """Make the attempt, once. A return means that the vendor took it."""
        ...

    def profile(self, identifier: str, *, notify: bool = False) -> Profile:
        """One person by provider id or slug. `notify` shows them the visit: then it is a touch, so hand over a view."""
        ...

    def relations(self, cursor: str | None = None, limit: int = 100) -> Page[Relation]:
        """Connections, newest first."""
        ...

    def sent_invites(self, cursor: str | None = None, limit: int = 100) -> Page[SentInvite]: ...

    def chats(self, after: datetime | None = None, cursor: str | None = None, limit: int = 100) -> Page[Chat]:
        """Conversations with something newer than `after`."""
        ...

    def messages(
        self, chat_id: str, after: datetime | None = None, cursor: str | None = None, limit: int = 100
    ) -> Page[ChatMessage]:
        """Messages of a conversation, newest first, without the vendor's own notices."""
        ...

    def posts(self, identifier: str, cursor: str | None = None, limit: int = 10) -> Page[Post]: ...

    def balance(self) -> dict[str, int | None]:
        """InMail credits by product as the provider counts them, None where not subscribed."""
        ...

    def me(self) -> Owner: ...

    def account(self) -> Account: ...

    def hook(self, url: str, secret: str, account_ids: Iterable[str] | None = None) -> tuple[str, ...]:
        """Have events delivered to `url`, replacing what was hooked there. None = all senders of the key."""
        ...

    def unhook(self, url: str) -> int:
        """Stop delivery to `url`. Returns how many hooks there were."""
        ...
