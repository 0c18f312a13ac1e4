from campaigns.proof import usage, verify


def test_x(world):
    report = verify(record=world.record)
    for c in report.checks:
        print(c)
        for b in c.breaches:
            print("     ", b)
    print(usage(record=world.record))
    from campaigns.models import Touch, Enrollment
    for t in Touch.objects.order_by("id"):
        print(t.id, t.prospect.first_name, t.kind, t.step_key, t.state, t.gate_at, t.not_before, t.cause, t.response, t.guided)
    for e in Enrollment.objects.order_by("id"):
        print(e.id, e.prospect.first_name, e.state, e.reason, e.cause, e.cause_until, e.decide_at)
    assert 0
