"""What if: the decision on facts that the address supposes, beside the one on the real ones. Nothing is written."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict

from accounts.models import Sender
from campaigns.running import what_if
from campaigns.running.what_if import Outcome, Supposed, Used
from campaigns.running.why import Case
from campaigns.views.moments import ahead, moment
from campaigns.views.people.considered import Considered, considered, small
from outreach.engine.causes import Cause
from outreach.engine.decisions import Send
from outreach.engine.kinds import NEVER, Degree
from outreach.engine.kinds import WORDS as KINDS

_SELECT = {"class": "select"}
DEGREES = {"1": "Connected", "2": "2nd degree", "3": "3rd degree", "out": "Out of network", "": "Not known"}
OPEN = {"yes": "Open Profile", "no": "No Open Profile", "": "Not known"}
_OPEN = {"yes": True, "no": False, "": None}
TIERS = {"1": "Tier 1", "2": "Tier 2", "3": "Tier 3"}
USED = {
    Used.AS_IT_IS: "As they are",
    Used.NOTHING: "Nothing used",
    Used.DAY: "The day's cap used up",
    Used.WEEK: "The week's cap used up",
    Used.MONTH: "The month's cap used up",
}
MOST_CREDITS = 10_000


class WhatIfForm(forms.Form):
    """The facts that may be supposed."""

    degree = forms.ChoiceField(
        label="Degree", choices=list(DEGREES.items()), required=False, widget=forms.Select(attrs=_SELECT)
    )
    open_profile = forms.ChoiceField(
        label="Open Profile", choices=list(OPEN.items()), required=False, widget=forms.Select(attrs=_SELECT)
    )
    tier = forms.ChoiceField(label="Tier", choices=list(TIERS.items()), widget=forms.Select(attrs=_SELECT))
    credits = forms.IntegerField(
        label="Credits left",
        min_value=0,
        max_value=MOST_CREDITS,
        widget=forms.NumberInput(attrs={"class": "input", "autocomplete": "off", "inputmode": "numeric"}),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), f"Give a whole number from 0 to {MOST_CREDITS:,}."
        ),
    )
    used = forms.ChoiceField(label="Caps", choices=list(USED.items()), widget=forms.Select(attrs=_SELECT))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField):
                field.error_messages |= dict.fromkeys(("required", "invalid_choice"), "Choose one of the list.")
        self.auto_id = "what-if-%s"

    @property
    def supposed(self) -> Supposed:
        """What a valid form supposes."""
        given = self.cleaned_data
        return Supposed(
            Degree(given["degree"]),
            _OPEN[given["open_profile"]],
            int(given["tier"]),
            given["credits"],
            Used(given["used"]),
        )


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The form, and what would be decided once something is supposed. `same`: nothing would be otherwise."""

    form: WhatIfForm
    sentence: str = ""
    why: str = ""
    considered: tuple[Considered, ...] = ()
    same: bool = False

    @property
    def asked(self) -> bool:
        return self.form.is_bound


def ask(given: QueryDict, case: Case, sender: Sender, now: datetime) -> WhatIf:
    """What the address supposes. What it does not name is as it is."""
    real = what_if.as_it_is(case)
    opened = {True: "yes", False: "no", None: ""}[real.open_profile]
    facts = {
        "degree": real.degree.value,
        "open_profile": opened,
        "tier": str(real.tier),
        "credits": str(max(real.credits, 0)),
    }
    facts["used"] = real.used.value
    named = {name: given[name] for name in facts if name in given}
    if not named:
        return WhatIf(WhatIfForm(initial=facts))
    form = WhatIfForm(facts | named)
    if not form.is_valid():
        return WhatIf(form)
    found = what_if.suppose(case, form.supposed, now)
    before = what_if.suppose(case, real, now)
    return WhatIf(
        form,
        _sentence(found, sender, now),
        found.decision.why,
        tuple(considered(found.decision)),
        (found.decision, found.cause, found.until) == (before.decision, before.cause, before.until),
    )


def _sentence(found: Outcome, sender: Sender, now: datetime) -> str:
    """`InMail: with the sender's next turn`, or what it would wait for and until when."""
    until = found.until if found.until is not None and now < found.until < NEVER else None
    when = f", until {moment(until, now, ZoneInfo(sender.zone))} ({ahead(until, now)})" if until else ""
    if not isinstance(found.decision, Send):
        return f"No touch: {small(found.words)}{when}"
    kind = KINDS[found.decision.kind]
    if found.cause is Cause.QUEUE:
        return f"{kind}, with the sender's next turn"
    return f"{kind}, but not now: {small(found.words)}{when}"
