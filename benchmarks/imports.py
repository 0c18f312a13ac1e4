"""Rows per second of an import, beside COPY and one deduplicating INSERT, and beside the ORM's get_or_create.

Ours: `prospects.imports.apply` on a generated Sales Navigator export: recognised, read, cleaned, titles judged,
duplicates found in the file and in the workspace, companies and people written, problems kept. 5% of the rows are
duplicates. Bound: the fields that the product would store, already clean, by COPY into a temporary table and from there
in one statement into companies and prospects, in one transaction. Peer: get_or_create row by row, on fewer rows.
`errors`: people that are not there, or are there twice, afterwards.
"""

import csv
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django_scopes import scope

from benchmarks import worlds
from benchmarks.line import Line, compare
from benchmarks.timing import rate
from benchmarks.worlds import START
from prospects import imports
from prospects.models import Company, Prospect

SIZES = {"XS": (1, 100), "S": (5, 2_000), "L": (5, 100_000)}
"""Rounds, rows in each."""
TWICE = 20
"""Every so-manieth row is a duplicate of the one before."""
PEERS = 200
HEADERS = ["profileUrl", "fullName", "firstName", "lastName", "companyName", "title", "connectionDegree", "isOpenLink"]


def run(size: str) -> Iterator[Line]:
    rounds, count = SIZES[size]
    world = worlds.found(0)
    worlds.settle()
    workspace = world.workspace.pk
    ours, bound, peer = [], [], []
    with tempfile.TemporaryDirectory() as folder, scope(workspace=world.workspace):
        for turn in range(rounds + 1):
            path = Path(folder) / f"people-{turn}.csv"
            path.write_bytes(_file([_person(turn, n, "ours") for n in _numbers(count)]))
            ours.append(rate(lambda: _import(path, world)))  # noqa: B023
            clean = [_person(turn, n, "bound") for n in _numbers(count)]
            bound.append(rate(lambda: _copy(workspace, clean)))  # noqa: B023
            few = [_person(turn, n, "peer") for n in _numbers(min(PEERS, count))]
            peer.append(rate(lambda: _orm(workspace, few)))  # noqa: B023
        wanted = (rounds + 1) * (2 * len(set(_numbers(count))) + len(set(_numbers(min(PEERS, count)))))
        errors = abs(Prospect.objects.count() - wanted)
    yield compare(
        "imports",
        f"rows taken, {count:,} a file",
        "rows/s",
        ours=ours[1:],
        bound=bound[1:],
        peer=peer[1:],
        errors=errors,
    )


def _numbers(count: int) -> list[int]:
    return [n - 1 if n % TWICE == 1 and n > 1 else n for n in range(count)]


def _person(turn: int, n: int, label: str) -> dict[str, str]:
    return {
        "slug": f"{label}-{turn}-{n}",
        "first_name": "Ada",
        "last_name": f"Number {n}",
        "company": f"Company {turn} {n % 500}",
        "title": ("Head of Sales", "Chief Executive Officer", "Account Manager")[n % 3],
    }


def _file(people: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADERS)
    for one in people:
        writer.writerow(
            [
                f"https://www.linkedin.com/in/{one['slug']}/",
                f"{one['first_name']} {one['last_name']}",
                one["first_name"],
                one["last_name"],
                one["company"],
                one["title"],
                "2nd",
                "false",
            ]
        )
    return out.getvalue().encode()


def _import(path: Path, world: worlds.World) -> int:
    taken = imports.apply(path, by=world.bob, name=path.name, now=START)
    return int(taken.new + taken.duplicates)


def _copy(workspace: int, people: list[dict[str, str]]) -> int:
    with worlds.bare() as database, database.transaction():
        database.execute(
            "CREATE TEMP TABLE rows (n serial, slug text, first_name text, last_name text, company text, title text)"
        )
        with database.cursor().copy("COPY rows (slug, first_name, last_name, company, title) FROM STDIN") as copy:
            for one in people:
                copy.write_row(tuple(one.values()))
        database.execute(
            "INSERT INTO prospects_company (workspace_id, name, domain) SELECT DISTINCT %s::bigint, company, '' "
            "FROM rows "
            "ON CONFLICT DO NOTHING",
            (workspace,),
        )
        database.execute(
            "INSERT INTO prospects_prospect (workspace_id, company_id, first_name, last_name, title, slug, "
            "member_id, email, phone, "
            "location, seniority, tier, custom, facts_version, created_at) SELECT DISTINCT ON (r.slug) "
            "%s::bigint, c.id, r.first_name, "
            "r.last_name, r.title, r.slug, '', '', '', '', 'director', 1, '{}', 1, %s::timestamptz FROM rows r "
            "JOIN prospects_company c ON c.workspace_id = %s AND lower(c.name) = lower(r.company) ORDER BY r.slug, r.n "
            "ON CONFLICT DO NOTHING",
            (workspace, START, workspace),
        )
    return len(people)


def _orm(workspace: int, people: list[dict[str, str]]) -> int:
    for one in people:
        company, _ = Company.objects.get_or_create(workspace_id=workspace, name=one["company"])
        Prospect.objects.get_or_create(
            workspace_id=workspace,
            slug=one["slug"],
            defaults={
                "company": company,
                "first_name": one["first_name"],
                "last_name": one["last_name"],
                "title": one["title"],
                "created_at": START,
            },
        )
    return len(people)
