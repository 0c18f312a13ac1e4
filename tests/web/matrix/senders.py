"""Senders, their plans and their credits. Priya's sender is not Bob's; Bob's is."""

from typing import Any

from tests.cast import Tidewell, credits
from tests.web.matrix import Statuses

MATRIX: dict[tuple[str, str], Statuses] = {
    ("seat", "get"): (302, 200, 200, 200, 204, 204),  # Vera and Charlie own no sender
    ("seat", "post"): (302, 405, 405, 405, 405, 405),
    ("senders", "get"): (302, 200, 200, 200, 200, 200),
    ("senders", "post"): (302, 405, 405, 405, 405, 405),
    ("sender-new", "get"): (302, 200, 200, 200, 403, 200),
    ("sender-new", "post"): (302, 422, 422, 422, 403, 422),
    ("sender", "get"): (302, 200, 200, 200, 200, 404),
    ("sender", "post"): (302, 405, 405, 405, 405, 405),
    ("sender-edit", "get"): (302, 200, 200, 200, 403, 404),
    ("sender-edit", "post"): (302, 422, 422, 422, 403, 404),
    ("sender-plan", "get"): (302, 200, 200, 403, 403, 404),
    ("sender-plan", "post"): (302, 422, 403, 403, 403, 404),
    ("sender-pause", "get"): (302, 405, 405, 405, 403, 405),
    ("sender-pause", "post"): (302, 302, 302, 302, 403, 404),
    ("sender-resume", "get"): (302, 405, 405, 405, 403, 405),
    ("sender-resume", "post"): (302, 302, 302, 302, 403, 404),
    ("sender-held", "get"): (302, 405, 405, 403, 403, 405),
    ("sender-held", "post"): (302, 404, 404, 403, 403, 404),  # no balance is named
    ("statement", "get"): (302, 200, 200, 200, 200, 404),
    ("statement", "post"): (302, 405, 405, 405, 405, 405),
    ("statement-file", "get"): (302, 200, 200, 200, 200, 404),
    ("statement-file", "post"): (302, 405, 405, 405, 405, 405),
    ("statement-look", "get"): (302, 405, 405, 403, 403, 405),
    ("statement-look", "post"): (302, 302, 302, 403, 403, 404),
    ("statement-adjust", "get"): (302, 405, 405, 403, 403, 405),
    ("statement-adjust", "post"): (302, 422, 422, 403, 403, 404),
}
PAGES = [
    ("senders", "bob"),
    ("sender", "bob"),
    ("sender-edit", "bob"),
    ("sender-plan", "alice"),
    ("sender-new", "alice"),
]
PAGES += [("statement", "mara"), ("sender", "vera")]

OF_ONE = {name for name, _ in MATRIX} - {"seat", "senders", "sender-new"}


def ARGUMENTS(cast: Tidewell) -> dict[str, dict[str, Any]]:
    bob = cast.senders["bob"]
    credits(bob, 12, reserved=1, held=3, cap=45)
    return {name: {"pk": bob.pk} for name in OF_ONE}
