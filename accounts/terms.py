"""The numbers of a plan's terms: which there are, what they are called, which fit together, how each reads."""

from collections.abc import Mapping
from typing import Any

from accounts.models.plan import FollowUp, Renewal

LABELS: dict[str, str] = {
    "grant": "Granted a month",
    "cap": "Roll-over cap",
    "renewal": "Renews",
    "credit_life_days": "Credits expire",
    "product": "Credits of",
    "inmail": "InMail",
    "follow_up": "Second InMail before an answer",
    "note_chars": "Note length",
    "notes_month": "Notes a month",
    "invites_week": "Invites a week",
    "invites_week_ceiling": "Most invites a week",
    "open_month": "Free InMails a month",
    "price_cents": "Price a month",
}
"""What each number is called, in the order in which pages show them."""

NUMBERS = tuple(LABELS)
"""The fields of PlanTerms that an admin edits."""

PRODUCTS = {"premium": "LinkedIn Premium", "sales_navigator": "Sales Navigator", "recruiter": "Recruiter"}
"""What a sender's credits are good for; those of one product cannot be used in another."""

RENEWALS = {Renewal.MONTH: "on the 1st of the month, UTC", Renewal.ANNIVERSARY: "on the billing day"}
FOLLOW_UPS = {FollowUp.NONE: "not allowed", FollowUp.PAID: "costs a credit", FollowUp.ONCE: "allowed once"}

NOTE_LONGEST = 300
"""LinkedIn takes no longer note with an invite, on any plan."""

MOST = {
    "grant": 10_000,
    "cap": 20_000,
    "credit_life_days": 3_650,
    "notes_month": 10_000,
    "invites_week": 1_000,
    "invites_week_ceiling": 1_000,
    "open_month": 10_000,
    "price_cents": 10_000_000,
}
"""Beyond these a number is a slip of the finger."""


def problems(numbers: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with these numbers, a sentence for each that has to change; none means that they fit together.
    Numbers that are left out are not judged."""
    found: dict[str, str] = {}
    for name, most in MOST.items():
        value = numbers.get(name)
        if value is not None and value < 0:
            found[name] = "This cannot be below 0: give 0 or more."
        elif value is not None and value > most:
            found[name] = f"This is more than any plan has: give at most {_said(name, most)}."
    if numbers.get("credit_life_days") == 0:
        found["credit_life_days"] = "Credits live for at least 1 day: give a number of days, or leave it empty."
    if not 1 <= numbers.get("note_chars", 1) <= NOTE_LONGEST:
        found["note_chars"] = f"LinkedIn takes notes of 1 to {NOTE_LONGEST} characters: give a number between them."
    for name, choices in (("renewal", RENEWALS), ("follow_up", FOLLOW_UPS), ("product", PRODUCTS)):
        if name in numbers and numbers[name] not in choices:
            found[name] = "Choose one of the list."
    sound = {name: value for name, value in numbers.items() if name not in found}
    if {"grant", "cap"} <= set(sound):
        _judge_cap(sound["grant"], sound["cap"], bool(numbers.get("inmail")), found)
    if {"invites_week", "invites_week_ceiling"} <= set(sound):
        week, ceiling = sound["invites_week"], sound["invites_week_ceiling"]
        if ceiling < week:
            found["invites_week_ceiling"] = (
                f"The most of {ceiling} is below the {week} that a sender starts with: "
                f"give at least {week}, or lower the invites a week."
            )
    return found


def _judge_cap(grant: int, cap: int, inmail: bool, found: dict[str, str]) -> None:
    if cap < grant:
        found["cap"] = f"The cap of {cap} is below the grant of {grant}: give at least {grant}, or lower the grant."
    elif inmail and cap == 0:
        found["cap"] = "InMail needs credits that can be kept: give a cap of at least 1, or take InMail off."


def say(name: str, value: Any) -> str:
    """One number as a person reads it: `$99.99`, `no limit`, `on the billing day`."""
    if name == "renewal":
        return RENEWALS[value]
    if name == "follow_up":
        return FOLLOW_UPS[value]
    if name == "product":
        return PRODUCTS.get(value, str(value))
    if name == "inmail":
        return "allowed" if value else "not allowed"
    if name == "credit_life_days":
        return "never, the cap clips them" if value is None else f"after {value} days"
    if name == "notes_month":
        return "no limit" if value is None else f"{value:,}"
    return _said(name, value)


def dollars(cents: int) -> str:
    """`$99`, `$99.99`, `$1,250`."""
    whole, rest = divmod(cents, 100)
    return f"${whole:,}" if not rest else f"${whole:,}.{rest:02d}"


def changes(was: Mapping[str, Any] | None, now: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The numbers that differ: label, what it was, what it is. All of them where there was nothing."""
    return [
        (LABELS[name], "" if was is None else say(name, was[name]), say(name, now[name]))
        for name in NUMBERS
        if name in now and (was is None or (name in was and was[name] != now[name]))
    ]


def _said(name: str, value: int) -> str:
    if name == "price_cents":
        return dollars(value)
    if name == "note_chars":
        return f"{value} characters"
    return f"{value:,}"
