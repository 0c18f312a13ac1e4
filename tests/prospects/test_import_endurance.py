"""Imports that meet each other or are killed: real connections, real processes."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.db import connection, connections
from django_scopes import scope, scopes_disabled

from outreach import clock
from prospects.imports import apply, people, runs, uploads, work, writing
from prospects.models import AudienceMember, Company, Import, Prospect
from prospects.models.imports import LEASE
from tests.cast import MONDAY
from tests.prospects.written import SLUG, counts, csv_of

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.django_db(transaction=True)


def test_two_imports_at_once_make_nobody_twice(bob, mara, monkeypatch):
    monkeypatch.setattr(runs, "BATCH", 10)
    people = [{"Email": f"p{n}@acme.example", "Company": f"Acme {n % 7}"} for n in range(120)]
    files = [csv_of(*people), csv_of(*reversed(people)), csv_of(*people[60:], *people[:60])]
    start, done, wrong = threading.Barrier(len(files)), [], []

    def importing(file, by):
        try:
            start.wait(20)
            done.append(counts(apply(file, by=by, name="x.csv", now=MONDAY)))
        except Exception as error:
            wrong.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=importing, args=pair) for pair in zip(files, (bob, mara, bob), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    assert sum(one.get("new", 0) for one in done) == 120
    with scopes_disabled():
        assert (Prospect.objects.count(), Company.objects.count()) == (120, 7)


def test_every_look_up_goes_through_its_index_right_after_a_large_import(bob, tidewell):
    people_in = [{"URL": f"{SLUG}p{n}", "Email": f"p{n}@acme.example", "Company": f"C{n}"} for n in range(3_000)]
    apply(csv_of(*people_in), by=bob, sender=tidewell.senders["bob"], name="x.csv", now=MONDAY)
    keys = {
        "workspace": bob.workspace_id,
        "sender": tidewell.senders["bob"].pk,
        "slugs": [f"p{n}" for n in range(1_000)],
        "members": ["ACoAAB7xQm4Zf0Kk2uHnTq9dYcR1sVwLoPe3jGi"] * 1_000,
        "emails": [f"p{n}@acme.example" for n in range(1_000)],
        "people": list(range(1_000)),
        "companies": list(range(1_000)),
        "great": ["owner"],
        "tier": 3,
    }
    with connection.cursor() as cursor:
        for query in (people._KEYS, people._LOCK, people._WHAT, writing._CROSSING):
            cursor.execute("EXPLAIN " + query, keys)
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan on prospects_" not in plan, plan


@pytest.mark.slow
def test_a_killed_import_is_applied_again_and_nobody_is_there_twice(bob, tmp_path):
    file = tmp_path / "people.csv"
    total = 8_000
    file.write_bytes(csv_of(*({"Email": f"p{n}@acme.example", "URL": f"{SLUG}p{n}"} for n in range(total))))
    command = [sys.executable, "manage.py", "import", str(file), "--workspace", "tidewell", "--by", "bob@example.com"]
    database = os.environ["DATABASE_URL"].replace("/parley?", f"/{connection.settings_dict['NAME']}?", 1)
    environment = os.environ | {"DATABASE_URL": database, "MIGRATE_DATABASE_URL": database, "PARLEY_CLOCK": "real"}
    killed = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    with scope(workspace=bob.workspace):
        deadline = time.monotonic() + 60
        while Prospect.objects.count() < 2_000:
            assert killed.poll() is None and time.monotonic() < deadline, killed.stderr.read().decode()
            time.sleep(0.02)
        killed.send_signal(signal.SIGKILL)
        killed.wait(20)
        there = Prospect.objects.count()
        assert 2_000 <= there < total and there % runs.BATCH == 0, "whole batches, and not all of them"
        broken = Import.objects.get()
        assert (broken.state, broken.new) == ("applying", there)
        again = subprocess.run([*command, "--json"], cwd=ROOT, env=environment, capture_output=True, timeout=120)
        assert again.returncode == 0, again.stderr
        assert Prospect.objects.count() == Prospect.objects.values("email").distinct().count() == total
        finished = Import.objects.latest("pk")
        assert counts(finished) == {"new": total - there, "unchanged": there}
        broken.refresh_from_db()
        assert broken.state == "failed"


WORKER = """
import django
django.setup()
from outreach import clock
from prospects.imports import work
for number in work.waiting(now=clock.now()):
    work.work(number, clock=clock.now)
"""


@pytest.mark.slow
def test_a_killed_worker_is_followed_by_another_that_finishes_with_true_counts(bob):
    total = 8_000
    file = csv_of(*({"Email": f"p{n}@acme.example", "URL": f"{SLUG}p{n}"} for n in range(total)))
    now = clock.now()
    with scope(workspace=bob.workspace):
        upload = uploads.receive([file], by=bob, name="people.csv", audience="All", now=now)
        work.work(upload.pk, clock=clock.now)
        uploads.start(upload, by=bob, now=now)
        database = os.environ["DATABASE_URL"].replace("/parley?", f"/{connection.settings_dict['NAME']}?", 1)
        environment = os.environ | {
            "DATABASE_URL": database,
            "MIGRATE_DATABASE_URL": database,
            "PARLEY_CLOCK": "real",
            "DJANGO_SETTINGS_MODULE": "outreach.settings",
        }
        worker = subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=environment, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while Prospect.objects.count() < 2_000:
            assert worker.poll() is None and time.monotonic() < deadline, worker.stderr.read().decode()
            time.sleep(0.02)
        worker.send_signal(signal.SIGKILL)
        worker.wait(20)
        upload.refresh_from_db()
        there = Prospect.objects.count()
        assert (upload.state, upload.done, upload.new) == ("applying", there, there) and there < total
        assert work.waiting(now=clock.now()) == [], "its lease is not over yet"
        later = clock.now() + LEASE
        assert work.waiting(now=later) == [upload.pk], "found by a query; no message was needed"
        assert work.work(upload.pk, clock=lambda: later)
        upload.refresh_from_db()
        assert (upload.state, counts(upload), upload.began_with) == ("applied", {"new": total}, there)
        assert Prospect.objects.count() == AudienceMember.objects.count() == total
