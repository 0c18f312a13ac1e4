import time, resource, pytest, os
from django.db import connection
from prospects.imports import apply, check
from tests.cast import MONDAY
from tests.prospects.written import counts

N = int(os.environ.get("N", "100000"))
from collections import defaultdict

spent = defaultdict(float)


def wrap(execute, sql, params, many, context):
    t = time.monotonic()
    try:
        return execute(sql, params, many, context)
    finally:
        spent[str(sql)[:90]] += time.monotonic() - t


@pytest.mark.django_db(transaction=True)
def test_perf(bob, tidewell, tmp_path):
    f = tmp_path / "big.csv"
    titles = [
        "CEO",
        "VP Sales",
        "Software Engineer",
        "Head of Marketing",
        "Account Executive",
        "Intern",
        "Geschäftsführer",
    ]
    with f.open("w") as o:
        o.write(
            "First Name,Last Name,Linkedin URL,vmid,Email,Company,Title,Employees,Degree,Open Profile,Location,Note\n"
        )
        for n in range(N):
            k = n if n % 20 else max(n - 7, 0)
            o.write(
                f"Ann{k % 977},Example{k % 1013},https://www.linkedin.com/in/person-{k},ACwAA{k:07d}xyzxyzxyz,p{k}@c{k % 9000}.example,Company {k % 9000},{titles[k % 7]} {k % 50},{k % 9000},{k % 3 + 1},{'yes' if k % 4 else 'no'},Town {k % 100},note {k}\n"
            )
    from prospects.files.reading import read
    from prospects.files.mapping import guess
    from prospects.files.rows import parse
    from prospects.files.duplicates import deduplicate

    t = time.monotonic()
    sh = read(f)
    n = sum(1 for _ in deduplicate(parse(sh, guess(sh.headers))))
    print("parse only", time.monotonic() - t, n)
    connection.execute_wrappers.append(wrap)
    if os.environ.get("FIX"):
        connection.cursor().execute(
            "DROP INDEX company_name_once; CREATE UNIQUE INDEX company_name_once ON prospects_company "
            "(lower(name), workspace_id)"
        )
    for what in ("check", "apply", "apply", "check"):
        t = time.monotonic()
        spent.clear()
        if what == "check":
            u = check(f, by=bob, sender=tidewell.senders["bob"], name="b", now=MONDAY)
        else:
            u = apply(f, by=bob, sender=tidewell.senders["bob"], audience="all", name="b", now=MONDAY)
        print(
            what,
            round(time.monotonic() - t, 1),
            "s",
            counts(u),
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "MB",
            "cpu",
            time.process_time(),
            "sql",
            sum(spent.values()),
            flush=True,
        )
        for k, v in sorted(spent.items(), key=lambda i: -i[1])[:6]:
            print("    ", round(v, 2), k)
    from prospects.imports import people

    with connection.cursor() as c:
        keys = {
            "workspace": bob.workspace_id,
            "sender": tidewell.senders["bob"].pk,
            "slugs": [f"person-{k}" for k in range(5000, 6000)],
            "members": [f"ACwAA{k:07d}xyzxyzxyz" for k in range(5000, 6000)],
            "emails": [f"p{k}@c{k % 9000}.example" for k in range(5000, 6000)],
        }
        c.execute(people._KEYS, keys)
        ids = [r[0] for r in c.fetchall()]
        for q in (people._KEYS, people._WHAT):
            c.execute("EXPLAIN (ANALYZE, BUFFERS OFF) " + q, keys | {"people": ids})
            print("\n".join(r[0][:110] for r in c.fetchall()))
