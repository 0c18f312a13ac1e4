"""Who is at the API: keys, what they may do, how often, and that a call made twice is done once."""
