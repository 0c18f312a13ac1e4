"""A stand-in for the outside world: speaks the messaging vendor's HTTP API, obeys the network's rules, holds people.

It is a server of its own and is never imported by the apps. Run it with `python -m outreach.simulator`.
"""
