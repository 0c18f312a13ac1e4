"""What an admin types about a plan's terms, read into numbers. Which numbers fit together is said by accounts/terms."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2b
from json import dumps
from typing import Any

from django import forms

from accounts import terms
from accounts.models import PlanTerms

_WHOLE = "Give a whole number, such as {}."
_MONEY = re.compile(r"\$?\s*([0-9]{1,3}(?:[ ,]?[0-9]{3})*|[0-9]+)(?:\.([0-9]{1,2}))?")
_LONGEST = 40


class WholeNumber(forms.CharField):
    """A whole number as people write it: `50`, `1,000`. Empty is None where it may be left out."""

    def __init__(self, example: int, **kwargs: Any) -> None:
        self.sentence = _WHOLE.format(example)
        super().__init__(error_messages={"required": self.sentence}, **kwargs)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        bare = re.sub(r"[ ,\u00a0\u202f](?=[0-9]{3}\b)", "", text)
        if len(bare) > 9 or not re.fullmatch(r"[+-]?[0-9]+", bare):
            raise forms.ValidationError(self.sentence)
        return int(bare)

    def validate(self, value: Any) -> None:
        if value is None and self.required:
            raise forms.ValidationError(self.sentence)


class Dollars(forms.CharField):
    """Dollars as people write them (`99`, `99.99`, `$1,250`), kept as cents."""

    sentence = "Give dollars, such as 99 or 99.99."

    def to_python(self, value: Any) -> Any:
        text = str(super().to_python(value) or "").strip()
        found = _MONEY.fullmatch(text) if len(text) <= _LONGEST else None
        if found is None or len(found[1]) > 12:
            raise forms.ValidationError(self.sentence)
        return int(Decimal(re.sub("[ ,]", "", found[1])) * 100 + Decimal((found[2] or "0").ljust(2, "0")))

    def validate(self, value: Any) -> None:
        """Read above."""


class Day(forms.CharField):
    """A day: `2026-12-01`, `1 December 2026` or `1 Dec 2026`."""

    def to_python(self, value: Any) -> Any:
        text = " ".join(str(super().to_python(value) or "").split())
        if not text:
            raise forms.ValidationError("Say from which day on, such as 2027-01-01.")
        for form in ("%Y-%m-%d", "%d %B %Y", "%d %b %Y"):
            try:
                return datetime.strptime(text, form).date()  # noqa: DTZ007  a day has no zone
            except ValueError:
                continue
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) or re.fullmatch(r"[0-9]{1,2} [A-Za-z]+ [0-9]{4}", text):
            raise forms.ValidationError(f"There is no day {text}: give one that exists, such as 2027-03-01.")
        raise forms.ValidationError("Give a day, such as 2027-01-01.")

    def validate(self, value: Any) -> None:
        """Read above."""


class TermsForm(forms.Form):
    """All numbers of a plan's terms and the day from which they hold."""

    valid_from = Day(required=False)
    grant = WholeNumber(50)
    cap = WholeNumber(150)
    renewal = forms.ChoiceField(choices=list(terms.RENEWALS.items()))
    credit_life_days = WholeNumber(90, required=False)
    product = forms.ChoiceField(choices=list(terms.PRODUCTS.items()))
    inmail = forms.BooleanField(required=False)
    follow_up = forms.ChoiceField(choices=list(terms.FOLLOW_UPS.items()))
    note_chars = WholeNumber(300)
    notes_month = WholeNumber(5, required=False)
    invites_week = WholeNumber(100)
    invites_week_ceiling = WholeNumber(200)
    open_month = WholeNumber(800)
    price_cents = Dollars(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("renewal", "product", "follow_up"):
            self.fields[name].error_messages = {  # a choice that no page offers
                "required": "Choose one of the list.",
                "invalid_choice": "Choose one of the list.",
            }

    @property
    def numbers(self) -> dict[str, Any]:
        """What was typed, as `accounts.terms` names it. Only once every field could be read."""
        return {name: self.cleaned_data[name] for name in terms.NUMBERS}

    def judge(self) -> bool:
        """Whether every field can be read and the numbers fit together; else each sentence stands at its field."""
        self.is_valid()
        read = {name: self.cleaned_data[name] for name in terms.NUMBERS if name in self.cleaned_data}
        for name, sentence in terms.problems(read).items():
            self.add_error(name, sentence)
        return not self.errors

    @property
    def first_wrong(self) -> str:
        """The field that the cursor should stand in, in the order of the page."""
        return next((name for name in ("valid_from", *_ORDER) if name in self.errors), "") if self.is_bound else ""


def filled_in(numbers: Mapping[str, Any], day: date) -> dict[str, Any]:
    """The form's first contents for these numbers."""
    return {
        **numbers,
        "valid_from": day.isoformat(),
        "price_cents": terms.dollars(numbers["price_cents"]).removeprefix("$"),
        **{name: "" if numbers[name] is None else numbers[name] for name in ("credit_life_days", "notes_month")},
    }


def numbers_of(row: PlanTerms) -> dict[str, Any]:
    return {name: getattr(row, name) for name in terms.NUMBERS}


def fingerprint(numbers: Mapping[str, Any], day: date, instead_of: date | None) -> str:
    """Names exactly these numbers on this day: what was shown before it is saved."""
    return blake2b(dumps([numbers, day, instead_of], default=str, sort_keys=True).encode(), digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True)
class Shown:
    """One field as the page shows it: its bound field, its name, what stands beside it, and what it was before."""

    field: Any
    label: str
    unit: str = ""
    hint: str = ""
    was: str = ""
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Group:
    legend: str
    fields: list[Shown]


_LAYOUT: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("InMail credits", ("grant", "cap", "renewal", "credit_life_days", "product", "inmail", "follow_up")),
    ("Invites and free channels", ("invites_week", "invites_week_ceiling", "note_chars", "notes_month", "open_month")),
    ("Price", ("price_cents",)),
)
_ORDER = [name for _, names in _LAYOUT for name in names]
_UNITS = {
    "grant": "credits",
    "cap": "credits",
    "credit_life_days": "days",
    "note_chars": "chars",
    "notes_month": "notes",
    "invites_week": "invites",
    "invites_week_ceiling": "invites",
    "open_month": "InMails",
    "price_cents": "USD",
}
_HINTS = {
    "credit_life_days": "Empty: they never expire, the cap clips them.",
    "notes_month": "Empty: no limit.",
    "invites_week": "What a sender starts with, in any 7 days.",
    "invites_week_ceiling": "The most that a sender’s owner may choose.",
    "open_month": "To Open Profiles, without a credit.",
}
_KINDS = {"renewal": "select", "product": "select", "follow_up": "select", "inmail": "check"}


def groups(form: TermsForm, was: Mapping[str, Any] | None) -> list[Group]:
    """The fields as the page shows them. `was`: the numbers that hold the day before."""
    return [Group(legend, list(_fields(form, names, was))) for legend, names in _LAYOUT]


def _fields(form: TermsForm, names: Iterable[str], was: Mapping[str, Any] | None) -> Iterable[Shown]:
    for name in names:
        before = ""
        read = form.cleaned_data.get(name, was and was[name]) if form.is_bound and was is not None else None
        if was is not None and form.is_bound and name not in form.errors and read != was[name]:
            before = terms.say(name, was[name])
        yield Shown(
            field=form[name],
            label=terms.LABELS[name],
            unit=_UNITS.get(name, ""),
            hint=_HINTS.get(name, ""),
            was=before,
            kind=_KINDS.get(name, "text"),
        )
