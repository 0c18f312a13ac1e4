import time, pytest, os, cProfile, pstats
from django.db import connection
from prospects.imports import apply
from tests.cast import MONDAY
from tests.prospects.written import counts, csv_of, SLUG


@pytest.mark.django_db(transaction=True)
def test_prof(bob, tidewell):
    with connection.cursor() as c:
        c.execute(
            "DROP INDEX company_name_once; CREATE UNIQUE INDEX company_name_once ON prospects_company "
            "(lower(name), workspace_id)"
        )
    rows = [
        {
            "URL": f"{SLUG}q{n}",
            "Company": f"C{n % 3000}",
            "Title": f"Engineer {n % 20}",
            "Degree": "2nd",
            "memberid": f"ACoAA{n:08d}xyzxyz",
            "Email": f"q{n}@x.example",
        }
        for n in range(10000)
    ]
    f = csv_of(*rows)
    for k in range(2):
        p = cProfile.Profile()
        t = time.monotonic()
        c = time.process_time()
        p.enable()
        apply(f, by=bob, sender=tidewell.senders["bob"], audience="a", name="x", now=MONDAY)
        p.disable()
        print("total", time.monotonic() - t, "cpu", time.process_time() - c)
        pstats.Stats(p).sort_stats("cumtime").print_stats(38)
