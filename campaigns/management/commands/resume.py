"""./dev manage resume --workspace tidewell --campaign Autumn --by bob@tidewell.example"""

from accounts.models import Member
from campaigns.building import campaigns
from campaigns.management.steering import Steering
from campaigns.models import Campaign
from outreach import clock


class Command(Steering):
    help = "Let a paused campaign go on."
    goal, done = "running", "resumed"

    def steer(self, campaign: Campaign, by: Member) -> tuple[bool, str]:
        return bool(campaigns.resume(campaign, by=by, now=clock.now())), ""
