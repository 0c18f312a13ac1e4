"""Where everyone is and what holds them back: Today, a campaign's people, one person, touches in doubt."""

from typing import Any

from campaigns.models import Touch
from tests.cast import MONDAY, Tidewell, campaign, enroll, prospects
from tests.web.matrix import Statuses

_SEE: Statuses = (302, 200, 200, 200, 200, 404)
_ACT: Statuses = (302, 302, 302, 302, 403, 404)  # back to the page it came from
_NO_POST: Statuses = (302, 405, 405, 405, 405, 405)
_NO_GET: Statuses = (302, 405, 405, 405, 403, 405)

MATRIX: dict[tuple[str, str], Statuses] = {
    ("home", "get"): (302, 200, 200, 200, 200, 200),
    ("home", "post"): _NO_POST,
    ("campaign-people", "get"): _SEE,
    ("campaign-people", "post"): _NO_POST,
    ("enrollment", "get"): _SEE,
    ("enrollment", "post"): _NO_POST,
    ("enrollment-hold", "get"): _NO_GET,
    ("enrollment-hold", "post"): _ACT,
    ("enrollment-resume", "get"): _NO_GET,
    ("enrollment-resume", "post"): _ACT,
    ("enrollment-stop", "get"): _NO_GET,
    ("enrollment-stop", "post"): _ACT,
    ("enrollment-hand-over", "get"): _NO_GET,
    ("enrollment-hand-over", "post"): _ACT,
    ("enrollment-take", "get"): _NO_GET,
    ("enrollment-take", "post"): _ACT,
    ("uncertain", "get"): (302, 200, 200, 200, 200, 200),
    ("uncertain", "post"): _NO_POST,
    ("uncertain-sent", "get"): _NO_GET,
    ("uncertain-sent", "post"): _ACT,
    ("uncertain-not-sent", "get"): _NO_GET,
    ("uncertain-not-sent", "post"): _ACT,
}
PAGES = [
    ("home", "bob"),
    ("home", "vera"),
    ("campaign-people", "bob"),
    ("campaign-people", "vera"),
    ("enrollment", "mara"),
    ("uncertain", "bob"),
]


def ARGUMENTS(cast: Tidewell) -> dict[str, dict[str, Any]]:
    """A campaign of Bob's with two people; of one nobody knows whether the invite arrived."""
    into = campaign(cast.bob, "Autumn")
    waiting, doubtful = enroll(into, cast.senders["bob"], prospects(cast.workspace, 2))
    touch = Touch.objects.create(
        workspace=cast.workspace,
        enrollment=doubtful,
        prospect_id=doubtful.prospect_id,
        sender=cast.senders["bob"],
        kind="invite",
        step_key=1,
        state="uncertain",
        facts_version=1,
        planned_at=MONDAY,
        not_before=MONDAY,
        gate_at=MONDAY,
        settled_at=MONDAY,
        evidence={"doubt": "The provider did not answer within 60 s."},
        looks=3,
    )
    person = {"pk": into.pk, "person": waiting.pk}
    return {
        "campaign-people": {"pk": into.pk},
        **dict.fromkeys(("enrollment", "enrollment-hold", "enrollment-resume", "enrollment-stop"), person),
        **dict.fromkeys(("enrollment-hand-over", "enrollment-take"), person),
        "uncertain-sent": {"pk": touch.pk},
        "uncertain-not-sent": {"pk": touch.pk},
    }
