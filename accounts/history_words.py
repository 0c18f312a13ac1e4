"""What each verb of history says: clauses of a sentence, by what the verb is about. Pure.

A clause says what to write with `{subject}`, `{key}` for a value of the row, `{key:one|many}` for a count of things,
and `{key:kind}` for the name of what the value is the id of. Clauses after the first are added where the row has all
that they name. `accounts.history_lines` makes the sentences.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from accounts import terms

GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    "Members and workspace": {
        "founded": ("founded the workspace {workspace}",),
        "joined": ("added {subject}", " as {role}"),
        "self:joined": ("joined", " as {role}"),
        "changed role": ("changed the role of {subject}", " from {before} to {after}"),
        "left": ("left the workspace",),
        "removed": ("removed {subject} from the workspace",),
        "member:restored": ("brought {subject} back into the workspace",),
        "company throttle set": (
            "lets {people:new person|new people} of one company be approached",
            " within {days:day|days}",
        ),
        "company throttle lifted": ("lets any number of people of one company be approached",),
        "renamed workspace": ("renamed the workspace", " from {before} to {after}"),
        "invited": ("invited {email}", " as {role}"),
        "invited again": ("sent the invitation of {email} again",),
        "accepted": ("accepted the invitation to {email}", " as {role}"),
        "revoked": ("took back the invitation of {email}",),
        "key made": ("made {subject}", ", which holds until {until}"),
        "key revoked": ("revoked {subject}",),
    },
    "Subscription tiers": {
        "installed": ("added {subject}, one of LinkedIn’s own",),
        "copied": ("made {subject}", " as a copy of {of}"),
        "terms added": (),
        "terms dropped": (),
    },
    "Credits and limits": {
        "creditbalance:held": ("keeps {held} of {subject} for tier 3", ", {was} before"),
        "adjusted": ("adjusted {subject} by {amount}", ": {note}"),
        "blocked": ("stopped InMail: no more of {subject} are spent", ": {why}"),
        "asked again": ("had LinkedIn asked again for {subject}",),
        "unblocked": ("lets {subject} be spent again",),
        "cap": ("set the cap of {subject} to {cap}",),
        "caps": (
            "set {subject}",
            ": {day} in 24 hours",
            ", {week} in 7 days",
            ", {month} a month",
            ", {ceiling} at once",
        ),
    },
    "Senders": {
        "connected": ("connected the workspace to {vendor}",),
        "set_up": ("set up {subject}", " on the plan {plan}", ", acting through {connector}"),
        "plan changed": ("put {subject} on the plan {plan}", ", before on {was}"),
        "paused": ("paused {subject}", ": {why}"),
        "campaign:paused": ("paused {subject}", "; {handed_over:touch was|touches were} already handed over"),
        "sender:resumed": ("let {subject} act again", ", which was {was}"),
        "sender:edited": ("changed {subject}", ": {what}"),
    },
    "Campaigns": {
        "created": ("created {subject}", " from the play {play}"),
        "edited": ("edited {subject}", ", step {step}"),
        "waits set": ("set the wait before step {step} of {subject}", " to {days} days"),
        "renamed": ("renamed {subject}", " from {before} to {after}"),
        "enrolled": ("put {people:person|people} into {subject}", " with {senders:sender}"),
        "people removed": ("took {people:person|people} out of {subject}",),
        "people left out": ("left {people:person|people} out of {subject}",),
        "senders chosen": ("chose the senders of {subject}", ": {senders:sender}"),
        "launched": ("launched {subject}", " for {people:person|people}"),
        "campaign:resumed": ("resumed {subject}", " for {people:person|people}"),
        "archived": ("archived {subject}",),
        "restored": ("restored {subject}",),
    },
    "One person": {
        "held": ("holds {subject}", "; {cancelled:planned touch was|planned touches were} cancelled"),
        "resumed": ("resumed {subject}",),
        "stopped": ("stopped {subject}", "; {cancelled:planned touch was|planned touches were} cancelled"),
        "handed_over": ("handed {subject} over", " from {was:sender}", " to {to:sender}"),
        "took the conversation": ("let {subject} lead the conversation", ", which {was:campaign} led before"),
        "gave the conversation": ("took the conversation from {subject}", ", and {to:campaign} leads it"),
        "was_sent": ("found that {subject} was sent",),
        "was_not_sent": ("found that {subject} was not sent",),
        "done_by_hand": ("did {subject} by hand",),
        "skipped_by_hand": ("skipped {subject}",),
        "opened_by_hand": ("opened {subject} to send it by hand",),
        "copied_by_hand": ("took the text of {subject} to send it by hand",),
        "heard_by_hand": ("said that {subject} brought an answer",),
        "accepted_by_hand": ("said that the invite of {subject} was accepted",),
        "not_done_by_hand": ("did not send {subject}", ": {reason}"),
        "added": ("added {subject}",),
        "gathered": ("gathered {people:person|people} into {subject}",),
        "corrected": ("corrected {subject}", ": {what}"),
        "tiers set": ("put {people:person|people} into another tier",),
        "tier set": ("put {subject} into tier {after}", ", before tier {before}"),
    },
    "Inbox": {
        "answered": ("answered in {subject}",),
        "took an answer back": ("took an answer in {subject} back",),
        "done": ("marked {subject} as done",),
        "reopened": ("opened {subject} again",),
        "snoozed": ("let {subject} sleep",),
        "assigned": ("changed who answers in {subject}", " to {to:member}"),
        "labelled": ("labelled {subject}", " as {after}", ", before {before}"),
        "outcome set": ("noted what came of {subject}", ": {outcome}", ", on {on}"),
        "noted": ("wrote a note beside {subject}",),
        "thread:undone": ("took back what was done with {subject}",),
    },
    "Do not contact": {
        "suppressed": ("put {subject} on the list of whom nobody contacts", ": {reason}"),
        "forbade": ("put {people:person|people} on the list of whom nobody contacts", ": {reason}"),
        "listed": ("put {addresses:address|addresses} on the list of whom nobody contacts", ": {reason}"),
        "suppression_lifted": ("lets {subject} be contacted again", ": {reason}"),
        "address lifted": ("took {subject} off", ", put there for “{why}”", ", because: {reason}"),
    },
    "Files": {
        "uploaded": ("uploaded {subject}",),
        "sender named": ("said that {subject} holds the connections of {sender:sender}",),
        "columns chosen": ("chose the columns of {subject}",),
        "cells corrected": ("corrected {cells:cell|cells} of {subject}",),
        "checked": ("checked {subject}",),
        "applying": ("began to import {subject}",),
        "applied": ("imported {subject}",),
        "failed": ("could not import {subject}", ": {problem}"),
        "stop asked": ("asked to stop the import of {subject}",),
        "cancelled": ("stopped the import of {subject}",),
        "undone": ("undid the import of {subject}", ": {removed:person was|people were} removed", ", {stayed} stayed"),
    },
}
"""What each verb says, by what it is about; `kind:verb` where one verb means another thing of another subject."""

SAID: dict[str, tuple[str, ...]] = {key: clauses for verbs in GROUPS.values() for key, clauses in verbs.items()}


def knows(verb: str) -> bool:
    """Whether this verb has words, for one kind of subject at least."""
    return any(key.rpartition(":")[2] == verb for key in SAID)


def verbs() -> dict[str, list[str]]:
    """The verbs that there are, each in the first group that has it."""
    found: dict[str, list[str]] = {}
    placed: set[str] = set()
    for group, said in GROUPS.items():
        for verb in dict.fromkeys(key.rpartition(":")[2] for key in said):
            if verb not in placed:
                placed.add(verb)
                found.setdefault(group, []).append(verb)
    return found


def clauses(row: Any) -> tuple[str, ...]:
    """The clauses for a row. Who did something to themselves has words of its own."""
    if (special := _SPECIAL.get(row.verb)) is not None:
        return special(row.data)
    kind, _, pk = row.subject.partition(":")
    oneself = kind == "member" and row.by is not None and str(row.by.pk) == pk
    for key in ([f"self:{row.verb}"] if oneself else []) + [f"{kind}:{row.verb}", row.verb]:
        if key in SAID:
            return SAID[key]
    return (f"{_literal(row.verb.replace('_', ' '))} {{subject}}",)


def _saved(data: Mapping[str, Any]) -> tuple[str, ...]:
    before = data.get("before")
    known = terms.changes(before, data) if before else []
    changed = ", ".join(f"{label.lower()} {was} → {now}" for label, was, now in known)
    said = f"saved terms of {{subject}} from {_day(data)}"
    if data.get("instead_of"):
        said += f" instead of {_day(data, 'instead_of')}"
    return (said, f": {_literal(changed)}") if changed else (said,)


def _dropped(data: Mapping[str, Any]) -> tuple[str, ...]:
    return (f"took back the terms of {{subject}} from {_day(data)}",)


_SPECIAL: dict[str, Callable[[Mapping[str, Any]], tuple[str, ...]]] = {"terms added": _saved, "terms dropped": _dropped}


def _day(data: Mapping[str, Any], key: str = "valid_from") -> str:
    try:
        day = date.fromisoformat(str(data.get(key, "")))
    except ValueError:
        return "an unknown day"
    return f"{day.day} {day:%B %Y}"


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
