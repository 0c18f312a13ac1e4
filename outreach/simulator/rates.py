"""How likely people are to do what, and how long they take. The control plane may override any value.

The defaults are the field's: invites with a note are accepted by 20 to 45 of a hundred, blank ones by 10 to 15; of
those connected, 30 to 50 answer a first message; 10 to 25 answer a targeted InMail, fewer a free one. A pair of numbers
is the range over which people's own inclination is spread; the mean of the pair is what a large number of people does.
"""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

Range = tuple[float, float]


def _usual_replies() -> dict[str, float]:
    return {
        "interested": 0.27,
        "question": 0.18,
        "not_now": 0.18,
        "not_interested": 0.20,
        "out_of_office": 0.12,
        "stop": 0.05,
    }


@dataclass(slots=True)
class Rates:
    """Shares are from 0 to 1, waits in hours."""

    first_degree: float = 0.10
    second_degree: float = 0.55
    third_degree: float = 0.30
    open_profile: float = 0.15
    inmail_off: float = 0.07
    needs_email: float = 0.01
    premium: float = 0.20

    accept_note: Range = (0.20, 0.45)
    accept_blank: Range = (0.10, 0.15)
    decline: float = 0.08
    undelivered_when_thin: float = 0.25
    note_reply: float = 0.05
    dm_reply: Range = (0.30, 0.50)
    inmail_reply_senior: Range = (0.10, 0.25)
    inmail_reply: Range = (0.04, 0.12)
    open_inmail_reply: Range = (0.05, 0.15)
    follow_up: float = 0.35
    inmail_silent_accept: float = 0.02
    inmail_silent_decline: float = 0.02
    replies: dict[str, float] = field(default_factory=_usual_replies)

    accept_hours: float = 30.0
    accept_hours_most: float = 480.0
    reply_hours: float = 20.0
    reply_hours_most: float = 240.0
    relation_webhook_hours: float = 8.0

    def as_dict(self) -> dict[str, Any]:
        """All values by name, ranges as lists."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}


def read_rates(given: dict[str, Any]) -> Rates:
    """The usual rates with the given ones in their place. Raises ValueError naming what is wrong."""
    rates = Rates()
    known = {f.name for f in fields(Rates)}
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"There is no rate {name!r}; the rates are {', '.join(sorted(known))}.")
        usual = getattr(rates, name)
        if isinstance(usual, dict):
            if not isinstance(value, dict) or set(value) - set(usual) or not sum(value.values()):
                raise ValueError(f"{name!r} is an object of weights for {', '.join(usual)}.")
            setattr(rates, name, {kind: float(value.get(kind, 0)) for kind in usual})
        elif isinstance(usual, tuple):
            low, high = value if isinstance(value, list | tuple) else (value, value)
            setattr(rates, name, (float(low), float(high)))
        else:
            setattr(rates, name, float(value))
    return rates
