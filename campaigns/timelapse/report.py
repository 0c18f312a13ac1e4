"""What a time-lapse shows: touches, credits, allowances, duplicates, breaches, and how long it took."""

from typing import Any

from campaigns.proof import usage, verify
from campaigns.proof.breach import Report
from campaigns.running.database import rows


def touches() -> dict[str, dict[str, int]]:
    """Per kind: planned, sent, accepted, replied, uncertain. Counts are of confirmed things; planned is every
    attempt."""
    return {
        found["kind"]: {name: found[name] for name in ("planned", "sent", "accepted", "replied", "uncertain")}
        for found in rows(
            "SELECT kind, count(*) FILTER (WHERE state <> 'skipped') AS planned, count(*) FILTER (WHERE state = "
            "'sent') AS sent, "
            "count(*) FILTER (WHERE response = 'accepted') AS accepted, count(*) FILTER (WHERE response = "
            "'reply') AS replied, "
            "count(*) FILTER (WHERE state = 'uncertain') AS uncertain FROM campaigns_touch GROUP BY kind ORDER BY kind"
        )
    }


def credits() -> dict[str, int]:
    """Credits moved, over all senders."""
    moved = {
        (found["debit"], found["credit"]): int(found["amount"])
        for found in rows("SELECT debit, credit, sum(amount) AS amount FROM accounts_credittransfer GROUP BY 1, 2")
    }

    def total(**ends: str) -> int:
        return sum(
            amount
            for (debit, credit), amount in moved.items()
            if ends.get("debit", debit) == debit and ends.get("credit", credit) == credit
        )

    return {
        "granted": total(debit="grant"),
        "spent": total(credit="spent"),
        "returned": total(debit="returned"),
        "clipped": total(credit="clipped"),
    }


def compose(
    record: list[dict[str, Any]], *, seed: int, days: int, people: int, seconds: float, killed: int | None = None
) -> dict[str, Any]:
    """The whole report. Everything but `seconds` and `touches_per_s` is the same for the same seed. `disagreements`:
    touches of which the provider's record says otherwise than our rows."""
    proof: Report = verify(record=record)
    kinds = touches()
    sent = sum(kind["sent"] for kind in kinds.values())
    return {
        "seed": seed,
        "days": days,
        "people": people,
        **({} if killed is None else {"workers_killed": killed}),
        "touches": kinds,
        "credits": credits(),
        "allowances": usage(),
        "enrollments": {
            found["state"]: found["n"]
            for found in rows("SELECT state, count(*) AS n FROM campaigns_enrollment GROUP BY state ORDER BY state")
        },
        "duplicates": proof.count("duplicates"),
        "breaches": proof.count("windows"),
        "disagreements": proof.count("record"),
        "verify": 0 if proof.ok else 1,
        "problems": proof.sentences(),
        "seconds": round(seconds, 1),
        "touches_per_s": round(sent / seconds, 1) if seconds else 0.0,
    }


def words(found: dict[str, Any]) -> str:
    """The report for a person."""
    lines = [f"{found['people']} people, {found['days']} days, seed {found['seed']}: {found['seconds']} s"]
    lines += [
        f"  {kind:12} planned {n['planned']:6,}  sent {n['sent']:6,}  accepted {n['accepted']:5,}  replied "
        f"{n['replied']:5,}  uncertain {n['uncertain']:3,}"
        for kind, n in found["touches"].items()
    ]
    lines.append("  credits      " + ", ".join(f"{name} {n:,}" for name, n in found["credits"].items()))
    lines.append("  enrollments  " + ", ".join(f"{name} {n:,}" for name, n in found["enrollments"].items()))
    lines.append(f"  duplicates {found['duplicates']}, cap breaches {found['breaches']}, verify {found['verify']}")
    lines += [f"  ! {sentence}" for sentence in found["problems"]]
    return "\n".join(lines)
