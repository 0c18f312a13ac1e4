"""What beat rings, and how often, in seconds. Only intervals: real schedules are rows in our own tables."""

SCHEDULE = {
    "decide": {"task": "campaigns.tasks.decide", "schedule": 2.0, "options": {"expires": 10}},
    "tick": {"task": "campaigns.tasks.tick", "schedule": 2.0, "options": {"expires": 10}},
    "inbound": {"task": "campaigns.tasks.work_inbound", "schedule": 2.0, "options": {"expires": 10}},
    "keep_house": {"task": "campaigns.tasks.keep_house", "schedule": 15.0, "options": {"expires": 60}},
    "look_around": {"task": "campaigns.tasks.look_around", "schedule": 60.0, "options": {"expires": 240}},
    "keep_credits": {"task": "campaigns.tasks.keep_credits", "schedule": 300.0, "options": {"expires": 900}},
    "imports": {"task": "campaigns.tasks.work_imports", "schedule": 2.0, "options": {"expires": 10}},
    "rollups": {"task": "campaigns.tasks.keep_rollups", "schedule": 15.0, "options": {"expires": 60}},
    "forget_files": {"task": "campaigns.tasks.forget_files", "schedule": 3600.0, "options": {"expires": 3000}},
    "forget_calls": {"task": "campaigns.tasks.forget_calls", "schedule": 3600.0, "options": {"expires": 3000}},
    "prove": {"task": "campaigns.tasks.prove", "schedule": 10.0, "options": {"expires": 60}},
}
