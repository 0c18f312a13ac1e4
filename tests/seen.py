"""What a test on the stage can see afterwards: our rows, and the simulator's own record."""

from accounts.models import Sender
from campaigns.models import Campaign
from campaigns.running.database import Row, row, rows
from outreach.engine.kinds import Kind
from tests.outside import Simulator


class Seen:
    """The readers of a stage."""

    outside: Simulator
    senders: dict[str, Sender]
    slugs: dict[int, str]

    def touches(self, prospect: int) -> list[Row]:
        """The touches of this person that were not skipped, oldest first."""
        return rows(
            "SELECT * FROM campaigns_touch WHERE prospect_id = %s AND state <> 'skipped' ORDER BY id", (prospect,)
        )

    def touch(self, prospect: int) -> Row:
        """The newest touch of this person."""
        return self.touches(prospect)[-1]

    def sent_to(self, prospect: int) -> list[Row]:
        return [touch for touch in self.touches(prospect) if touch["state"] == "sent"]

    def enrollment(self, prospect: int, campaign: Campaign | None = None) -> Row:
        found = row(
            "SELECT * FROM campaigns_enrollment WHERE prospect_id = %s AND (%s::bigint IS NULL OR campaign_id = %s) "
            "ORDER BY id DESC LIMIT 1",
            (prospect, campaign and campaign.pk, campaign and campaign.pk),
        )
        assert found is not None
        return found

    def relation(self, prospect: int, sender: str = "bob") -> Row:
        found = row(
            "SELECT * FROM prospects_relationship WHERE prospect_id = %s AND sender_id = %s",
            (prospect, self.senders[sender].pk),
        )
        assert found is not None
        return found

    def prospect(self, prospect: int) -> Row:
        found = row("SELECT * FROM prospects_prospect WHERE id = %s", (prospect,))
        assert found is not None
        return found

    def sender(self, name: str = "bob") -> Row:
        found = row("SELECT * FROM accounts_sender WHERE id = %s", (self.senders[name].pk,))
        assert found is not None
        return found

    def allowance(self, budget: str, sender: str = "bob") -> Row:
        found = row(
            "SELECT * FROM campaigns_allowance WHERE sender_id = %s AND budget = %s", (self.senders[sender].pk, budget)
        )
        assert found is not None
        return found

    def lane(self, kind: Kind, sender: str = "bob") -> Row:
        found = row(
            "SELECT * FROM campaigns_lane WHERE sender_id = %s AND kind = %s", (self.senders[sender].pk, kind.value)
        )
        assert found is not None
        return found

    def balance(self, sender: str = "bob") -> Row:
        found = row(
            "SELECT * FROM accounts_creditbalance WHERE sender_id = %s ORDER BY cap DESC", (self.senders[sender].pk,)
        )
        assert found is not None
        return found

    def moved(self, prospect: int) -> list[str]:
        """Where the credits of this person's touches went, in order."""
        return [
            found["way"]
            for found in rows(
                "SELECT t.debit || ' to ' || t.credit AS way FROM accounts_credittransfer t JOIN campaigns_touch h "
                "ON h.id = t.touch WHERE h.prospect_id = %s ORDER BY t.id",
                (prospect,),
            )
        ]

    def messages(self, prospect: int) -> list[Row]:
        return rows(
            "SELECT m.* FROM campaigns_message m JOIN campaigns_thread t ON t.id = m.thread_id "
            "WHERE t.prospect_id = %s ORDER BY m.at, m.id",
            (prospect,),
        )

    def accepted(self, prospect: int | None = None) -> list[str]:
        """What the simulator really accepted, by its own record: kinds in order, profile reads left out."""
        slug = self.slugs[prospect] if prospect is not None else None
        return [
            item["kind"]
            for item in self.outside.accepted()
            if item["kind"] != "profile_read" and slug in (None, item["slug"])
        ]
