"""What the subjects of history are called and where they are shown: "campaign:12" → Dock delays Q4."""

from collections.abc import Callable, Iterable
from typing import Any

from django.urls import reverse

from accounts.history_lines import Named
from accounts.models import ApiKey, Connection, CreditBalance, Member, Plan, Sender
from campaigns.models import Allowance, Campaign, Enrollment, Thread, Touch
from outreach.engine.kinds import WORDS, Kind
from prospects.models import Audience, Import, Prospect


def names(member: Member, subjects: Iterable[str]) -> dict[str, Named]:
    """The names of these subjects, in one query for each kind that occurs. Those that are gone are left out."""
    wanted: dict[str, set[int]] = {}
    for subject in subjects:
        kind, _, pk = subject.partition(":")
        if pk.isdecimal() and kind in _ASKED:
            wanted.setdefault(kind, set()).add(int(pk))
    found: dict[str, Named] = {}
    for kind, ids in wanted.items():
        rows, name = _ASKED[kind]
        for row in rows().filter(workspace=member.workspace_id, pk__in=ids):
            found[f"{kind}:{row.pk}"] = name(row)
    return found


def _touch(touch: Touch) -> Named:
    said = WORDS[Kind(touch.kind)]
    kind = said if touch.kind in (Kind.INMAIL, Kind.WHATSAPP) else said[0].lower() + said[1:]
    article = "an" if kind[0] in "aeiouI" else "a"
    return Named(str(touch.prospect), f"{article} {kind} to", reverse("person", args=[touch.prospect_id]))


_ASKED: dict[str, tuple[Callable[[], Any], Callable[[Any], Named]]] = {
    "campaign": (lambda: Campaign.objects.all(), lambda row: Named(row.name, url=reverse("campaign", args=[row.pk]))),
    "sender": (lambda: Sender.objects.all(), lambda row: Named(row.name, url=reverse("sender", args=[row.pk]))),
    "plan": (lambda: Plan.objects.all(), lambda row: Named(row.name, url=reverse("tier", args=[row.pk]))),
    "prospect": (lambda: Prospect.objects.all(), lambda row: Named(str(row), url=reverse("person", args=[row.pk]))),
    "member": (lambda: Member.objects.select_related("user"), lambda row: Named(str(row.user), url=reverse("members"))),
    "import": (lambda: Import.objects.all(), lambda row: Named(row.name, url=reverse("import", args=[row.pk]))),
    "audience": (lambda: Audience.objects.all(), lambda row: Named(row.name)),
    "apikey": (lambda: ApiKey.objects.all(), lambda row: Named(row.name, url=reverse("keys"))),
    "connection": (lambda: Connection.objects.all(), lambda row: Named(row.vendor)),
    "touch": (lambda: Touch.objects.select_related("prospect"), _touch),
    "enrollment": (
        lambda: Enrollment.objects.select_related("prospect"),
        lambda row: Named(str(row.prospect), url=reverse("enrollment", args=[row.campaign_id, row.pk])),
    ),
    "thread": (
        lambda: Thread.objects.select_related("prospect"),
        lambda row: Named(str(row.prospect), url=reverse("thread", args=[row.pk])),
    ),
    "creditbalance": (
        lambda: CreditBalance.objects.select_related("sender"),
        lambda row: Named(row.sender.name, url=reverse("sender", args=[row.sender_id])),
    ),
    "allowance": (
        lambda: Allowance.objects.select_related("sender"),
        lambda row: Named(
            row.sender.name, f"the limits of {row.budget.replace('_', ' ')} of", reverse("sender", args=[row.sender_id])
        ),
    ),
}
