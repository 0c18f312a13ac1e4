"""One thing that happened between us and a person, as the timeline tells it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from accounts import history_lines
from accounts.rights import Scope
from campaigns.running.database import Row
from campaigns.views.people.reasons import Channel, channel, ended
from outreach.engine.channels import WORDS as WHY
from outreach.engine.kinds import WORDS, Kind

STATES: Final[dict[str, str]] = {
    "reserved": "open in guided sending",
    "dispatching": "on its way",
    "sent": "",
    "refused": "refused",
    "uncertain": "not known whether it arrived",
    "not_sent": "not sent",
    "cancelled": "cancelled",
    "skipped": "skipped",
}
RESPONSES: Final[dict[str, str]] = {
    "accepted": "Invite accepted",
    "declined": "Declined",
    "lapsed": "The invite vanished without an answer",
    "withdrawn": "The invite was withdrawn",
    "accepted_inmail": "InMail accepted without words",
    "inmail_accepted": "InMail accepted without words",
    "inmail_declined": "InMail declined",
}
"""Answers that are no message."""

INTENTS: Final[dict[str, str]] = {
    "interested": "Interested",
    "question": "Question",
    "not_now": "Not now",
    "not_interested": "Not interested",
    "out_of_office": "Out of office",
    "opt_out": "Asked not to be contacted",
}
CREDITS: Final[dict[str, str]] = {
    "returned": "1 credit spent and returned",
    "spent": "1 credit spent",
    "released": "1 credit reserved and released",
    "reserved": "1 credit reserved",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `parts`: of the sentence, foreign ones apart. `text`: what was written, "" when nothing
    or when the member may not read it (`hidden`). `tone`: what the mark is coloured by; `off`: it did not happen."""

    key: tuple[datetime, int, int]
    parts: tuple[history_lines.Part, ...]
    sender: str = ""
    campaign: str = ""
    campaign_id: int | None = None
    channel: Channel | None = None
    badge: str = ""
    tone: str = ""
    off: bool = False
    inbound: bool = False
    subject: str = ""
    text: str = ""
    hidden: bool = False
    credit: str = ""
    why: str = ""
    notes: tuple[str, ...] = ()

    @property
    def at(self) -> datetime:
        return self.key[0]

    @property
    def cursor(self) -> str:
        at, rank, number = self.key
        return f"{at.astimezone(UTC):%Y%m%dT%H%M%S%f}-{rank}-{number}"


class Reader:
    """Whose threads the member may read."""

    def __init__(self, scope: Scope, member: int) -> None:
        self.scope, self.member = scope, member

    def may_read(self, row: Row) -> bool:
        return self.scope in (Scope.TEAM, Scope.ALL) or (self.scope is Scope.OWN and row["owner_id"] == self.member)


_WHY: Final[dict[str, str]] = {why.value: words for why, words in WHY.items()}


def _key(row: Row) -> tuple[datetime, int, int]:
    return row["at"], row["rank"], row["id"]


def _say(*pieces: str | history_lines.Part) -> tuple[history_lines.Part, ...]:
    return tuple(history_lines.Part(piece) if isinstance(piece, str) else piece for piece in pieces)


def _foreign(text: str) -> history_lines.Part:
    return history_lines.Part(text, foreign=True)


def _touch(row: Row, reads: Reader) -> Event:
    readable = reads.may_read(row)
    state: str = STATES.get(row["state"], "")
    notes = [_refusal(row["refusal"], row["detail"])] if row["state"] in ("refused", "not_sent") else []
    if row["crossed"]:
        notes.append("It crossed with their answer.")
    return Event(
        _key(row),
        _say(WORDS[Kind(row["kind"])]),
        sender=row["sender"],
        campaign=row["campaign"],
        campaign_id=row["campaign_id"],
        channel=channel(row["kind"]),
        badge=state,
        tone={"refused": "bad", "uncertain": "warn", "not_sent": "warn", "dispatching": "accent"}.get(row["state"], ""),
        off=row["state"] in ("cancelled", "skipped", "not_sent"),
        subject=row["subject"] if readable else "",
        text=row["text"] if readable else "",
        hidden=bool(row["text"]) and not readable,
        credit=credit_words(row["moves"] or []),
        why="" if row["state"] in ("cancelled", "skipped") else _WHY.get(row["why"]) or str(row["why"]),
        notes=tuple(note for note in notes if note),
    )


def _refusal(refusal: str, detail: str) -> str:
    return ": ".join(part for part in (refusal.rpartition("/")[2].replace("_", " "), detail) if part)


def credit_words(moves: list[str]) -> str:
    """What became of a touch's credit. `moves`: "debit credit" of its transfers, in order."""
    pairs = [tuple(move.split(" ")) for move in moves]
    if any(debit == "returned" for debit, _ in pairs):
        return CREDITS["returned"]
    if any(credit == "spent" for _, credit in pairs):
        return CREDITS["spent"]
    if any(debit == "reserved" for debit, _ in pairs):
        return CREDITS["released"]
    return CREDITS["reserved"] if pairs else ""


def _answer(row: Row, _: Reader) -> Event:
    words = RESPONSES.get(row["response"], row["response"].replace("_", " ").capitalize())
    good = row["response"] == "accepted"
    return Event(
        _key(row), _say(words), sender=row["sender"], campaign=row["campaign"], tone="ok" if good else "", inbound=True
    )


def _message(row: Row, reads: Reader) -> Event:
    readable = reads.may_read(row)
    ours = "Message written by hand by " if row["by_hand"] else "Message of "
    words = "Reply to " if row["inbound"] else ours
    return Event(
        _key(row),
        _say(words, _foreign(row["sender"])),
        badge=INTENTS.get(row["intent"], "") if row["inbound"] else "",
        tone="ok" if row["inbound"] else "",
        inbound=row["inbound"],
        subject=row["subject"] if readable and not row["inbound"] else "",
        text=row["text"] if readable else "",
        hidden=bool(row["text"]) and not readable,
    )


def _entered(row: Row, _: Reader) -> Event:
    return Event(
        _key(row),
        _say("Entered a campaign"),
        sender=row["sender"],
        campaign=row["campaign"],
        campaign_id=row["campaign_id"],
    )


def _ended(row: Row, _: Reader) -> Event:
    if row["state"] == "finished":
        words = "The sequence is finished"
    else:
        words = f"The sequence stopped: {ended(row['reason'])}"
    return Event(_key(row), (_foreign(words),), campaign=row["campaign"], campaign_id=row["campaign_id"])


def _intent(row: Row, _: Reader) -> Event:
    return Event(_key(row), _say("Signal: ", _foreign(row["kind"].replace("_", " "))), tone="accent", inbound=True)


TELL = {1: _entered, 2: _touch, 3: _answer, 4: _message, 5: _ended, 6: _intent}
"""How a row of each source is told, by the source's rank."""
