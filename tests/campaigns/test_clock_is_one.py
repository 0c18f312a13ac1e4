"""One clock: outreach/clock.py is read at the edge, and nothing of ours reads another one."""

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import DateField

from outreach import clock
from tests.cast import MONDAY

ROOT = Path(__file__).resolve().parents[2]
OURS = ("accounts", "prospects", "campaigns", "outreach")
CLOCK = "outreach/clock.py"
OTHER_WORLDS = ("outreach/simulator/", "outreach/embedded/")
"""The simulator stands for the outside world and has a clock of its own; the embedded parts run before there is a
database."""

EDGES = ("tasks.py", "views/", "api/", "management/commands/", "timelapse/", "proof/", "schedule.py")
"""Folders and files that may read our clock: where something begins."""

GATES = {
    "campaigns/running/gate.py",  # after its locks
    "campaigns/running/turns.py",  # again right before the call
    "campaigns/running/sync.py",  # after the provider answered: what moved while it was asked is known by that
    "campaigns/running/database.py",  # the clock as one statement of several
}

FOREIGN = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("timezone", "now"),
    ("timezone", "localdate"),
    ("timezone", "localtime"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
}
SQL = re.compile(
    r"\b(now|clock_timestamp|transaction_timestamp|statement_timestamp|timeofday)\s*\(\s*\)"
    r"|\bcurrent_(timestamp|date|time)\b|\blocaltime(stamp)?\b",
    re.IGNORECASE,
)


def files() -> Iterator[tuple[str, ast.Module]]:
    for app in OURS:
        for path in sorted((ROOT / app).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(OTHER_WORLDS):
                yield name, ast.parse(path.read_text())


def foreign_clocks(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            if (owner, node.attr) in FOREIGN:
                yield node.lineno, f"{owner}.{node.attr}"
        elif isinstance(node, ast.Name) and node.id in ("Now", "TransactionNow"):
            yield node.lineno, node.id
        elif isinstance(node, ast.keyword) and node.arg in ("auto_now", "auto_now_add"):
            yield node.value.lineno, node.arg
        elif isinstance(node, ast.ImportFrom) and node.module in ("time", "datetime", "django.utils.timezone"):
            yield from (
                (node.lineno, f"from {node.module} import {name.name}")
                for name in node.names
                if name.name in ("time", "now", "localtime", "gmtime")
                and (node.module, name.name) != ("datetime", "time")
            )


def sql_clocks(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """In texts, except in what only explains."""
    explains = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    explains |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        said = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explains
        if said and (found := SQL.search(node.value)):
            yield node.lineno, found.group()


def test_no_code_of_ours_reads_another_clock() -> None:
    found = [f"{name}:{line} {what}" for name, tree in files() for line, what in foreign_clocks(tree)]
    assert found == []


def test_no_statement_of_ours_reads_the_databases_clock() -> None:
    found = [f"{name}:{line} {what}" for name, tree in files() if name != CLOCK for line, what in sql_clocks(tree)]
    assert found == []


def test_our_clock_is_read_at_the_edge_only() -> None:
    readers = {
        name
        for name, tree in files()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "clock"
        and node.attr in ("now", "sql")
    }
    inside = {name for name in readers - GATES if not any(edge in name for edge in EDGES)}
    assert inside == set()


@pytest.mark.parametrize(
    "code",
    [
        "from django.utils import timezone\nat = timezone.now()",
        "import datetime\nat = datetime.datetime.now()",
        "from datetime import date\nat = date.today()",
        "import time\nat = time.time()",
        "from time import time\nat = time()",
        "models.DateTimeField(auto_now=True)",
        "models.DateTimeField(db_default=Now())",
    ],
)
def test_the_lint_sees_what_it_forbids(code: str) -> None:
    assert list(foreign_clocks(ast.parse(code)))


@pytest.mark.parametrize("sql", ["SELECT now()", "at > clock_timestamp ( )", "DEFAULT CURRENT_TIMESTAMP"])
def test_the_lint_sees_the_databases_clock(sql: str) -> None:
    assert list(sql_clocks(ast.parse(f"rows({sql!r})")))
    assert not list(sql_clocks(ast.parse(f'"""{sql}"""')))


def test_no_column_of_ours_dates_itself() -> None:
    columns = [
        field
        for app in ("accounts", "prospects", "campaigns")
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.get_fields()
        if isinstance(field, DateField)
    ]
    assert len(columns) > 40
    assert [str(c) for c in columns if c.auto_now or c.auto_now_add or c.has_db_default()] == []


def test_no_default_in_the_database_reads_a_clock(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, column_default FROM information_schema.columns "
            "WHERE table_schema = 'public' AND table_name ~ '^(accounts|prospects|campaigns)_' "
            "AND column_default IS NOT NULL"
        )
        assert [row for row in cursor.fetchall() if SQL.search(row[2])] == []
        cursor.execute("SELECT proname, prosrc FROM pg_proc WHERE proname LIKE 'pgtrigger_%'")
        functions = cursor.fetchall()
    assert len(functions) >= 6 and [name for name, source in functions if SQL.search(source)] == []


def test_the_virtual_clock_never_goes_back(db: None, settings: Any) -> None:
    settings.PARLEY_CLOCK = "virtual"
    clock.turn_to(MONDAY)
    clock.turn_to(MONDAY - timedelta(days=1))
    assert clock.now() == MONDAY


def test_the_virtual_clock_must_be_set_and_the_real_one_cannot_be(db: None, settings: Any) -> None:
    settings.PARLEY_CLOCK = "virtual"
    with pytest.raises(RuntimeError, match="not set"):
        clock.now()
    settings.PARLEY_CLOCK = "real"
    with pytest.raises(RuntimeError, match="Only the virtual clock"):
        clock.turn_to(MONDAY)


def test_the_real_clock_is_the_databases(db: None, settings: Any) -> None:
    settings.PARLEY_CLOCK = "real"
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (before,) = cursor.fetchone()
    assert before <= clock.now() <= before + timedelta(minutes=1)
