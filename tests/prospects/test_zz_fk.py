import time, pytest, os
from collections import defaultdict
from django.db import connection, transaction
from prospects.imports import apply, runs, batches, writing
from tests.cast import MONDAY
from tests.prospects.written import counts, csv_of, SLUG

MODE = os.environ.get("MODE", "auto")


@pytest.mark.django_db(transaction=True)
def test_fk(bob, tidewell, monkeypatch):
    spent = defaultdict(float)

    def _apply(journey, records):
        with transaction.atomic():
            with connection.cursor() as c:
                c.execute(f"SET LOCAL plan_cache_mode = {MODE}")
                t = time.monotonic()
                b = batches.decide(journey, records, lock=True)
                spent["decide"] += time.monotonic() - t
                t = time.monotonic()
                claims = writing.store(journey, b)
                spent["store"] += time.monotonic() - t
                c.execute(
                    "select conname, conrelid::regclass::text from pg_constraint where contype='f' and "
                    "condeferrable and conrelid::regclass::text like 'prospects_%'"
                )
                for name, tab in c.fetchall():
                    t = time.monotonic()
                    c.execute(f'SET CONSTRAINTS "{name}" IMMEDIATE')
                    spent[name] += time.monotonic() - t
            t = time.monotonic()
        spent["commit"] += time.monotonic() - t
        journey.claims |= claims
        journey.sizes |= b.companies.named

    monkeypatch.setattr(runs, "_apply", _apply)
    rows = [
        {"URL": f"{SLUG}q{n}", "Company": f"C{n % 3000}", "Title": "Engineer", "Degree": "2nd"} for n in range(10000)
    ]
    t = time.monotonic()
    apply(csv_of(*rows), by=bob, sender=tidewell.senders["bob"], audience="a", name="x", now=MONDAY)
    print("total", time.monotonic() - t)
    for k, v in sorted(spent.items(), key=lambda i: -i[1])[:12]:
        print("    ", round(v, 2), k)
    with connection.cursor() as c:
        for mode in ("force_custom_plan", "force_generic_plan"):
            c.execute(f"set plan_cache_mode={mode}")
            for tab in ("prospects_prospect", "prospects_company", "accounts_sender"):
                c.execute(
                    f"PREPARE x{mode}{tab} (bigint,bigint) AS SELECT 1 FROM ONLY {tab} x WHERE workspace_id = "
                    f"$1 AND id = $2 FOR KEY SHARE OF x"
                )
                c.execute(f"EXPLAIN EXECUTE x{mode}{tab}({bob.workspace_id}, 5)")
                print(mode, [r[0] for r in c.fetchall()])
        c.execute("set plan_cache_mode=force_custom_plan")
