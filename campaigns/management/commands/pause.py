"""./dev manage pause --workspace tidewell --campaign Autumn --by bob@tidewell.example"""

from accounts.models import Member
from campaigns.building import campaigns
from campaigns.management.steering import Steering
from campaigns.models import Campaign
from outreach import clock


class Command(Steering):
    help = "Pause a campaign: from now on nothing of it is handed over."
    goal, done = "paused", "paused"

    def steer(self, campaign: Campaign, by: Member) -> tuple[bool, str]:
        paused = campaigns.pause(campaign, by=by, now=clock.now())
        return bool(paused), f" {paused.handed_over:,} already handed over, 0 more will go." if paused else ""
