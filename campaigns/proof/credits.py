"""The credit ledger is exact, by itself and against the touches that moved it."""

from accounts import ledger
from campaigns.proof.breach import Breach, Check, Question, Values, ask, here, merged, number

_MOVED = "accounts_credittransfer c WHERE c.touch = t.id"


def checks(values: Values) -> list[Check]:
    return [_ledger(values), _spends(values), _returns(values)]


def _ledger(values: Values) -> Check:
    """What the ledger proves from its transfers alone."""
    workspaces: list[int] | None = values["workspaces"]
    asked: list[int | None] = [None] if workspaces is None else [*workspaces]
    breaches = [
        Breach(f"{found.rule}: {found.sentence}", (" ".join(found.rows),), 1)
        for workspace in asked
        for found in ledger.proof(workspace)
    ]
    counted = number(f"SELECT count(*) AS n FROM accounts_credittransfer c WHERE {here('c')}", values)
    return Check("credits: the ledger is exact", counted, merged(breaches), "transfers")


def _spends(values: Values) -> Check:
    return ask(
        "credits: every InMail cost one credit, and nothing else did",
        "InMails past the gate",
        "SELECT count(*) AS n FROM campaigns_touch t WHERE t.kind = 'inmail' AND t.gate_at IS NOT NULL AND "
        f"{here('t')}",
        [
            Question(
                "A sent InMail that did not spend exactly one credit of its own sender.",
                "SELECT 'touch:' || t.id AS who FROM campaigns_touch t WHERE t.kind = 'inmail' AND t.state = 'sent' "
                "AND (SELECT coalesce(sum(c.amount), 0) FROM accounts_credittransfer c JOIN accounts_creditbalance b "
                "ON b.id = c.balance_id WHERE c.touch = t.id AND c.credit = 'spent' AND b.sender_id = t.sender_id) "
                f"<> 1 AND {here('t')}",
            ),
            Question(
                "A credit was spent for a touch that is no sent InMail.",
                "SELECT 'credittransfer:' || c.id || ' touch:' || c.touch AS who FROM accounts_credittransfer c "
                "LEFT JOIN campaigns_touch t ON t.id = c.touch WHERE c.credit = 'spent' AND c.touch IS NOT NULL "
                f"AND (t.id IS NULL OR t.kind <> 'inmail' OR t.state <> 'sent') AND {here('c')}",
            ),
            Question(
                "A touch that is free of charge moved credits.",
                "SELECT 'touch:' || t.id || ' credittransfer:' || min(c.id) AS who FROM campaigns_touch t JOIN "
                f"accounts_credittransfer c ON c.touch = t.id WHERE t.kind <> 'inmail' AND {here('t')} GROUP BY t.id",
            ),
            Question(
                "An InMail on its way that holds no reserved credit, or one that is settled and still holds one.",
                "SELECT 'touch:' || t.id AS who FROM campaigns_touch t WHERE t.kind = 'inmail' AND t.gate_at IS NOT "
                "NULL AND (SELECT coalesce(sum(CASE 'reserved' WHEN c.credit THEN c.amount WHEN c.debit THEN "
                f"-c.amount ELSE 0 END), 0) FROM {_MOVED}) <> (t.state IN ('reserved', 'dispatching', "
                f"'uncertain'))::int AND {here('t')}",
            ),
            Question(
                "The mark that a touch holds a credit says something else than its state.",
                "SELECT 'touch:' || t.id AS who FROM campaigns_touch t WHERE t.holds_credit IS DISTINCT FROM "
                f"(t.kind = 'inmail' AND t.state IN ('reserved', 'dispatching', 'uncertain')) AND {here('t')}",
            ),
        ],
        values,
    )


def _returns(values: Values) -> Check:
    return ask(
        "credits: an answer within 90 days returned its credit once",
        "returns",
        f"SELECT count(*) AS n FROM accounts_credittransfer c WHERE c.debit = 'returned' AND {here('c')}",
        [
            Question(
                "An InMail returned more than one credit.",
                "SELECT 'touch:' || c.touch AS who FROM accounts_credittransfer c WHERE c.debit = 'returned' AND "
                f"c.touch IS NOT NULL AND {here('c')} GROUP BY c.touch HAVING sum(c.amount) > 1",
            ),
            Question(
                "A credit came back for an InMail that has no answer within 90 days of its sending.",
                "SELECT 'touch:' || c.touch || ' credittransfer:' || c.id AS who FROM accounts_credittransfer c "
                "LEFT JOIN campaigns_touch t ON t.id = c.touch WHERE c.debit = 'returned' AND c.touch IS NOT NULL "
                "AND (t.id IS NULL OR t.kind <> 'inmail' OR t.response_at IS NULL "
                f"OR t.response_at NOT BETWEEN t.gate_at AND t.gate_at + interval '90 days') AND {here('c')}",
            ),
            Question(
                "An InMail was answered within 90 days, and its credit did not come back.",
                "SELECT 'touch:' || t.id AS who FROM campaigns_touch t WHERE t.kind = 'inmail' AND t.state = 'sent' "
                "AND t.response_at BETWEEN t.gate_at AND t.gate_at + interval '90 days' "
                f"AND NOT EXISTS (SELECT FROM {_MOVED} AND c.debit = 'returned') AND {here('t')}",
            ),
        ],
        values,
    )
