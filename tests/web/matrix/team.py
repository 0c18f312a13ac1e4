"""The Team page: everybody who may see may see it, the rows behind its numbers, and both as files."""

from tests.web.matrix import Statuses

MATRIX: dict[tuple[str, str], Statuses] = {
    ("team", "get"): (302, 200, 200, 200, 200, 200),
    ("team", "post"): (302, 405, 405, 405, 405, 405),
    ("team-file", "get"): (302, 200, 200, 200, 200, 200),
    ("team-file", "post"): (302, 405, 405, 405, 405, 405),
    ("team-rows", "get"): (302, 200, 200, 200, 200, 200),
    ("team-rows", "post"): (302, 405, 405, 405, 405, 405),
    ("team-rows-file", "get"): (302, 200, 200, 200, 200, 200),
    ("team-rows-file", "post"): (302, 405, 405, 405, 405, 405),
}
PAGES = [("team", "mara"), ("team-rows", "vera")]
