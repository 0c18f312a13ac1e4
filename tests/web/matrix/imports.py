"""Files of prospects on their way in."""

from typing import Any

from django_scopes import scope

from prospects.imports import uploads, work
from prospects.imports.uploads import receive
from prospects.models import Import
from tests.cast import MONDAY, Tidewell
from tests.prospects.written import SLUG, csv_of
from tests.web.matrix import Statuses

MATRIX: dict[tuple[str, str], Statuses] = {
    ("imports", "get"): (302, 200, 200, 200, 403, 200),
    ("imports", "post"): (302, 405, 405, 405, 403, 405),
    ("import-new", "get"): (302, 200, 200, 200, 403, 200),
    ("import-new", "post"): (302, 422, 422, 422, 403, 422),
    ("import-sample", "get"): (302, 200, 200, 200, 403, 200),
    ("import-sample", "post"): (302, 405, 405, 405, 403, 405),
    ("import", "get"): (302, 200, 200, 200, 403, 404),
    ("import", "post"): (302, 405, 405, 405, 403, 405),
    ("import-rows", "get"): (302, 200, 200, 200, 403, 404),
    ("import-rows", "post"): (302, 405, 405, 405, 403, 405),
    ("import-sender", "get"): (302, 405, 405, 405, 403, 405),
    ("import-sender", "post"): (302, 422, 422, 422, 403, 404),
    ("import-columns", "get"): (302, 405, 405, 405, 403, 405),
    ("import-columns", "post"): (302, 422, 422, 422, 403, 404),
    ("import-cells", "get"): (302, 405, 405, 405, 403, 405),
    ("import-cells", "post"): (302, 422, 422, 422, 403, 404),
    ("import-apply", "get"): (302, 405, 405, 405, 403, 405),
    ("import-apply", "post"): (302, 302, 302, 302, 403, 404),
    ("import-cancel", "get"): (302, 405, 405, 405, 403, 405),
    ("import-cancel", "post"): (302, 302, 302, 302, 403, 404),
    ("import-undo", "get"): (302, 405, 405, 405, 403, 405),
    ("import-undo", "post"): (302, 422, 422, 422, 403, 404),
}
PAGES = [("import-new", "bob"), ("import", "bob"), ("imports", "bob"), ("imports", "charlie")]

FILE = csv_of(
    *({"URL": f"{SLUG}fair-{n}", "Title": "Head of Logistics", "Company": "Halden Foods"} for n in range(40)),
    {"URL": f"{SLUG}fair-1"},
    {"URL": "linkedin.com/pub/9/21b"},
    {"First Name": "", "Last Name": "", "URL": f"{SLUG}nobody"},
)


def checked(cast: Tidewell, file: bytes = FILE, name: str = "hanover-fair-visitors.csv") -> Import:
    """A file that Bob handed in and a worker checked."""
    with scope(workspace=cast.workspace):
        upload = receive([file], by=cast.bob, name=name, audience="Hanover fair", now=MONDAY)
        work.work(upload.pk, clock=lambda: MONDAY)
        upload.refresh_from_db()
        return upload


def applied(cast: Tidewell, file: bytes = FILE, name: str = "hanover-fair-visitors.csv") -> Import:
    """A file whose people are here."""
    upload = checked(cast, file, name)
    with scope(workspace=cast.workspace):
        uploads.start(upload, by=cast.bob, now=MONDAY)
        work.work(upload.pk, clock=lambda: MONDAY)
        upload.refresh_from_db()
        return upload


def ARGUMENTS(cast: Tidewell) -> dict[str, dict[str, Any]]:
    pk = {"pk": checked(cast).pk}
    acts = ("import", "import-rows", "import-sender", "import-columns", "import-cells", "import-apply")
    return {
        "import-sample": {"name": "connections.csv"},
        **dict.fromkeys((*acts, "import-cancel", "import-undo"), pk),
    }
