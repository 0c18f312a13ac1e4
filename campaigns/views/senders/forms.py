"""Forms about senders: what people type, as the verbs want it. What may be is for the verbs to say."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, cast
from zoneinfo import available_timezones

from django import forms

from accounts import public_holidays
from accounts.models import Member, Plan, Sender
from campaigns.building.seats import OFFICE
from outreach.engine.windows import DAYS, parse_hours

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_DAYS_OFF = 400

PRACTICE, GUIDED, UNIPILE = "simulator", "guided", "unipile"

_BETWEEN = re.compile(r"\s*(?:-|–|—|\bto\b|\bbis\b)\s*")
_LIST = re.compile(r"\s*(?:,|;|\band\b)\s*")
_CLOCK = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?")


def zones() -> list[str]:
    """The time zones to choose from: places, as people know them."""
    places = (name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    return ["UTC", *sorted(places)]


def written(hours: dict[str, Any]) -> dict[str, str]:
    """Working hours as the form shows them: `09:00 to 12:00, 13:00 to 17:30` by day."""
    return {day: ", ".join(f"{start} to {end}" for start, end in hours.get(day, [])) for day in DAYS}


class DayField(forms.CharField):
    """The working hours of one day: nothing, or intervals such as `9-17:30` or `09:00 to 12:00, 13:00 to 17:30`."""

    def __init__(self, day: str, name: str) -> None:
        super().__init__(label=name, required=False, max_length=80, widget=forms.TextInput(attrs=_INPUT))
        self.day = day

    def clean(self, value: Any) -> list[list[str]]:
        text = super().clean(value)
        if not text:
            return []
        intervals = []
        for part in _LIST.split(text.strip()):
            ends = _BETWEEN.split(part)
            if len(ends) != 2:
                raise forms.ValidationError("Write it as 09:00 to 17:30, with a comma before a second interval.")
            intervals.append([_clock(end) for end in ends])
        try:
            parse_hours({self.day: intervals}, zone="UTC")
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None
        return intervals


def _clock(text: str) -> str:
    """`9`, `9:00` and `9.00` as 09:00; anything else as it was typed, to be refused by name."""
    found = _CLOCK.fullmatch(text.strip())
    return f"{int(found[1]):02d}:{found[2] or '00'}" if found else text.strip()


class DaysOffField(forms.CharField):
    """Days off, one in a line: `2026-12-24`, or `2026-12-24 to 2027-01-01`."""

    def clean(self, value: Any) -> list[date]:
        days: set[date] = set()
        for part in filter(None, re.split(r"[\n,;]+", super().clean(value))):
            days.update(_days(part.strip()))
            if len(days) > MOST_DAYS_OFF:
                raise forms.ValidationError(f"At most {MOST_DAYS_OFF} days off; pause the sender instead.")
        return sorted(days)


def _days(text: str) -> Iterator[date]:
    if not text:
        return
    ends = re.split(r"\s+to\s+", text)
    try:
        first, last = date.fromisoformat(ends[0].strip()), date.fromisoformat(ends[-1].strip())
    except ValueError:
        raise forms.ValidationError(
            f"“{text[:40]}” is no date: write it as 2026-12-24, or 2026-12-24 to 2027-01-01."
        ) from None
    if len(ends) > 2 or not timedelta() <= last - first <= timedelta(days=MOST_DAYS_OFF):
        raise forms.ValidationError(f"“{text[:40]}” must end after it starts, within {MOST_DAYS_OFF} days.")
    while first <= last:
        yield first
        first += timedelta(days=1)


_INPUT = {"class": "input", "autocomplete": "off"}
_SELECT = {"class": "select"}


class SenderForm(forms.Form):
    """Name, place and working hours of a sender."""

    name = forms.CharField(label="Name", max_length=500, widget=forms.TextInput(attrs=_INPUT))
    zone = forms.ChoiceField(
        label="Time zone", widget=forms.Select(attrs=_SELECT), help_text="Working hours and days off are on this clock."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = cast(forms.ChoiceField, self.fields["zone"])
        choice.choices = [(zone, zone.replace("_", " ")) for zone in zones()]
        self.fields["name"].error_messages["required"] = "Give the sender a name, for example that of its person."
        for day, name in zip(DAYS, DAY_NAMES, strict=True):
            self.fields[day] = DayField(day, name)

    @property
    def week(self) -> list[Any]:
        return [self[day] for day in DAYS]

    @property
    def week_has_errors(self) -> bool:
        return any(day in self.errors for day in DAYS)

    @property
    def hours(self) -> dict[str, list[list[str]]]:
        """The working hours of a valid form, as the engine reads them."""
        return {day: self.cleaned_data[day] for day in DAYS if self.cleaned_data[day]}


class NewSenderForm(SenderForm):
    """A sender to be added, and how it acts."""

    connector = forms.ChoiceField(label="How it acts", widget=forms.RadioSelect)
    owner: Any = forms.ModelChoiceField(
        Member.objects.none(), label="Owner", required=False, empty_label=None, widget=forms.Select(attrs=_SELECT)
    )
    plan: Any = forms.ModelChoiceField(
        Plan.objects.none(),
        label="Subscription tier",
        to_field_name="code",
        empty_label=None,
        widget=forms.Select(attrs=_SELECT),
        help_text="What this seat pays LinkedIn for: it sets credits, notes and limits.",
    )
    connection = forms.TypedChoiceField(
        label="Connection", required=False, coerce=int, empty_value=None, widget=forms.Select(attrs=_SELECT)
    )
    account = forms.CharField(
        label="Account id at Unipile",
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs=_INPUT),
        help_text="From Unipile's dashboard, under Accounts.",
    )
    consent = forms.BooleanField(
        label="I have read this and accept the risk for this sender. My name and the time are kept on record.",
        required=False,
    )

    @classmethod
    def start(cls, member: Member, ways: list[str], zone: str, name: str) -> dict[str, Any]:
        """What stands in the form before anybody types, so that a practice sender is one press away."""
        plan = "sales-navigator-core" if ways[:1] == [PRACTICE] else "free"
        return {
            "name": name,
            "owner": member.pk,
            "plan": plan,
            "zone": zone,
            "connector": next(iter(ways), GUIDED),
            **written(OFFICE),
        }


class EditSenderForm(SenderForm):
    """What the owner of a sender may change."""

    days_off = DaysOffField(
        label="Days off",
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 3, "autocomplete": "off"}),
        help_text="One in a line: 2026-12-24, or 2026-12-24 to 2027-01-01.",
    )
    holidays_of = forms.ChoiceField(
        label="Public holidays of",
        required=False,
        widget=forms.Select(attrs=_SELECT),
        help_text="They are days off, on the sender's own clock.",
    )
    region = forms.CharField(
        label="Region",
        required=False,
        max_length=80,
        widget=forms.TextInput(attrs=_INPUT),
        help_text="Where a country's regions differ, for example BY or Bayern. Empty: the whole country's.",
    )
    their_hours = forms.BooleanField(
        label="Also wait for the prospect's working hours, where their place is known", required=False
    )
    invites_week = forms.IntegerField(
        label="Invites a week",
        required=False,
        widget=forms.NumberInput(attrs={"class": "input", "inputmode": "numeric"}),
        help_text="Empty: as the plan says.",
    )
    spread = forms.BooleanField(label="Spread acts over the working day", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = cast(forms.ChoiceField, self.fields["holidays_of"])
        choice.choices = [("", "None"), *public_holidays.countries()]
        self.place = ""

    def clean(self) -> None:
        given = self.cleaned_data
        try:
            self.place = public_holidays.place(given.get("holidays_of", ""), given.get("region", ""))
        except public_holidays.UnknownPlace as unknown:
            self.add_error("region", str(unknown))

    @classmethod
    def start(cls, sender: Sender) -> dict[str, Any]:
        country, _, region = sender.holidays_of.partition("-")
        return {
            "name": sender.name,
            "zone": sender.zone,
            "days_off": "\n".join(sender.own_days_off),
            "holidays_of": country,
            "region": region,
            "their_hours": sender.their_hours,
            "invites_week": sender.week_override,
            "spread": sender.spread,
            **written(sender.hours),
        }
