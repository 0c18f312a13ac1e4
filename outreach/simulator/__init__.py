"""A stand-in for the outside world: speaks the messaging vendor's HTTP API, obeys the network's rules, holds people.

It is a server of its own and is never imported by the apps. Run it with

    python -m outreach.simulator --port 8100 --state DIR [--clock real|accelerated|manual] [--factor 600]

and the API key in SIMULATOR_API_KEY. The vendor's API lies under /api/v1, the control plane under /sim (no key):

    POST   /sim/seed             {seed, people, accounts: [{id, name, plan, weekly_cap, ...}], start, rates, options}
    GET    /sim/clock            {mode, factor, now, next}; next is the earliest instant with something to do, or null
    POST   /sim/clock/advance    {to}; a manual clock only; answers when everything due by then is done and delivered
    GET    /sim/accepted         ?after=n&limit=m: its own record of every touch it accepted
    GET    /sim/state            counts, requests in flight, balances and limits of the seats
    GET    /sim/ledger           ?account_id=: every movement of InMail credits
    GET    /sim/people           ?offset=&limit=: everybody, with the degree towards each seat
    GET    /sim/people/{slug}    one of them; POST scripts what they are like and do (acts.script)
    POST   /sim/newcomers        {people: [{slug, ...}]}: more people (newcomers.welcome)
    POST   /sim/act              {act, account_id, person, ...}: somebody does something now (acts.ACTS)
    POST   /sim/accounts         one more seat; POST /sim/account/{id} {status, days, plan, limits, weekly_cap}
    POST   /sim/options          switches (options.Options)
    POST   /sim/faults           what goes wrong with requests (faults.RequestFault); GET lists, DELETE ends all
    POST   /sim/webhooks/faults  what goes wrong with webhooks (faults.WebhookFault); DELETE ends them
    POST   /sim/webhooks/flush   deliver now what waits
"""
