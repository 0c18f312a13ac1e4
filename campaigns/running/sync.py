"""Looking around, as a backfill of webhooks: the inbox, the connections and pending invites, the credit balance.

Each look stores what it finds under the same keys as the webhooks, so that what was told twice is worked once.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from accounts import ledger
from accounts.models import CreditBalance, Sender
from campaigns.running import inbound, lanes, messages, relations, seats
from campaigns.running.database import again, row, rows, short_transaction
from outreach import clock
from outreach.connectors.base import Connector, Event
from outreach.connectors.failures import ConnectorError, LoggedOut, Restricted, Unknown
from outreach.connectors.unipile import event_of_message, event_of_relation

log = logging.getLogger(__name__)

OVERLAP = timedelta(minutes=5)
"""Each look starts this long before the last one: the vendor serves chats from a store that lags behind."""
RELATIONS_EVERY = timedelta(hours=6)
INVITES_EVERY = timedelta(hours=24)
BALANCE_EVERY = timedelta(hours=24)
FIRST_LOOK = timedelta(days=30)
MOST_PAGES = 50
MOST_UNREAD = 3
"""Chats that may fail in one look, before it is given up: each may have taken the whole time-out."""


def _sender(sender: int) -> Sender:
    found: Sender = Sender.objects.with_scopes_disabled().get(pk=sender)
    return found


def look_at_inbox(sender: int, *, now: datetime) -> int:
    """Fetch what is new in the sender's chats and work it. How many events were new. Raises ConnectorError."""
    seat = _sender(sender)
    connector = seats.connector(sender, now=now)
    since = (seat.inbox_at or now - FIRST_LOOK) - OVERLAP
    new = 0
    unread: list[Unknown] = []
    for chat, counterpart, after in list(_changed_chats(connector, sender, since)):
        try:
            found = list(_messages(connector, seat, chat, counterpart, after))
        except Unknown as error:  # what the other chats say is heard all the same
            log.warning("Chat %s of sender %s cannot be read: %s", chat, sender, error)
            unread.append(error)
            if len(unread) == MOST_UNREAD:
                break
            continue
        new += inbound.store(seat.workspace_id, seat.connection_id or 0, found, via="poll", now=now)
    if new:
        inbound.work(now=now)
    if unread:
        raise unread[0]  # the inbox is not fresh: somebody in it may have answered
    rows("UPDATE accounts_sender SET inbox_at = greatest(inbox_at, %s) WHERE id = %s", (now, sender))
    return new


def _changed_chats(connector: Connector, sender: int, since: datetime) -> Iterator[tuple[str, str, datetime | None]]:
    """Chats with something that we have not stored: (chat, the other person, our newest message in it)."""
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = connector.chats(after=since, cursor=cursor)
        known = {
            thread["provider_chat"]: thread["last_at"]
            for thread in rows(
                "SELECT provider_chat, last_at FROM campaigns_thread WHERE sender_id = %s AND provider_chat = ANY(%s)",
                (sender, [chat.chat_id for chat in page.items]),
            )
        }
        for chat in page.items:
            last = known.get(chat.chat_id)
            if last is None or chat.at is None or chat.at > last or chat.unread:
                yield chat.chat_id, chat.provider_id, last
        cursor = page.cursor
        if cursor is None:
            return


def _messages(
    connector: Connector, seat: Sender, chat: str, counterpart: str, after: datetime | None
) -> Iterator[Event]:
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = connector.messages(chat, after=after - OVERLAP if after else None, cursor=cursor)
        for message in page.items:
            yield event_of_message(seat.provider_account, seat.provider_id, message, counterpart=counterpart)
        cursor = page.cursor
        if cursor is None:
            return


def look_at_relations(sender: int, *, now: datetime) -> int:
    """Fetch new connections, newest first until one is known, and once a day the pending invites: an invite that is in
    neither list has vanished. How many things were new. Raises ConnectorError."""
    seat = _sender(sender)
    connector = seats.connector(sender, now=now)
    new = _new_relations(connector, seat, now)
    if seat.invites_at is None or now - seat.invites_at >= INVITES_EVERY:
        new += _vanished_invites(connector, seat, now)
        rows("UPDATE accounts_sender SET invites_at = %s WHERE id = %s", (now, sender))
    rows("UPDATE accounts_sender SET relations_at = %s WHERE id = %s", (now, sender))
    return new


def _new_relations(connector: Connector, seat: Sender, now: datetime) -> int:
    cursor: str | None = None
    new = 0
    since = (seat.relations_at or seat.created_at) - timedelta(hours=12)
    for _ in range(MOST_PAGES):
        page = connector.relations(cursor=cursor)
        found = [event_of_relation(seat.provider_account, relation) for relation in page.items]
        new += inbound.store(seat.workspace_id, seat.connection_id or 0, found, via="poll", now=now)
        oldest = min((event.at for event in found if event.at is not None), default=None)
        cursor = page.cursor
        if cursor is None or (oldest is not None and oldest < since):
            break
    if new:
        inbound.work(now=now)
    return new


def _vanished_invites(connector: Connector, seat: Sender, now: datetime) -> int:
    pending: set[str] = set()
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = connector.sent_invites(cursor=cursor)
        pending |= {invite.provider_id for invite in page.items} | {invite.invitation_id for invite in page.items}
        cursor = page.cursor
        if cursor is None:
            break
    else:
        return 0  # not read to the end: absence would prove nothing
    gone = [
        invite
        for invite in rows(
            "SELECT prospect_id, provider_id, invitation_id FROM prospects_relationship WHERE sender_id = %s "
            "AND invitation = 'pending' AND invited_at < %s ORDER BY prospect_id",
            (seat.pk, now - timedelta(days=1)),
        )
        if invite["provider_id"] not in pending and invite["invitation_id"] not in pending
    ]
    return sum(again(_vanish, invite["prospect_id"], seat.pk, now) for invite in gone)


def _vanish(prospect: int, sender: int, now: datetime) -> bool:
    with short_transaction():
        return relations.vanished(prospect, sender, now, now)


def look_at_balance(sender: int, *, now: datetime) -> str:
    """Compare the provider's credit balance with ours and store the observation. What came of it. Raises
    ConnectorError."""
    balances = seats.connector(sender, now=now).balance()
    outcomes: list[str] = []
    with short_transaction():
        for balance in CreditBalance.objects.with_scopes_disabled().filter(sender=sender):
            provider = balances.get(balance.product)
            if provider is None:
                continue
            known = row(
                "SELECT count(*) FILTER (WHERE state IN ('dispatching', 'uncertain')) AS in_doubt, "
                "count(*) FILTER (WHERE state = 'sent' AND response = '' AND gate_at > %s) AS open FROM "
                "campaigns_touch "
                "WHERE sender_id = %s AND balance_id = %s AND kind = 'inmail' "
                "AND state IN ('dispatching', 'uncertain', 'sent')",
                (now - messages.RETURN_WINDOW, sender, balance.pk),
            ) or {"in_doubt": 0, "open": 0}
            found = ledger.observe(
                balance,
                provider,
                in_doubt=known["in_doubt"],
                open_inmails=known["open"],
                now=clock.now(),
                asked_at=now,
            )
            outcomes.append(found.outcome)
        rows("UPDATE accounts_sender SET balance_at = %s WHERE id = %s", (now, sender))
    lanes.credits_arrived([sender], now=now)
    return ", ".join(outcomes)


def due(*, now: datetime) -> list[tuple[int, str]]:
    """Looks that are due: (sender, what), for automatic senders that are connected."""
    found = rows(
        "SELECT id, relations_at, balance_at, inbox_at FROM accounts_sender WHERE connection_id IS NOT NULL "
        "AND state IN ('active', 'resting', 'paused') ORDER BY id"
    )
    looks: list[tuple[int, str]] = []
    for sender in found:
        if sender["relations_at"] is None or now - sender["relations_at"] >= RELATIONS_EVERY:
            looks += [(sender["id"], "relations"), (sender["id"], "inbox")]
        if sender["balance_at"] is None or now - sender["balance_at"] >= BALANCE_EVERY:
            looks.append((sender["id"], "balance"))
    return looks


LOOKS = {"relations": look_at_relations, "inbox": look_at_inbox, "balance": look_at_balance}


def failed(sender: int, what: str, error: ConnectorError) -> None:
    """A look failed: the next one tries again; a seat that is logged out or restricted stops acting."""
    log.warning("Looking at the %s of sender %s failed: %s", what, sender, error)
    if isinstance(error, LoggedOut | Restricted):
        state = "frozen" if isinstance(error, Restricted) else "disconnected"
        rows(
            "UPDATE accounts_sender SET state = %s, state_reason = %s WHERE id = %s AND state IN ('active', 'resting')",
            (state, f"The provider said {error.code}: a person must look at it.", sender),
        )
