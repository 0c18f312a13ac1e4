"""The provider's own record of what it accepted, beside our touches: each accepted act is one touch of ours, each sent
touch was accepted, and nothing was accepted twice.

An act is found by the provider's message id, else by seat, person, kind, text and the time in which the touch can have
been handed over.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from campaigns.proof.acts import COUNTED_PAIRS, Acts, slacks
from campaigns.proof.breach import Check, Values, here, named
from campaigns.proof.decisions import unified
from campaigns.running.database import Row, rows

SKEW = timedelta(seconds=2)
"""How far the provider's clock and ours may lie apart, and how coarsely it may write its times."""

READ = "profile_read"
"""An act of the record that is no touch: a profile was read."""

Key = tuple[int, str, str, str]
"""Sender, person, kind and hash of the text: what two acts must share to be the same."""

_TOUCHES = f"""
SELECT t.id, t.enrollment_id, t.step_key, t.generation, t.sender_id, t.prospect_id, t.kind, t.state, t.gate_at,
  t.provider_message,
  CASE WHEN t.text = '' THEN '' ELSE encode(sha256(convert_to({unified("t.text")}, 'UTF8')), 'hex') END AS text_hash
FROM campaigns_touch t
WHERE t.gate_at IS NOT NULL AND t.kind NOT IN ('call', 'task') AND {here("t")} ORDER BY t.gate_at, t.id"""

_PEOPLE = f"""
SELECT r.sender_id, r.prospect_id, r.provider_id, p.slug FROM prospects_relationship r
JOIN prospects_prospect p ON p.id = r.prospect_id WHERE (r.provider_id <> '' OR p.slug <> '') AND {here("r")}"""

_SEATS = f"""
SELECT s.id, s.provider_account, coalesce(c.vendor, '') AS vendor FROM accounts_sender s
LEFT JOIN accounts_connection c ON c.id = s.connection_id WHERE s.provider_account <> '' AND {here("s")}"""


class BadRecord(ValueError):
    """What was given is no record of accepted acts. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """One act as the provider tells it. `person`: the prospect's id, or the provider's own when nobody of ours is."""

    n: str
    sender: int
    person: str
    kind: str
    text: str
    message: str
    at: datetime

    @property
    def who(self) -> str:
        return f"accepted:{self.n}"

    @property
    def key(self) -> Key:
        return (self.sender, self.person, self.kind, self.text)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it: the checks, and the provider's acts for counting windows."""

    checks: tuple[Check, ...]
    acts: Acts


def compare(record: Sequence[dict[str, Any]], values: Values) -> Comparison:
    """Set the record beside our touches. Acts of seats that are not ours are passed over. Raises BadRecord."""
    seats = rows(_SEATS, values)
    by_account = {seat["provider_account"]: seat["id"] for seat in seats}
    told = {item.get("account_id") for item in record}
    covered = {s["id"] for s in seats if s["vendor"] == "simulator" or s["provider_account"] in told}
    accepted = _read(record, by_account, _people(values))
    foreign = len(record) - len(accepted)
    done = [act for act in accepted if act.kind != READ]
    touches = [touch for touch in rows(_TOUCHES, values) if touch["sender_id"] in covered]
    slack = slacks(values)
    found, strangers = _match(done, touches, slack)
    return Comparison(
        (
            _twice(done, found),
            _unknown(done, strangers, found, foreign),
            _not_accepted(touches, found),
        ),
        _acts(accepted),
    )


def _people(values: Values) -> dict[tuple[int, str], int]:
    """By sender and provider id, and by sender and slug: the prospect."""
    found: dict[tuple[int, str], int] = {}
    for row in rows(_PEOPLE, values):
        if row["slug"]:
            found.setdefault((row["sender_id"], f"/{row['slug']}"), row["prospect_id"])
        if row["provider_id"]:
            found[row["sender_id"], row["provider_id"]] = row["prospect_id"]
    return found


def _read(
    record: Iterable[dict[str, Any]], by_account: dict[str, int], people: dict[tuple[int, str], int]
) -> list[Accepted]:
    accepted: list[Accepted] = []
    for place, item in enumerate(record, start=1):
        try:
            sender = by_account.get(item["account_id"])
            if sender is None:
                continue
            known = people.get((sender, item["provider_id"])) or people.get((sender, f"/{item.get('slug') or ''}"))
            act = Accepted(
                n=str(item.get("n", place)),
                sender=sender,
                person=str(known) if known is not None else str(item["provider_id"]),
                kind=str(item["kind"]),
                text=item.get("text_sha256") or "",
                message=item.get("message_id") or "",
                at=datetime.fromisoformat(item["at"]),
            )
        except (KeyError, TypeError, ValueError) as wrong:
            raise BadRecord(
                f"Entry {place} of the record is no accepted act ({wrong!r}): give what /sim/accepted answers."
            ) from None
        if act.at.tzinfo is None:
            raise BadRecord(f"Entry {place} of the record has a time without a zone: give what /sim/accepted answers.")
        accepted.append(act)
    return accepted


def _match(
    accepted: Sequence[Accepted], touches: Sequence[Row], slack: dict[int, int]
) -> tuple[dict[str, Row], list[Accepted]]:
    """Each accepted act (by its n) with its touch, and those that are nobody's."""
    found: dict[str, Row] = {}
    taken: set[int] = set()
    by_message = {(t["sender_id"], t["provider_message"]): t for t in touches if t["provider_message"]}
    rest: list[Accepted] = []
    for act in sorted(accepted, key=lambda act: act.at):
        touch = by_message.get((act.sender, act.message)) if act.message else None
        if touch is None or touch["id"] in taken:
            rest.append(act)
        else:
            found[act.n] = touch
            taken.add(touch["id"])
    by_key: dict[Key, list[Row]] = defaultdict(list)
    # An attempt that never went and its retry both fit an act when their gates lie within the skew: it is the retry's.
    # An act before the retry's own gate fits the first attempt only, and is found.
    for t in sorted(touches, key=lambda t: t["state"] not in ("sent", "uncertain", "dispatching")):
        if t["id"] not in taken:
            by_key[t["sender_id"], str(t["prospect_id"]), t["kind"], t["text_hash"]].append(t)
    strangers: list[Accepted] = []
    for act in rest:
        late = timedelta(seconds=slack.get(act.sender, 0)) + SKEW
        touch = next(
            (
                t
                for t in by_key[act.key]
                if t["id"] not in taken and t["gate_at"] - SKEW <= act.at <= t["gate_at"] + late
            ),
            None,
        )
        if touch is None:
            strangers.append(act)
        else:
            found[act.n] = touch
            taken.add(touch["id"])
    return found, strangers


def _twice(accepted: Sequence[Accepted], found: dict[str, Row]) -> Check:
    """Same seat, person, kind and text more often than there are steps of ours that say so."""
    groups: dict[Key, list[Accepted]] = defaultdict(list)
    for act in accepted:
        groups[act.key].append(act)
    twice: list[str] = []
    for acts in groups.values():
        if len(acts) > 1:
            steps = Counter(_step(found[act.n]) if act.n in found else None for act in acts)
            own = max(len(steps.keys() - {None}), 1)
            twice += [act.who for act in sorted(acts, key=lambda act: act.at)[own:]]
    return Check(
        "duplicates: the provider accepted nothing twice",
        len(accepted),
        named("Accepted although the same had been accepted before.", twice),
        "accepted acts",
    )


def _step(touch: Row) -> tuple[int, int, int]:
    return (touch["enrollment_id"], touch["step_key"], touch["generation"])


def _unknown(accepted: Sequence[Accepted], strangers: Sequence[Accepted], found: dict[str, Row], foreign: int) -> Check:
    gone = [
        f"accepted:{n} touch:{touch['id']}"
        for n, touch in found.items()
        if touch["state"] not in ("dispatching", "uncertain", "sent")
    ]
    return Check(
        "record: what the provider accepted is what we handed over",
        len(accepted),
        (
            *named("Accepted, and no touch of ours.", [act.who for act in strangers]),
            *named("Accepted, and by our rows it was not sent, refused or given up.", gone),
        ),
        "accepted acts",
        f"{foreign:,} of other seats" if foreign else "",
    )


def _not_accepted(touches: Sequence[Row], found: dict[str, Row]) -> Check:
    matched = {touch["id"] for touch in found.values()}
    sent = [touch for touch in touches if touch["state"] == "sent"]
    lost = [f"touch:{touch['id']}" for touch in sent if touch["id"] not in matched]
    return Check(
        "record: what we say was sent was accepted",
        len(sent),
        named("Sent by our rows, and the provider never accepted it.", lost),
        "sent touches",
    )


def _acts(accepted: Sequence[Accepted]) -> Acts:
    """What the provider counts, once per budget."""
    budgets: dict[str, list[str]] = {READ: ["profile_reads"]}
    for kind, budget in COUNTED_PAIRS:
        budgets.setdefault(kind, []).append(budget)
    acts = Acts()
    for act in accepted:
        for budget in budgets.get(act.kind, ()):
            acts.add(act.who, act.sender, budget, act.at)
    return acts
