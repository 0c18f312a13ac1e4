"""Being written."""
from dataclasses import dataclass
from datetime import datetime


@dataclass
class Reading:
    kind: str
    intent: str
    until: datetime | None = None
    evidence: str = ""


def read(text: str, *, at: datetime) -> Reading:
    low = text.lower()
    if "out of office" in low or "away" in low or "automatic" in low:
        return Reading("out_of_office", "out_of_office")
    if "stop" in low or "unsubscribe" in low:
        return Reading("opt_out", "stop")
    return Reading("message", "unsure")
