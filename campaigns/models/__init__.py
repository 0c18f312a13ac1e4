"""What we say and when."""

from campaigns.models.allowance import Allowance, Lane
from campaigns.models.campaign import Campaign, CampaignSender, Step, Variant, Version
from campaigns.models.company_throttle import CompanyThrottle
from campaigns.models.enrollment import Enrollment, PersonLock
from campaigns.models.inbound import InboundEvent
from campaigns.models.proof import ProofRun
from campaigns.models.rollup import CampaignDay, RollupMark, SenderDay
from campaigns.models.thread import Answer, Draft, Message, Note, Presence, Thread, WayBack
from campaigns.models.touch import Touch

__all__ = [
    "Allowance",
    "Answer",
    "Campaign",
    "CampaignDay",
    "CampaignSender",
    "CompanyThrottle",
    "Draft",
    "Enrollment",
    "InboundEvent",
    "Lane",
    "Message",
    "Note",
    "PersonLock",
    "Presence",
    "ProofRun",
    "RollupMark",
    "SenderDay",
    "Step",
    "Thread",
    "Touch",
    "Variant",
    "Version",
    "WayBack",
]
