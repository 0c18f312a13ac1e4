"""Coming, going, and who belongs here."""

from datetime import timedelta
from typing import Any

from django_scopes import scope

from accounts import invitations, people, verification
from accounts.models import User
from tests.cast import MONDAY, Tidewell
from tests.web.matrix import Statuses

OPEN: Statuses = (200, 200, 200, 200, 200, 200)
READ_BY_MANAGERS: Statuses = (302, 200, 200, 403, 403, 200)
NO_POST: Statuses = (302, 405, 405, 405, 405, 405)
NO_GET: Statuses = (405, 405, 405, 405, 405, 405)
GOVERNED: Statuses = (302, 302, 403, 403, 403, 404)

MATRIX: dict[tuple[str, str], Statuses] = {
    ("sign-in", "get"): OPEN,
    ("sign-in", "post"): OPEN,  # an empty form comes back
    ("sign-out", "get"): NO_GET,
    ("sign-out", "post"): (302, 302, 302, 302, 302, 302),
    ("sign-up", "get"): (200, 302, 302, 302, 302, 302),
    ("sign-up", "post"): (422, 302, 302, 302, 302, 302),
    ("verify-again", "get"): NO_GET,
    ("verify-again", "post"): (302, 302, 302, 302, 302, 302),
    ("verify", "get"): OPEN,  # who has the link has the mailbox
    ("verify", "post"): (200, 302, 302, 302, 302, 302),
    ("reset", "get"): OPEN,
    ("reset", "post"): (422, 422, 422, 422, 422, 422),
    ("reset-done", "get"): OPEN,
    ("reset-done", "post"): NO_GET,
    ("reset-choose", "get"): OPEN,  # who has the link has the mailbox
    ("reset-choose", "post"): (422, 422, 422, 422, 422, 422),
    ("account", "get"): (302, 200, 200, 200, 200, 200),
    ("account", "post"): (302, 422, 422, 422, 422, 422),
    ("account-password", "get"): NO_GET,
    ("account-password", "post"): (302, 422, 422, 422, 422, 422),
    ("account-address", "get"): NO_GET,
    ("account-address", "post"): (302, 422, 422, 422, 422, 422),
    ("sessions", "get"): (302, 200, 200, 200, 200, 200),
    ("sessions", "post"): NO_GET,
    ("sessions-end", "get"): NO_GET,
    ("sessions-end", "post"): (302, 302, 302, 302, 302, 302),
    ("session-end", "get"): NO_GET,
    ("session-end", "post"): (302, 404, 404, 404, 404, 404),  # nobody's session
    ("invitation", "get"): (200, 410, 410, 410, 410, 410),  # it is for another address
    ("invitation", "post"): (422, 410, 410, 410, 410, 410),
    ("workspace-choose", "get"): NO_GET,
    ("workspace-choose", "post"): (302, 404, 404, 404, 404, 404),
    ("workspace-new", "get"): (302, 200, 200, 200, 200, 200),
    ("workspace-new", "post"): (302, 422, 422, 422, 422, 422),
    ("workspace-leave", "get"): NO_GET,
    ("workspace-leave", "post"): (302, 302, 302, 302, 302, 302),
    ("settings", "get"): (302, 302, 302, 302, 302, 302),
    ("settings", "post"): NO_GET,
    ("workspace", "get"): READ_BY_MANAGERS,
    ("workspace", "post"): (302, 422, 403, 403, 403, 422),
    ("members", "get"): READ_BY_MANAGERS,
    ("members", "post"): NO_GET,
    ("member-role", "get"): NO_GET,
    ("member-role", "post"): (302, 302, 403, 403, 403, 302),  # no such role: a sentence, before anybody is looked up
    ("member-remove", "get"): NO_GET,
    ("member-remove", "post"): GOVERNED,
    ("member-restore", "get"): NO_GET,
    ("member-restore", "post"): GOVERNED,
    ("invite", "get"): NO_GET,
    ("invite", "post"): (302, 422, 403, 403, 403, 422),
    ("invite-again", "get"): NO_GET,
    ("invite-again", "post"): GOVERNED,
    ("invite-revoke", "get"): NO_GET,
    ("invite-revoke", "post"): GOVERNED,
    ("mail", "get"): OPEN,  # on a development machine only
    ("mail", "post"): NO_GET,
    ("letter", "get"): (404, 404, 404, 404, 404, 404),
    ("letter", "post"): NO_GET,
}
PAGES = [
    ("sign-in", "anonymous"),
    ("sign-up", "anonymous"),
    ("reset", "anonymous"),
    ("reset-done", "anonymous"),
    ("reset-choose", "anonymous"),
    ("invitation", "anonymous"),
    ("verify", "anonymous"),
    ("account", "bob"),
    ("sessions", "bob"),
    ("workspace-new", "vera"),
    ("workspace", "alice"),
    ("workspace", "mara"),
    ("members", "alice"),
    ("members", "mara"),
    ("mail", "anonymous"),
]


def ARGUMENTS(cast: Tidewell) -> dict[str, dict[str, Any]]:
    with scope(workspace=cast.workspace):
        _, token = invitations.invite("ada@example.com", "sdr", by=cast.alice, now=MONDAY)
        other, _ = invitations.invite("eve@example.com", "viewer", by=cast.alice, now=MONDAY + timedelta(minutes=1))
    nora = User.objects.create_user("nora@example.com", name="Nora Lind", verified=False)
    reset = people.reset_token(cast.priya.user.email)  # whoever signs in kills the link
    assert reset is not None
    return {
        "verify": {"key": verification.key_of(nora)},
        "reset-choose": {"person": reset[1], "token": reset[2]},
        "session-end": {"pk": 1},
        "invitation": {"token": token},
        "member-role": {"pk": cast.priya.pk},
        "member-remove": {"pk": cast.priya.pk},
        "member-restore": {"pk": cast.priya.pk},
        "invite-again": {"pk": other.pk},
        "invite-revoke": {"pk": other.pk},
        "letter": {"name": "00000000000000000000-00000000"},
    }
