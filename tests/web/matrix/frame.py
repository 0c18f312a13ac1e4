"""What is there before any area: health, crawlers, webhooks, the palette."""

from typing import Any

from tests.cast import Tidewell, connection
from tests.web.matrix import Statuses

MATRIX: dict[tuple[str, str], Statuses] = {
    ("demo", "get"): (404, 404, 404, 404, 404, 404),  # only where this is a demo
    ("demo", "post"): (405, 405, 405, 405, 405, 405),
    ("palette", "get"): (302, 200, 200, 200, 200, 200),
    ("palette", "post"): (302, 405, 405, 405, 405, 405),
    ("steps-away", "get"): (302, 405, 405, 405, 405, 405),
    ("steps-away", "post"): (302, 302, 302, 302, 302, 302),
    ("steps-back", "get"): (302, 405, 405, 405, 405, 405),
    ("steps-back", "post"): (302, 302, 302, 302, 302, 302),
    ("samples-load", "get"): (302, 405, 405, 405, 403, 405),
    ("samples-load", "post"): (302, 302, 302, 302, 403, 302),
    ("samples-remove", "get"): (302, 405, 405, 405, 403, 405),
    ("samples-remove", "post"): (302, 302, 302, 302, 403, 302),
    ("health-live", "get"): (200, 200, 200, 200, 200, 200),
    ("health-live", "post"): (405, 405, 405, 405, 405, 405),
    ("health-ready", "get"): (200, 200, 200, 200, 200, 200),
    ("health-ready", "post"): (405, 405, 405, 405, 405, 405),
    ("robots", "get"): (200, 200, 200, 200, 200, 200),
    ("robots", "post"): (405, 405, 405, 405, 405, 405),
    ("hook-unipile", "get"): (405, 405, 405, 405, 405, 405),
    ("hook-unipile", "post"): (401, 401, 401, 401, 401, 401),  # the secret in its header decides, nobody's session
    ("favicon", "get"): (301, 301, 301, 301, 301, 301),
    ("favicon", "post"): (405, 405, 405, 405, 405, 405),
}
PAGES = [("palette", "bob")]


def ARGUMENTS(cast: Tidewell) -> dict[str, dict[str, Any]]:
    connection(cast.workspace)
    return {"hook-unipile": {"hook": "tidewell-hook"}}
