"""The list of conversations says what a recount of their messages says: order, label, what is unread, what waits."""

from campaigns.proof.breach import Check, Question, Values, ask, here

# Each thread with what its messages amount to. A machine's note is none of the person's words.
_RECOUNT = f"""
SELECT h.*, c.* FROM campaigns_thread h CROSS JOIN LATERAL (
  SELECT count(*) AS said, max(m.at) AS newest,
    max(m.at) FILTER (WHERE m.inbound) AS heard,
    max(m.at) FILTER (WHERE m.inbound AND m.intent <> 'out_of_office') AS asked,
    coalesce(max(m.at) FILTER (WHERE NOT m.inbound), '2000-01-01+00') AS ours,
    count(*) FILTER (WHERE m.inbound) AS theirs
  FROM campaigns_message m WHERE m.thread_id = h.id) c
WHERE {here("h")}"""


def checks(values: Values) -> list[Check]:
    return [
        ask(
            "inbox: its order and what waits are what a recount says",
            "conversations",
            f"SELECT count(*) AS n FROM campaigns_thread h WHERE {here('h')}",
            [
                Question(
                    "It stands at another place in the list than its newest message.",
                    f"SELECT 'thread:' || id AS who FROM ({_RECOUNT}) x WHERE said > 0 AND last_at <> newest",
                ),
                Question(
                    "It is in the inbox without a reply, or is not although somebody replied.",
                    f"SELECT 'thread:' || id AS who FROM ({_RECOUNT}) x WHERE last_inbound_at IS DISTINCT FROM heard",
                ),
                Question(
                    "It says wrongly who had the last word.",
                    f"SELECT 'thread:' || id AS who FROM ({_RECOUNT}) x WHERE asked_at IS DISTINCT FROM asked "
                    "OR answered_at <> ours",
                ),
                Question(
                    "More is unread than the person wrote.",
                    f"SELECT 'thread:' || id AS who FROM ({_RECOUNT}) x WHERE unread > greatest(theirs, 1)",
                ),
                Question(
                    "Its label is none of what the person's newest words were read as, and no member set it.",
                    f"SELECT 'thread:' || x.id AS who FROM ({_RECOUNT}) x WHERE label_by_id IS NULL AND heard IS NOT "
                    "NULL AND NOT EXISTS (SELECT FROM campaigns_message m WHERE m.thread_id = x.id AND m.inbound AND "
                    "m.intent = x.label AND m.at = coalesce(x.asked, m.at))",
                ),
                Question(
                    "Its first words are those of another message than the newest.",
                    f"SELECT 'thread:' || x.id AS who FROM ({_RECOUNT}) x WHERE said > 0 AND NOT EXISTS (SELECT FROM "
                    "campaigns_message m WHERE m.thread_id = x.id AND m.at = x.newest AND left(btrim("
                    "regexp_replace(m.text, '\\s+', ' ', 'g')), 20) = left(x.preview, 20))",
                ),
            ],
            values,
        )
    ]
