"""What we say and when."""

from campaigns.models.allowance import Allowance, Lane
from campaigns.models.campaign import Campaign, CampaignSender, Step, Variant, Version
from campaigns.models.enrollment import Enrollment, PersonLock
from campaigns.models.inbound import InboundEvent
from campaigns.models.thread import Message, Thread
from campaigns.models.touch import Touch

__all__ = [
    "Allowance",
    "Campaign",
    "CampaignSender",
    "Enrollment",
    "InboundEvent",
    "Lane",
    "Message",
    "PersonLock",
    "Step",
    "Thread",
    "Touch",
    "Variant",
    "Version",
]
